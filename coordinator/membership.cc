#include "coordinator/membership.h"

#include "absl/strings/str_cat.h"

namespace evenkeel {

Membership::Membership(int agents, Clock* clock) : agents_(agents), clock_(clock), seats_(agents) {}

bool Membership::Join(StreamId stream, const v1::Hello& hello) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  Seat& seat = seats_.at(hello.agent());
  if (stream <= seat.stream) return false;
  seat.stream = stream;
  seat.connected = true;
  seat.announced = false;
  seat.host = hello.host();
  seat.pid = hello.pid();
  seat.last_heard = now;
  return true;
}

bool Membership::Leave(int agent, StreamId stream) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  Seat& seat = seats_.at(agent);
  if (!seat.connected || seat.stream != stream) return false;
  seat.connected = false;
  seat.last_heard = now;
  return true;
}

bool Membership::Holds(int agent, StreamId stream) const {
  absl::MutexLock lock(&mutex_);
  return seats_.at(agent).connected && seats_.at(agent).stream == stream;
}

std::vector<Membership::Joined> Membership::TakeJoined() {
  absl::MutexLock lock(&mutex_);
  std::vector<Joined> joined;
  for (int agent = 0; agent < agents_; ++agent) {
    Seat& seat = seats_[agent];
    if (seat.connected && !seat.announced) joined.push_back({agent, seat.stream});
    seat.announced = true;
  }
  return joined;
}

std::vector<bool> Membership::Connected() const {
  absl::MutexLock lock(&mutex_);
  std::vector<bool> connected;
  for (const Seat& seat : seats_) connected.push_back(seat.connected);
  return connected;
}

void Membership::AnsweredReady(int agent, uint64_t policy_version) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  seats_.at(agent).policy_version = policy_version;
  seats_.at(agent).last_heard = now;
}

void Membership::AnsweredStep(int agent, uint64_t step) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  seats_.at(agent).last_step = step;
  seats_.at(agent).last_heard = now;
}

void Membership::Missed(int agent) {
  absl::MutexLock lock(&mutex_);
  ++seats_.at(agent).missed_steps;
}

std::string Membership::Name(int agent) const {
  absl::MutexLock lock(&mutex_);
  const Seat& seat = seats_.at(agent);
  if (seat.stream == 0) return absl::StrCat("actor-", agent);
  return absl::StrCat("actor-", agent, " (host ", seat.host, ", pid ", seat.pid, ")");
}

std::string Membership::Whereabouts(int agent) const {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  const Seat& seat = seats_.at(agent);
  if (seat.stream == 0) return "it never joined";
  const std::string since = absl::FormatDuration(absl::Trunc(now - seat.last_heard, absl::Milliseconds(100)));
  return absl::StrCat(seat.connected ? "it is connected but silent for " : "its stream broke ", since,
                      seat.connected ? "" : " ago");
}

uint64_t Membership::policy_version(int agent) const {
  absl::MutexLock lock(&mutex_);
  return seats_.at(agent).policy_version;
}

std::vector<v1::AgentStatus> Membership::Statuses() const {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  std::vector<v1::AgentStatus> statuses(agents_);
  for (int agent = 0; agent < agents_; ++agent) {
    const Seat& seat = seats_[agent];
    v1::AgentStatus& status = statuses[agent];
    status.set_agent(agent);
    status.set_connected(seat.connected);
    status.set_host(seat.host);
    status.set_pid(seat.pid);
    status.set_last_step(seat.last_step);
    status.set_missed_steps(seat.missed_steps);
    if (seat.stream != 0) status.set_since_last_reply_s(absl::ToDoubleSeconds(now - seat.last_heard));
  }
  return statuses;
}

}  // namespace evenkeel
