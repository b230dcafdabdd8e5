#include "coordinator/joint_transition.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace evenkeel {

JointTransition::JointTransition(int agents, const std::vector<float>& nominal_weights)
    : servers_(static_cast<int>(nominal_weights.size())),
      levels_(static_cast<size_t>(agents) * servers_, 0),
      mask_(agents, 0),
      ever_(agents, 0) {
  for (int agent = 0; agent < agents; ++agent) {
    weights_.insert(weights_.end(), nominal_weights.begin(), nominal_weights.end());
  }
}

absl::Status JointTransition::Validate(const v1::Action& action, int servers, int levels) {
  if (action.controls().servers_size() != servers) {
    return absl::InvalidArgumentError(
        absl::StrCat("an action for ", action.controls().servers_size(), " servers, expected ", servers));
  }
  if (action.levels_size() != 0 && action.levels_size() != servers) {
    return absl::InvalidArgumentError(
        absl::StrCat("an action with ", action.levels_size(), " levels, expected ", servers, " or none"));
  }
  const int known = std::min(levels, 256);
  for (uint32_t level : action.levels()) {
    if (level >= static_cast<uint32_t>(known)) {
      return absl::InvalidArgumentError(absl::StrCat("an action with level ", level, ", expected below ",
                                                     known, " (agent.action_levels x agent.bias_levels)"));
    }
  }
  return absl::OkStatus();
}

void JointTransition::BeginStep() { std::fill(mask_.begin(), mask_.end(), 0); }

void JointTransition::Take(int agent, const v1::Action& action) {
  const size_t row = static_cast<size_t>(agent) * servers_;
  for (int server = 0; server < servers_; ++server) {
    levels_[row + server] = action.levels_size() == 0 ? 0 : static_cast<uint8_t>(action.levels(server));
    weights_[row + server] = action.controls().servers(server).weight();
  }
  mask_[agent] = 1;
  ever_[agent] = 1;
}

bool JointTransition::TakeAgain(int agent) {
  if (ever_[agent] != 0) mask_[agent] = 1;
  return ever_[agent] != 0;
}

}  // namespace evenkeel
