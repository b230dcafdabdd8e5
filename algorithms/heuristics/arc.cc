#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/base_controls.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

class Arc : public HeuristicPolicy {
 public:
  explicit Arc(const PolicyContext& context)
      : HeuristicPolicy(context, v1::SHORTEST_EXPECTED_DELAY),
        new_share_(
            -std::expm1(-agent_settings().step_interval_seconds() / settings().arc().horizon_seconds())) {}

 private:
  struct World {
    std::vector<float> available;  // [n] as the arcs were cut for; empty before the first cut
    BaseControls base;
    std::vector<float> average;  // [n] own open flows
  };

  void Begin(const RoundContext& round) override {
    worlds_.assign(round.worlds, World());
    for (World& world : worlds_) world.average.assign(context().servers, 0.0f);
  }

  absl::Status Decide(int world_index, const v1::Observation& observation, absl::Span<float> weights,
                      absl::Span<float> biases) override {
    World& world = worlds_[world_index];
    const absl::Span<const float> available = observation.available();
    if (absl::MakeConstSpan(world.available) != available) {
      world.available.assign(available.begin(), available.end());
      world.base = ArcControls(context(), available);
    }
    const float others = static_cast<float>(world.base.lbs_per_server - 1);
    for (int j = 0; j < context().servers; ++j) {
      world.average[j] += new_share_ * (observation.mean_open_flows(j) - world.average[j]);
      weights[j] = world.base.weights[j];
      biases[j] = others * world.average[j];
    }
    return absl::OkStatus();
  }

  const float new_share_;  // of the newest step in the average
  std::vector<World> worlds_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeArc(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const v1::Arc& settings = context.experiment->algorithm().arc();
  if (!(settings.horizon_seconds() > 0)) {
    return absl::InvalidArgumentError(absl::StrCat("algorithm.arc.horizon_seconds is ",
                                                   settings.horizon_seconds(), ": expected more than 0"));
  }
  if (settings.has_lbs_per_server() && !(settings.lbs_per_server() >= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm.arc.lbs_per_server is ", settings.lbs_per_server(), ": expected at least 1"));
  }
  return std::make_unique<Arc>(context);
}

}  // namespace evenkeel
