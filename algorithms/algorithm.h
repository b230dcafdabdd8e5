// What an algorithm is: a Policy that acts for one LB and, if it learns, a Trainer that updates all LBs' parameters.
// Free of LibTorch, so that whoever only runs policies compiles quickly.
#ifndef EVENKEEL_ALGORITHMS_ALGORITHM_H_
#define EVENKEEL_ALGORITHMS_ALGORITHM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "protos/control.pb.h"
#include "protos/experiment.pb.h"
#include "protos/learner.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Where a policy acts. `experiment` outlives the policy and is fully resolved.
struct PolicyContext {
  const v1::Experiment* experiment = nullptr;
  int agent = 0;                       // index of the LB, 0 .. agents-1
  int agents = 1;                      // m
  int servers = 0;                     // n
  std::vector<float> nominal_weights;  // [n] what the operator believes
};

// W episodes that begin together.
struct RoundContext {
  uint64_t first_episode = 0;  // world w plays episode first_episode + w; names the random streams
  int worlds = 1;              // W
  bool explore = false;        // true in training; false: greedy
};

// Acts for one LB in W worlds at once. Not thread-safe. All randomness comes from streams named by the experiment's
// seed, the episode and the agent: the same calls give the same actions.
class Policy {
 public:
  virtual ~Policy() = default;

  // Forgets all recurrent state and starts the round.
  virtual void BeginRound(const RoundContext& round) = 0;

  // Chooses (*actions)[w] from observations[w] for every world. REQUIRES: both have W entries, BeginRound was called.
  // INVALID_ARGUMENT if an observation does not have n entries per field. Never blocks.
  virtual absl::Status Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) = 0;

  // Replaces the parameters whole, or changes nothing and says why (other algorithm, shape, or damage).
  // UNIMPLEMENTED for algorithms that have none. Keeps recurrent state.
  virtual absl::Status Load(const v1::PolicyParameters& parameters);

  // Learner update count of the parameters held; 0 before the first Load.
  virtual uint64_t version() const { return 0; }
};

// What one update came to; keys are metric names ("loss", "td_error_abs", "q_mean", "gradient_norm"). "td_error_abs.N" is that
// of episode N of the batch: prioritised replay goes by it. Losses have the weights of the episodes in them, all else is plain.
using UpdateMetrics = std::map<std::string, double>;

// Updates parameters from stored experience. Not thread-safe (it may use threads of its own).
class Trainer {
 public:
  virtual ~Trainer() = default;

  // One gradient step on a batch of whole episodes, all with the same m, n and F; steps may differ. What episode i adds to the
  // loss counts weights[i] times; what the sum is divided by goes by the episodes alone (Schaul et al. 2016, algorithm 1).
  // INVALID_ARGUMENT names the episode whose shape does not fit. INTERNAL if the loss or a gradient is not finite (nothing is
  // changed then). REQUIRES: as many weights as episodes, finite and at least 0.
  virtual absl::StatusOr<UpdateMetrics> Update(absl::Span<const v1::Episode* const> batch,
                                               absl::Span<const float> weights) = 0;

  // With weights of 1.
  absl::StatusOr<UpdateMetrics> Update(absl::Span<const v1::Episode* const> batch);

  // Updates done since the start of the run.
  virtual uint64_t updates() const = 0;

  // What actors need to act, version = updates().
  virtual v1::PolicyParameters Export() const = 0;

  // Everything needed to go on as if never stopped: parameters, target parameters, optimiser, counters. Opaque bytes.
  virtual absl::StatusOr<std::string> SaveState() const = 0;

  // Takes over what SaveState gave, or changes nothing. INVALID_ARGUMENT: from another algorithm or shape. DATA_LOSS: damaged.
  virtual absl::Status RestoreState(const std::string& state) = 0;
};

enum class AlgorithmKind {
  kLearned,    // has a Trainer
  kHeuristic,  // sees only what an LB sees
  kControl,    // a yardstick for honest comparison, not a proposal (random weights, best static ratio)
  kBound,      // cheats: reads what no LB can see; simulated data planes only
};

// One entry of the registry.
struct AlgorithmInfo {
  std::string name;     // what --algo takes
  AlgorithmKind kind;
  std::string summary;  // one line for `evenkeel algos`
  std::string needs;    // one line: what it requires of the deployment, or "-"

  absl::StatusOr<std::unique_ptr<Policy>> (*make_policy)(const PolicyContext& context) = nullptr;
  // Null unless parameters are learned from stored experience. `context.agent` is not used.
  absl::StatusOr<std::unique_ptr<Trainer>> (*make_trainer)(const PolicyContext& context) = nullptr;

  // Experiments play it with one LB that gets all flows, whatever topology.lbs says. A control of what a single LB could do,
  // not a fair competitor where there are more.
  bool one_lb = false;
};

// Learned, but from whole episodes' outcomes instead of stored experience (experiments/policy_search.h): no trainer.
inline bool IsSearched(const AlgorithmInfo& info) {
  return info.kind == AlgorithmKind::kLearned && info.make_trainer == nullptr;
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ALGORITHM_H_
