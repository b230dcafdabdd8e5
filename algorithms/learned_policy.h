// What all learned policies have in common: one network gives each server's head a value per level, for all worlds at once; the
// algorithm picks the levels. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_LEARNED_POLICY_H_
#define EVENKEEL_ALGORITHMS_LEARNED_POLICY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "algorithms/action_controls.h"
#include "algorithms/agent_inputs.h"
#include "algorithms/agent_settings.h"
#include "algorithms/algorithm.h"
#include "algorithms/inference/agent_inference.h"
#include "algorithms/parameter_layout.h"
#include "common/rng.h"

namespace evenkeel {

// Name of the acting network in parameter layouts and policy files: its tensors begin with "agent.".
inline constexpr char kAgentNetworkName[] = "agent";

// The parameters of an acting network. A trainer's layout begins with them, so that the values drawn for a seed (stream
// kInitStream) are those that a policy starts from.
ParameterLayout AgentLayout(const AgentSettings& settings);

// What actors need to act, sealed: the network whose parameters are `flat` [AgentLayout.size()], and with what it was trained.
v1::PolicyParameters ExportPolicy(const AgentSettings& settings, const std::string& algorithm, uint64_t version,
                                  absl::Span<const float> flat);

class LearnedPolicy : public Policy {
 public:
  // `algorithm` is the registered name. Before the first Load it has the parameters that a trainer of the same experiment
  // starts from.
  LearnedPolicy(std::string algorithm, std::unique_ptr<const AgentSettings> settings, int agent);

  void BeginRound(const RoundContext& round) final;
  absl::Status Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) final;

  // Takes over how to read, to act and the network's width, too, where the parameters say with what they were trained; what
  // this policy remembers of a round under way is kept unless that changes. INVALID_ARGUMENT: another algorithm or kind of
  // network, or for other numbers of servers (PAPER). DATA_LOSS: damaged. Nothing is changed then.
  absl::Status Load(const v1::PolicyParameters& parameters) final;
  uint64_t version() const final { return version_; }

 protected:
  // The choice to be made in one world.
  struct Choice {
    const AgentSettings& settings;
    uint64_t episode;
    bool explore;         // RoundContext::explore
    const float* values;  // [n, L] what the network gave
    Rng* random;          // the world's own stream of this round
  };

  // Writes one level per server, levels [n].
  virtual void ChooseLevels(const Choice& choice, absl::Span<uint8_t> levels) = 0;

 private:
  // What it remembers of one world.
  struct World {
    World(const AgentSettings& settings, int agent, Rng exploration);
    AgentInputs inputs;
    ActionControls controls;
    Rng random;
    std::vector<uint8_t> levels;  // [n] chosen last
    std::vector<float> weights;   // [n] set last
  };

  // Makes the network of `settings`, all parameters 0.
  void Rebuild(std::unique_ptr<const AgentSettings> settings);
  absl::StatusOr<std::unique_ptr<const AgentSettings>> SettingsOf(const v1::PolicyParameters& parameters) const;

  const std::string algorithm_;
  const int agent_;
  std::unique_ptr<const AgentSettings> settings_;
  std::unique_ptr<AgentInference> network_;
  uint64_t version_ = 0;

  RoundContext round_;
  bool first_step_ = true;
  std::vector<World> worlds_;
  std::vector<float> state_;   // [W, state]
  std::vector<float> inputs_;  // [W, input]
  std::vector<float> values_;  // [W, n, L]
  std::vector<float> raw_;     // [W, n, kFeatures]
  std::unique_ptr<AgentInference::Workspace> workspace_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_LEARNED_POLICY_H_
