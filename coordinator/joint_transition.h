// What all agents did in one step of one world, with a mask for the missing.
#ifndef EVENKEEL_COORDINATOR_JOINT_TRANSITION_H_
#define EVENKEEL_COORDINATOR_JOINT_TRANSITION_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "protos/control.pb.h"

namespace evenkeel {

// The step under way: what stands in the data planes, and who set it in this step. Kept from step to step, so
// that an agent that misses one shows what it set last. Not thread-safe. REQUIRES in all calls: 0 <= agent <
// agents.
class JointTransition {
 public:
  // Before the first action the data planes run the nominal weights [n] (sim_world.h), shown as level 0.
  JointTransition(int agents, const std::vector<float>& nominal_weights);

  // OK if `action` can be recorded: n servers, and n levels below `levels`, or none at all.
  // INVALID_ARGUMENT says what was expected and found.
  static absl::Status Validate(const v1::Action& action, int servers, int levels);

  // Begins a step: nobody has taken part.
  void BeginStep();

  // The agent took part, and `action` stands in its data plane now. REQUIRES: Validate(action) was OK.
  void Take(int agent, const v1::Action& action);

  // The agent takes part with what it took last, which stands in its data plane still. False, with nothing
  // changed, if it has taken nothing yet.
  bool TakeAgain(int agent);

  bool taken(int agent) const { return mask_[agent] != 0; }

  // The row of this step in the columns of v1::Episode: [m, n], [m, n] and [m].
  const std::vector<uint8_t>& levels() const { return levels_; }
  const std::vector<float>& weights() const { return weights_; }
  const std::vector<uint8_t>& mask() const { return mask_; }

 private:
  const int servers_;
  std::vector<uint8_t> levels_;
  std::vector<float> weights_;
  std::vector<uint8_t> mask_;
  std::vector<uint8_t> ever_;  // [m] has taken something
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_JOINT_TRANSITION_H_
