// What all heuristics have in common: one weight and one bias per server from what was observed, in one
// dispatch mode.
#ifndef EVENKEEL_ALGORITHMS_HEURISTICS_HEURISTIC_POLICY_H_
#define EVENKEEL_ALGORITHMS_HEURISTICS_HEURISTIC_POLICY_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// INVALID_ARGUMENT unless `context` names an experiment, an agent among the agents, and one positive nominal
// weight per server.
absl::Status CheckContext(const PolicyContext& context);

// A control program of the data plane. A server whose observation.available is 0 gets weight 0, whatever
// Decide says; while no server is available the weights stay as decided, because a data plane refuses weights
// that are all 0.
class HeuristicPolicy : public Policy {
 public:
  void BeginRound(const RoundContext& round) final;
  absl::Status Act(absl::Span<const v1::Observation* const> observations,
                   absl::Span<v1::Action> actions) final;

 protected:
  // REQUIRES: CheckContext(context) is OK.
  HeuristicPolicy(const PolicyContext& context, v1::DispatchMode mode);

  // The controls' exchange_gain and exchange_smoothing from now on; 0 and 0 before.
  void UseExchange(double gain, double smoothing);

  // Forgets the state of all worlds; the round has round.worlds of them.
  virtual void Begin(const RoundContext& round) = 0;

  // One step of one world. `weights` [n] holds the nominal weights and `biases` [n] zeros; both are changed
  // in place. Every field of `observation` but busy_workers and others_open_flows has n
  // entries.
  virtual absl::Status Decide(int world, const v1::Observation& observation, absl::Span<float> weights,
                              absl::Span<float> biases) = 0;

  const PolicyContext& context() const { return context_; }
  const v1::Algorithm& settings() const { return context_.experiment->algorithm(); }
  const v1::Agent& agent_settings() const { return context_.experiment->agent(); }

 private:
  absl::Status CheckObservation(int world, const v1::Observation& observation) const;
  void Write(const v1::Observation& observation, v1::Action* action) const;

  const PolicyContext context_;
  const v1::DispatchMode mode_;
  float exchange_gain_ = 0;
  float exchange_smoothing_ = 0;
  std::vector<float> weights_;  // [n] scratch of Act
  std::vector<float> biases_;   // [n] scratch of Act
};

// A heuristic without memory: always the same `weights` [n].
absl::StatusOr<std::unique_ptr<Policy>> MakeFixedWeights(const PolicyContext& context, v1::DispatchMode mode,
                                                         std::vector<float> weights);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_HEURISTICS_HEURISTIC_POLICY_H_
