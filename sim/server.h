// One server: flows in service share its throughput equally, further ones wait, and beyond that there is no
// room.
#ifndef EVENKEEL_SIM_SERVER_H_
#define EVENKEEL_SIM_SERVER_H_

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <limits>
#include <vector>

#include "sim/cluster_options.h"

namespace evenkeel::sim {

constexpr double kNever = std::numeric_limits<double>::infinity();

// Processor sharing on a virtual clock that advances by the service each flow in service gets: a flow that
// enters with work w ends when the clock has advanced by w, whatever comes and goes meanwhile. So an event
// costs no walk over the flows. Every method that takes `now_s` moves the server there; times must not
// decrease. Not thread-safe.
class Server {
 public:
  using Job = uint32_t;  // the caller's name for a flow

  // REQUIRES: valid options.
  explicit Server(const ServerOptions& options);

  int busy_workers() const { return busy_; }
  int waiting() const { return waiting_; }
  bool HasRoom() const { return busy_ < workers_ || waiting_ < static_cast<int>(backlog_.size()); }

  // When the next flow in service ends if nothing else happens; kNever if none is in service.
  double next_departure_s() const { return next_departure_s_; }

  // Takes a flow into service, or into the backlog if all workers are busy. REQUIRES: HasRoom().
  void Add(double now_s, Job job, float work_s) {
    AdvanceTo(now_s);
    if (busy_ == workers_) {
      Enqueue(job, work_s);
      return;
    }
    Serve(job, work_s);
    UpdateDeparture();
  }

  // Ends the flow that is due, and takes the first of the backlog into service. REQUIRES: now_s ==
  // next_departure_s().
  Job Finish(double now_s) {
    const InService last = in_service_[busy_ - 1];
    work_done_s_ += (last.finish - clock_) * busy_;
    clock_ = last.finish;
    last_s_ = now_s;
    --busy_;
    if (waiting_ > 0) {
      const Waiting first = Dequeue();
      Serve(first.job, first.work_s);
    }
    if (busy_ == 0) clock_ = 0;
    UpdateDeparture();
    return last.job;
  }

  // Multiplies the speed it was made with by `factor`, from now on.
  void SetSpeedFactor(double now_s, double factor);
  double speed_factor() const { return speed_factor_; }

  // Empties the server. Returns its flows: those in service by remaining work, then the backlog in order.
  std::vector<Job> Clear(double now_s);

  // Work seconds per second that are being done now.
  double rate() const { return throughput_[busy_] * speed_factor_; }

  // Work seconds done up to now_s.
  double WorkDone(double now_s) const { return work_done_s_ + Progress(now_s) * busy_; }

  // The share of the server's throughput that was in use, integrated up to now_s: of what it has at its
  // present speed factor, so a slowed server that is full counts as full. In seconds.
  double BusySeconds(double now_s) const {
    return busy_s_ + (WorkDone(now_s) - work_at_speed_change_s_) / (capacity_ * speed_factor_);
  }

  // By how much a flow of `work_s` that came now would lengthen the sum of the flows' times here, its own
  // included: exact for this server as it is, if nothing comes after it and the speed stays. kNever if there
  // is no room. O(flows in service + waiting x workers).
  double AddedDelay(double now_s, double work_s) const;

 private:
  struct InService {
    double finish;  // on the virtual clock
    Job job;
  };
  struct Waiting {
    Job job;
    float work_s;
  };
  // By number of busy workers.
  struct Pace {
    double clock_per_s;  // the virtual clock's speed: rate / busy
    double s_per_clock;  // its inverse
    double marginal;  // s that one more flow adds to the sum of all times per unit of clock: see AddedDelay
  };

  double Progress(double now_s) const { return (now_s - last_s_) * pace_[busy_].clock_per_s; }

  void AdvanceTo(double now_s) {
    const double progress = Progress(now_s);
    clock_ += progress;
    work_done_s_ += progress * busy_;
    last_s_ = now_s;
  }

  // Keeps in_service_ sorted by falling finish, so the next to end is the last.
  void Serve(Job job, double work_s) {
    const double finish = clock_ + work_s;
    int i = busy_++;
    for (; i > 0 && in_service_[i - 1].finish < finish; --i) in_service_[i] = in_service_[i - 1];
    in_service_[i] = {finish, job};
  }

  void Enqueue(Job job, float work_s) {
    assert(waiting_ < static_cast<int>(backlog_.size()));
    int tail = head_ + waiting_++;
    if (tail >= static_cast<int>(backlog_.size())) tail -= static_cast<int>(backlog_.size());
    backlog_[tail] = {job, work_s};
  }

  Waiting Dequeue() {
    const Waiting first = backlog_[head_];
    if (++head_ == static_cast<int>(backlog_.size())) head_ = 0;
    --waiting_;
    return first;
  }

  // Rounding may have put the clock past the next finish by a last bit: never let time run backwards for it.
  void UpdateDeparture() {
    next_departure_s_ = busy_ == 0 ? kNever
                                   : last_s_ + std::max(0.0, in_service_[busy_ - 1].finish - clock_) *
                                                   pace_[busy_].s_per_clock;
  }

  void UpdatePace();

  double clock_ = 0;   // s of service given to each flow in service since the server was last idle
  double last_s_ = 0;  // the time that clock_ and work_done_s_ belong to
  double next_departure_s_ = kNever;
  double work_done_s_ = 0;
  int busy_ = 0;
  int workers_;
  int head_ = 0;
  int waiting_ = 0;
  std::vector<InService> in_service_;  // [workers], the first busy_ are in use
  std::vector<Waiting> backlog_;       // ring of the first come
  std::vector<Pace> pace_;             // [workers + 1]

  double speed_factor_ = 1;
  std::vector<double> throughput_;  // [workers + 1], at speed factor 1
  double capacity_;                 // the largest throughput, at speed factor 1
  double busy_s_ = 0;               // BusySeconds at the last speed change
  double work_at_speed_change_s_ = 0;
};

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_SERVER_H_
