#include "coordinator/progress.h"

#include <algorithm>

namespace evenkeel {

void Progress::StartAt(uint64_t round, uint64_t episodes_finished) {
  absl::MutexLock lock(&mutex_);
  status_.set_round(round);
  status_.set_episodes_finished(episodes_finished);
}

void Progress::Enter(v1::RunStatus::Phase phase, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  status_.set_phase(phase);
  phase_since_ = now;
}

void Progress::RoundStarted(uint64_t round, uint64_t attempt, uint64_t step) {
  absl::MutexLock lock(&mutex_);
  status_.set_round(round);
  status_.set_attempt(attempt);
  status_.set_step(step);
  step_opened_ = absl::InfinitePast();
  if (attempt > 0) status_.set_round_restarts(status_.round_restarts() + 1);
}

void Progress::StepOpened(uint64_t step, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  status_.set_step(step);
  if (step_opened_ != absl::InfinitePast()) intervals_.Add(now - step_opened_);
  step_opened_ = now;
}

void Progress::StepClosed(int worlds, absl::Duration wait) {
  absl::MutexLock lock(&mutex_);
  status_.set_steps_total(status_.steps_total() + worlds);
  waits_.Add(wait);
}

void Progress::StepOverran() {
  absl::MutexLock lock(&mutex_);
  status_.set_overrun_steps(status_.overrun_steps() + 1);
}

void Progress::Ring::Add(absl::Duration value) {
  if (values_s.size() < kWaitsKept) {
    values_s.push_back(absl::ToDoubleSeconds(value));
  } else {
    values_s[next] = absl::ToDoubleSeconds(value);
    next = (next + 1) % kWaitsKept;
  }
}

std::vector<double> Progress::Ring::Sorted() const {
  std::vector<double> sorted = values_s;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
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

void Progress::Fill(absl::Time now, v1::RunStatus* status) const {
  Ring waits, intervals;
  {
    absl::MutexLock lock(&mutex_);
    *status = status_;
    if (now > phase_since_) status->set_phase_s(absl::ToDoubleSeconds(now - phase_since_));
    for (const v1::EpisodeSummary& summary : summaries_) *status->add_episodes() = summary;
    waits = waits_;
    intervals = intervals_;
  }
  if (const std::vector<double> sorted = waits.Sorted(); !sorted.empty()) {
    status->set_barrier_p50_s(sorted[sorted.size() / 2]);
    status->set_barrier_p99_s(sorted[sorted.size() * 99 / 100]);
  }
  if (const std::vector<double> sorted = intervals.Sorted(); !sorted.empty()) {
    status->set_step_interval_p50_s(sorted[sorted.size() / 2]);
    status->set_step_interval_p99_s(sorted[sorted.size() * 99 / 100]);
  }
}

}  // namespace evenkeel
