// Keeps the draws and the inserts of one table in step (after Cassirer et al. 2021, section 3.4).
#ifndef EVENKEEL_REPLAY_RATE_LIMITER_H_
#define EVENKEEL_REPLAY_RATE_LIMITER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace evenkeel {

struct RateLimiterOptions {
  uint64_t min_episodes = 1;      // no draw before so many are in the table
  double samples_per_insert = 0;  // draws per episode inserted; 0 = no limit
  double slack = 1000;            // draws ahead or behind that are let pass; at least 1 and samples_per_insert
};

// Counts, and says who may go on; whoever asks does the waiting. With I episodes inserted and D items drawn,
//   a draw of n passes    if min_episodes are there and D + n <= samples_per_insert x I + slack
//   an insert passes      if samples_per_insert x (I + 1) <= D + slack, or min_episodes are not there yet
// so there is always one of the two that passes, for draws of at most `slack` items.
//
// Nothing of it is stored: a restored table counts its content as inserted for the draws, and not at all for the
// inserts. So it blocks nothing that would pass in a fresh table with the same content, and no deficit of the time
// before the restart is owed by anybody. Not thread-safe.
class RateLimiter {
 public:
  // `restored` episodes are in the table already.
  explicit RateLimiter(const RateLimiterOptions& options, uint64_t restored = 0)
      : options_(options), restored_(restored) {}

  // INVALID_ARGUMENT: with such a slack neither draws nor inserts might pass.
  static absl::Status Check(const RateLimiterOptions& options);

  // Whether `items` may be drawn now that the table holds `episodes`.
  bool AllowsDraw(uint64_t items, uint64_t episodes) const;

  // Whether one more episode may be inserted now that the table holds `episodes`.
  bool AllowsInsert(uint64_t episodes) const;

  void Drew(uint64_t items) { drawn_ += static_cast<int64_t>(items); }
  void Undrew(uint64_t items) { drawn_ -= static_cast<int64_t>(items); }  // a draw came to nothing
  void Inserted() { ++inserted_; }
  void Uninserted() { --inserted_; }  // an insert came to nothing

  // For errors: all counts and bounds, now that the table holds `episodes`.
  std::string State(uint64_t episodes) const;

 private:
  RateLimiterOptions options_;
  uint64_t restored_;
  int64_t inserted_ = 0;  // since the table was opened, as is drawn_
  int64_t drawn_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_RATE_LIMITER_H_
