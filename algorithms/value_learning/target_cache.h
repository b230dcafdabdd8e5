// What the target network's agent part gives for whole stored episodes, kept until the target network changes: an episode that
// is drawn again before costs no target pass (training.cache_targets).
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_TARGET_CACHE_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_TARGET_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "algorithms/agent_settings.h"
#include "algorithms/inference/agent_inference.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// The values are computed by AgentInference, in which a row's results do not depend on what else is computed: so they are the same
// bits whether they were kept or not, whatever is drawn together, and with any number of threads. A resumed learner, whose
// cache is empty, goes on as one that never stopped. Against the learner's own target pass they differ by rounding, 1e-5.
class TargetCache {
 public:
  // `settings` outlives this. Keeps up to `capacity_bytes` of values; beyond, those computed first go. The values of the batch
  // being worked on are held in addition.
  TargetCache(const AgentSettings& settings, size_t capacity_bytes);

  // Forgets all values: from now on those of the network with these parameters (AgentLayout of learned_policy.h).
  void Renew(absl::Span<const float> parameters);

  // Makes the values of `batch` ready, computing those that are not kept on up to `threads` threads, the caller's included.
  // Episodes are known by number and content. Blocks. REQUIRES: Renew was called; CheckEpisodes gave OK; no ValuesOf runs.
  void Prepare(absl::Span<const v1::Episode* const> batch, int64_t threads);

  // The values [T+1, B, m, n, L] of some episodes of the batch prepared last, T the steps of the longest; 0 beyond an episode's
  // end. Thread-safe.
  std::vector<float> ValuesOf(absl::Span<const v1::Episode* const> part) const;

  // Episodes whose values were computed, since construction.
  uint64_t computed() const { return computed_; }
  size_t kept_bytes() const { return kept_bytes_; }

 private:
  using Key = uint64_t;
  using Entry = std::shared_ptr<const std::vector<float>>;  // [T+1, m, n, L]

  void Keep(Key key, const Entry& entry);

  const AgentSettings& settings_;
  const size_t capacity_bytes_;
  AgentInference network_;
  std::map<Key, Entry> kept_;
  std::deque<Key> in_order_;  // keys of kept_ as they came
  size_t kept_bytes_ = 0;
  std::map<Key, Entry> prepared_;
  uint64_t computed_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_TARGET_CACHE_H_
