#include "sim/server.h"

namespace evenkeel::sim {

Server::Server(const ServerOptions& options)
    : workers_(options.workers),
      in_service_(options.workers),
      backlog_(options.backlog),
      pace_(options.workers + 1),
      throughput_(Throughput(options)),
      capacity_(*std::max_element(throughput_.begin(), throughput_.end())) {
  UpdatePace();
}

void Server::UpdatePace() {
  double served_sum = 0;  // busy^2 / rate: what a unit of clock adds to the sum of all times
  pace_[0] = {};
  for (int busy = 1; busy <= workers_; ++busy) {
    const double rate = throughput_[busy] * speed_factor_;
    pace_[busy] = {rate / busy, busy / rate, 0};
    const double sum = busy * pace_[busy].s_per_clock;
    pace_[busy - 1].marginal = sum - served_sum;
    served_sum = sum;
  }
}

void Server::SetSpeedFactor(double now_s, double factor) {
  AdvanceTo(now_s);
  busy_s_ = BusySeconds(now_s);
  work_at_speed_change_s_ = work_done_s_;
  speed_factor_ = factor;
  UpdatePace();
  UpdateDeparture();
}

std::vector<Server::Job> Server::Clear(double now_s) {
  AdvanceTo(now_s);
  std::vector<Job> jobs;
  while (busy_ > 0) jobs.push_back(in_service_[--busy_].job);
  while (waiting_ > 0) jobs.push_back(Dequeue().job);
  clock_ = 0;
  UpdateDeparture();
  return jobs;
}

// With k flows in service, a unit of clock takes k / rate(k) seconds and so adds k^2 / rate(k) to the sum of
// all times. The new flow is one more during the next work_s of clock and changes nothing after: it adds
// marginal(k) = (k+1)^2 / rate(k+1) - k^2 / rate(k) per unit. What is ahead of it in the backlog is played
// first; the new flow only waits meanwhile.
double Server::AddedDelay(double now_s, double work_s) const {
  if (!HasRoom()) return kNever;
  double clock = clock_ + Progress(now_s);
  double wait_s = 0;
  int busy = busy_;
  const InService* in_service = in_service_.data();
  std::vector<InService> played;
  if (busy == workers_) {
    played.assign(in_service_.begin(), in_service_.begin() + busy_);
    for (int i = 0;; ++i) {
      wait_s += std::max(0.0, played.back().finish - clock) * pace_[workers_].s_per_clock;
      clock = std::max(clock, played.back().finish);
      played.pop_back();
      if (i == waiting_) break;
      const Waiting& next = backlog_[(head_ + i) % backlog_.size()];
      const InService entry{clock + next.work_s, next.job};
      played.insert(
          std::upper_bound(played.begin(), played.end(), entry,
                           [](const InService& a, const InService& b) { return a.finish > b.finish; }),
          entry);
    }
    busy = workers_ - 1;
    in_service = played.data();
  }
  const double finish = clock + work_s;
  double added_s = wait_s;
  for (; busy > 0 && in_service[busy - 1].finish < finish; --busy) {
    const double next = std::max(clock, in_service[busy - 1].finish);
    added_s += (next - clock) * pace_[busy].marginal;
    clock = next;
  }
  return added_s + (finish - clock) * pace_[busy].marginal;
}

}  // namespace evenkeel::sim
