#include "experiments/static_exponent.h"

#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "experiments/outcome_cost.h"
#include "experiments/play_traces.h"

namespace evenkeel {

absl::StatusOr<double> ChooseStaticExponent(const v1::Experiment& experiment,
                                            const std::function<bool()>& go_on) {
  const v1::SedStatic& settings = experiment.algorithm().sed_static();
  if (settings.has_exponent()) return settings.exponent();
  if (settings.exponents().empty()) {
    return absl::InvalidArgumentError(
        "algorithm.sed_static.exponents is empty and algorithm.sed_static.exponent unset");
  }
  if (experiment.evaluation().first_seed() < kStaticExponentSeeds) {
    return absl::InvalidArgumentError(
        absl::StrCat("evaluation.first_seed is ", experiment.evaluation().first_seed(),
                     ": held-out seeds must not be among those of training, 0 and up"));
  }
  TracePlan plan;
  plan.seeds = kStaticExponentSeeds;
  plan.seconds = experiment.evaluation().seconds();
  plan.warmup_seconds = experiment.evaluation().warmup_seconds();
  double best = settings.exponents(0);
  double least = std::numeric_limits<double>::infinity();
  for (double exponent : settings.exponents()) {
    v1::Experiment with_exponent = experiment;
    with_exponent.mutable_algorithm()->mutable_sed_static()->set_exponent(exponent);
    EK_ASSIGN_OR_RETURN(const std::vector<TraceOutcome> outcomes,
                        PlayTraces(with_exponent, Entrant{"sed_static", "sed_static", {}}, plan,
                                   [&go_on](double) { return go_on(); }));
    const double score = MeanLogCost(outcomes);
    if (score < least) {
      least = score;
      best = exponent;
    }
  }
  return best;
}

}  // namespace evenkeel
