// What a person sees while a run goes on: a live bar on a terminal, one line per episode in a pipe.
#ifndef EVENKEEL_EXPERIMENTS_PROGRESS_VIEW_H_
#define EVENKEEL_EXPERIMENTS_PROGRESS_VIEW_H_

#include <cstdint>
#include <deque>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "common/clock.h"
#include "experiments/json_lines.h"

namespace evenkeel {

struct ProgressViewOptions {
  std::string run_folder;
  uint64_t episodes = 0;  // of the whole run
  uint64_t updates = 0;   // of the whole run; 0: nothing is learned
  bool terminal = false;  // a live bar instead of lines
};

// Follows RUN/metrics.jsonl and RUN/learner.jsonl. Not thread-safe.
class ProgressView {
 public:
  // Episodes that are in the files already are counted and not shown.
  ProgressView(ProgressViewOptions options, std::ostream* out, Clock* clock);

  // Shows what is new. Does not block.
  void Update();

  // Removes the bar, so that other text can follow.
  void Clear();

  // Distinct episodes seen.
  uint64_t episodes_done() const { return episodes_done_; }

 private:
  void ReadUpdates();
  void TakeEpisode(const nlohmann::json& episode);
  std::string Describe(const nlohmann::json& episode) const;
  std::string TimeLeft() const;
  void DrawBar();

  const ProgressViewOptions options_;
  std::ostream* const out_;
  Clock* const clock_;
  JsonLines metrics_;
  JsonLines learner_;
  uint64_t episodes_done_ = 0;  // shown
  uint64_t episodes_seen_ = 0;  // read, about to be shown
  double updates_ = 0;
  double loss_ = -1;
  std::string last_;                                    // description of the newest episode
  std::deque<std::pair<absl::Time, uint64_t>> recent_;  // when how many were seen, for the time left
  bool bar_shown_ = false;
};

// 64.2 s -> "1m04s".
std::string ShortDuration(absl::Duration duration);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_PROGRESS_VIEW_H_
