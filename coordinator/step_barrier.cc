#include "coordinator/step_barrier.h"

#include <glog/logging.h>

#include <utility>

namespace evenkeel {

StepBarrier::StepBarrier(int agents, Clock* clock) : clock_(clock), members_(agents) {}

void StepBarrier::Open(uint64_t step, const std::vector<bool>& expected) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  CHECK(!open_) << "step " << next_step_ - 1 << " is open";
  CHECK_GE(step, next_step_);
  CHECK_EQ(expected.size(), members_.size());
  open_ = true;
  next_step_ = step + 1;
  opened_at_ = now;
  awaited_ = 0;
  for (size_t agent = 0; agent < members_.size(); ++agent) {
    members_[agent].expected = expected[agent];
    members_[agent].arrived = false;
    members_[agent].seats = 0;
    awaited_ += expected[agent] ? 1 : 0;
  }
}

StepBarrier::Arrival StepBarrier::Arrive(const Seats& seats, uint64_t step, v1::AgentMessage reply) {
  absl::MutexLock lock(&mutex_);
  if (step >= next_step_) return Arrival::kEarly;
  Member& first = members_.at(seats.first);
  const bool expected = open_ && step + 1 == next_step_ && first.expected;
  if (!expected) {
    ++late_replies_;
    return Arrival::kLate;
  }
  if (first.arrived) {
    ++duplicate_replies_;
    return Arrival::kDuplicate;
  }
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    Member& member = members_.at(agent);
    if (member.expected && !member.arrived) --awaited_;
    member.arrived = true;
  }
  first.seats = seats.count;
  first.reply = std::move(reply);
  return Arrival::kCounted;
}

StepBarrier::Arrival StepBarrier::DropLate() {
  absl::MutexLock lock(&mutex_);
  ++late_replies_;
  return Arrival::kLate;
}

void StepBarrier::Excuse(int agent) {
  absl::MutexLock lock(&mutex_);
  CHECK(open_) << "no step is open";
  Member& member = members_.at(agent);
  if (member.expected && !member.arrived) --awaited_;
  member.expected = false;
}

StepBarrier::Wake StepBarrier::Wait(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  CHECK(open_) << "no step is open";
  clock_->AwaitWithDeadline(&mutex_, absl::Condition(this, &StepBarrier::Awake), deadline);
  if (Complete()) return Wake::kComplete;
  if (!interrupted_) return Wake::kDeadline;
  interrupted_ = false;
  return Wake::kInterrupted;
}

void StepBarrier::Interrupt() {
  absl::MutexLock lock(&mutex_);
  interrupted_ = true;
}

bool StepBarrier::HasArrived(int agent) const {
  absl::MutexLock lock(&mutex_);
  return members_.at(agent).arrived;
}

bool StepBarrier::Awaits(int agent) const {
  absl::MutexLock lock(&mutex_);
  return open_ && members_.at(agent).expected && !members_.at(agent).arrived;
}

std::vector<int> StepBarrier::Awaited() const {
  absl::MutexLock lock(&mutex_);
  std::vector<int> awaited;
  for (size_t agent = 0; open_ && agent < members_.size(); ++agent) {
    if (members_[agent].expected && !members_[agent].arrived) awaited.push_back(static_cast<int>(agent));
  }
  return awaited;
}

StepBarrier::Outcome StepBarrier::Close() {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  CHECK(open_) << "no step is open";
  open_ = false;
  Outcome outcome;
  outcome.arrived.resize(members_.size());
  outcome.open_for = now - opened_at_;
  for (size_t agent = 0; agent < members_.size(); ++agent) {
    Member& member = members_[agent];
    outcome.arrived[agent] = member.arrived;
    if (member.seats > 0) {
      outcome.replies.push_back({{static_cast<int>(agent), member.seats}, {}});
      outcome.replies.back().message.Swap(&member.reply);
    }
    if (member.expected && !member.arrived) outcome.missing.push_back(static_cast<int>(agent));
  }
  return outcome;
}

uint64_t StepBarrier::late_replies() const {
  absl::MutexLock lock(&mutex_);
  return late_replies_;
}

uint64_t StepBarrier::duplicate_replies() const {
  absl::MutexLock lock(&mutex_);
  return duplicate_replies_;
}

}  // namespace evenkeel
