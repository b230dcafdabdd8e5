#include "experiments/static_exponent.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "experiments/play_traces.h"

namespace evenkeel {
namespace {

constexpr double kRejectedTolerance = 0.001;

struct Candidate {
  double exponent;
  double mean_s;          // mean of the traces' means; infinite if a trace finished no flow
  double rejected_share;  // of all flows
};

Candidate Score(double exponent, const std::vector<TraceOutcome>& outcomes) {
  double means = 0;
  double all_finished = 0;
  double all_rejected = 0;
  for (const TraceOutcome& outcome : outcomes) {
    double sum = 0;
    double finished = 0;
    for (const TraceOutcome::Class& flows : outcome.classes) {
      for (float duration : flows.durations_s) sum += duration;
      finished += flows.durations_s.size();
      all_rejected += flows.rejected;
    }
    means += finished > 0 ? sum / finished : std::numeric_limits<double>::infinity();
    all_finished += finished;
  }
  return {exponent, means / outcomes.size(), all_rejected / std::max(1.0, all_finished + all_rejected)};
}

double Best(const std::vector<Candidate>& candidates) {
  double least_rejected = 1;
  for (const Candidate& candidate : candidates)
    least_rejected = std::min(least_rejected, candidate.rejected_share);
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.rejected_share > least_rejected + kRejectedTolerance) continue;
    if (best == nullptr || candidate.mean_s < best->mean_s) best = &candidate;
  }
  return best->exponent;
}

}  // namespace

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
  std::vector<Candidate> candidates;
  for (double exponent : settings.exponents()) {
    v1::Experiment with_exponent = experiment;
    with_exponent.mutable_algorithm()->mutable_sed_static()->set_exponent(exponent);
    EK_ASSIGN_OR_RETURN(const std::vector<TraceOutcome> outcomes,
                        PlayTraces(with_exponent, Entrant{"sed_static", "sed_static", {}}, plan,
                                   [&go_on](double) { return go_on(); }));
    candidates.push_back(Score(exponent, outcomes));
  }
  return Best(candidates);
}

}  // namespace evenkeel
