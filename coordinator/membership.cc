#include "coordinator/membership.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace evenkeel {

Membership::Membership(int agents, Clock* clock) : agents_(agents), clock_(clock), seats_(agents) {}

bool Membership::Join(const Seats& seats, StreamId stream, const v1::Hello& hello) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    if (stream <= seats_.at(agent).stream) return false;
  }
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    Seat& seat = seats_[agent];
    seat.stream = stream;
    seat.attached = true;
    seat.expired = false;
    seat.announced = false;
    seat.host = hello.host();
    seat.pid = hello.pid();
    seat.last_heard = now;
    seat.owes_since = absl::InfiniteFuture();
  }
  return true;
}

bool Membership::Leave(const Seats& seats, StreamId stream) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  bool any = false;
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    Seat& seat = seats_.at(agent);
    if (!seat.attached || seat.stream != stream) continue;
    seat.attached = false;
    seat.last_heard = now;
    seat.owes_since = absl::InfiniteFuture();
    any = true;
  }
  return any;
}

bool Membership::Holds(const Seats& seats, StreamId stream) const {
  absl::MutexLock lock(&mutex_);
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    if (!seats_.at(agent).attached || seats_[agent].stream != stream) return false;
  }
  return true;
}

std::vector<Membership::Joined> Membership::TakeJoined() {
  absl::MutexLock lock(&mutex_);
  std::vector<Joined> joined;
  for (int agent = 0; agent < agents_; ++agent) {
    Seat& seat = seats_[agent];
    const bool is_new = seat.attached && !seat.announced;
    seat.announced = true;
    if (!is_new) continue;
    if (!joined.empty() && joined.back().stream == seat.stream) {
      ++joined.back().seats.count;
    } else {
      joined.push_back({{agent, 1}, seat.stream});
    }
  }
  return joined;
}

std::vector<bool> Membership::Connected() const {
  absl::MutexLock lock(&mutex_);
  std::vector<bool> connected;
  for (const Seat& seat : seats_) connected.push_back(seat.connected());
  return connected;
}

void Membership::Asked(const Seats& seats) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    Seat& seat = seats_.at(agent);
    if (seat.attached) seat.owes_since = std::min(seat.owes_since, now);
  }
}

void Membership::Heard(const Seats& seats) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    Seat& seat = seats_.at(agent);
    seat.last_heard = now;
    seat.owes_since = absl::InfiniteFuture();
    seat.expired = false;
  }
}

void Membership::AnsweredReady(const Seats& seats, uint64_t policy_version) {
  absl::MutexLock lock(&mutex_);
  for (int agent = seats.first; agent < seats.end(); ++agent)
    seats_.at(agent).policy_version = policy_version;
}

void Membership::AnsweredStep(const Seats& seats, uint64_t step) {
  absl::MutexLock lock(&mutex_);
  for (int agent = seats.first; agent < seats.end(); ++agent) seats_.at(agent).last_step = step;
}

std::vector<int> Membership::TakeExpired(absl::Duration lease) {
  const absl::Time now = clock_->Now();
  absl::MutexLock lock(&mutex_);
  std::vector<int> expired;
  for (int agent = 0; agent < agents_; ++agent) {
    Seat& seat = seats_[agent];
    if (!seat.connected() || now < seat.owes_since + lease) continue;
    seat.expired = true;
    expired.push_back(agent);
  }
  return expired;
}

absl::Time Membership::NextExpiry(absl::Duration lease) const {
  absl::MutexLock lock(&mutex_);
  absl::Time next = absl::InfiniteFuture();
  for (const Seat& seat : seats_) {
    if (seat.connected()) next = std::min(next, seat.owes_since + lease);
  }
  return next;
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
  return absl::StrCat(seat.attached ? "it is connected but silent for " : "its stream broke ", since,
                      seat.attached ? "" : " ago");
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
    status.set_connected(seat.connected());
    status.set_host(seat.host);
    status.set_pid(seat.pid);
    status.set_last_step(seat.last_step);
    status.set_missed_steps(seat.missed_steps);
    if (seat.stream != 0) status.set_since_last_reply_s(absl::ToDoubleSeconds(now - seat.last_heard));
  }
  return statuses;
}

}  // namespace evenkeel
