#include "coordinator/progress.h"

#include <algorithm>

namespace evenkeel {

void Progress::StartAt(uint64_t round, uint64_t episodes_finished) {
  absl::MutexLock lock(&mutex_);
  status_.set_round(round);
  status_.set_episodes_finished(episodes_finished);
}

void Progress::StepClosed(uint64_t round, uint64_t step, int worlds, absl::Duration wait) {
  absl::MutexLock lock(&mutex_);
  status_.set_round(round);
  status_.set_step(step);
  status_.set_steps_total(status_.steps_total() + worlds);
  if (waits_s_.size() < kWaitsKept) {
    waits_s_.push_back(absl::ToDoubleSeconds(wait));
  } else {
    waits_s_[next_wait_] = absl::ToDoubleSeconds(wait);
    next_wait_ = (next_wait_ + 1) % kWaitsKept;
  }
}

void Progress::EpisodeFinished(const v1::EpisodeSummary& summary) {
  absl::MutexLock lock(&mutex_);
  status_.set_episodes_finished(summary.number() + 1);
  summaries_.push_back(summary);
  if (summaries_.size() > kSummariesKept) summaries_.pop_front();
}

void Progress::Finished() {
  absl::MutexLock lock(&mutex_);
  status_.set_finished(true);
}

void Progress::Fill(v1::RunStatus* status) const {
  std::vector<double> waits_s;
  {
    absl::MutexLock lock(&mutex_);
    *status = status_;
    for (const v1::EpisodeSummary& summary : summaries_) *status->add_episodes() = summary;
    waits_s = waits_s_;
  }
  if (waits_s.empty()) return;
  std::sort(waits_s.begin(), waits_s.end());
  status->set_barrier_p50_s(waits_s[waits_s.size() / 2]);
  status->set_barrier_p99_s(waits_s[waits_s.size() * 99 / 100]);
}

}  // namespace evenkeel
