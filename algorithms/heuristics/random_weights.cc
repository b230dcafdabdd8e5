#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

class RandomWeights : public HeuristicPolicy {
 public:
  explicit RandomWeights(const PolicyContext& context)
      : HeuristicPolicy(context, v1::SHORTEST_EXPECTED_DELAY),
        levels_(agent_settings().action_levels().begin(), agent_settings().action_levels().end()) {}

 private:
  void Begin(const RoundContext& round) override {
    draws_.clear();
    for (int world = 0; world < round.worlds; ++world) {
      draws_.emplace_back(context().experiment->seed(),
                          std::initializer_list<uint64_t>{kControlStream, round.first_episode + world,
                                                          static_cast<uint64_t>(context().agent)});
    }
  }

  absl::Status Decide(int world, const v1::Observation&, absl::Span<float> weights,
                      absl::Span<float>) override {
    for (float& weight : weights) weight = levels_[draws_[world].Below(levels_.size())];
    return absl::OkStatus();
  }

  const std::vector<float> levels_;
  std::vector<Rng> draws_;  // [W]
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeRandomWeights(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const auto& levels = context.experiment->agent().action_levels();
  if (levels.empty())
    return absl::InvalidArgumentError("agent.action_levels is empty: random_weights draws from it");
  for (double level : levels) {
    if (std::isfinite(level) && level > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("agent.action_levels has ", level, ": expected more than 0"));
  }
  return std::make_unique<RandomWeights>(context);
}

}  // namespace evenkeel
