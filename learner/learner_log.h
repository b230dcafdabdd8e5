// RUN/learner.jsonl: one line of JSON per round of updates, in order, each round once, also after a resume.
#ifndef EVENKEEL_LEARNER_LEARNER_LOG_H_
#define EVENKEEL_LEARNER_LEARNER_LOG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace evenkeel {

// What the updates between two rounds came to; after a resume in their middle, those since.
struct LearnerRound {
  uint64_t episodes = 0;  // stored when the updates were done
  uint64_t updates = 0;   // learner update count after them
  double loss = 0;        // mean over the updates, like the two below; NaN where the trainer does not tell
  double q_mean = 0;
  double gradient_norm = 0;
  double update_ms = 0;  // median wall time of one update, ms
  double wait_ms = 0;    // wall time waited for episodes and samples, ms
  double importance_weight_min = 1;  // the least that an episode counted in a loss (importance_weights.h)
};

// Not thread-safe.
class LearnerLog {
 public:
  // Goes on with the log at `path`, or begins it. Lines of rounds after `updates` (which will be done again)
  // and a torn last line are dropped.
  static absl::StatusOr<LearnerLog> Open(const std::string& path, uint64_t updates);

  // Adds one line. A metric that is not finite is written as null.
  absl::Status Append(const LearnerRound& round);

 private:
  explicit LearnerLog(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_LEARNER_LOG_H_
