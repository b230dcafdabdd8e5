#include "sim/cluster.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "common/status_macros.h"

namespace evenkeel::sim {
namespace {

std::vector<Server> MakeServers(const std::vector<ServerOptions>& options) {
  std::vector<Server> servers;
  servers.reserve(options.size());
  for (const ServerOptions& server : options) servers.emplace_back(server);
  return servers;
}

bool ChangesAvailability(ServerEvent::Kind kind) {
  return kind == ServerEvent::DRAIN || kind == ServerEvent::REMOVE || kind == ServerEvent::ADD;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Create(const ClusterOptions& options,
                                                         std::unique_ptr<ArrivalSource> arrivals,
                                                         uint64_t seed, Dispatcher* dispatcher) {
  EK_RETURN_IF_ERROR(Validate(options));
  return std::unique_ptr<Cluster>(new Cluster(options, std::move(arrivals), seed, dispatcher));
}

Cluster::Cluster(const ClusterOptions& options, std::unique_ptr<ArrivalSource> arrivals, uint64_t seed,
                 Dispatcher* dispatcher)
    : dispatcher_(dispatcher),
      round_trip_s_(options.round_trip_s),
      fin_lag_s_(options.fin_lag_s),
      servers_(MakeServers(options.servers)),
      departures_(static_cast<int>(options.servers.size())),
      arrivals_(std::move(arrivals)) {
  for (uint64_t i = 0; i < options.servers.size(); ++i) states_.emplace_back(Rng(seed, {kServerStream, i}));
  std::vector<ServerEvent> events = options.events;
  std::stable_sort(events.begin(), events.end(),
                   [](const ServerEvent& a, const ServerEvent& b) { return a.at_s < b.at_s; });
  std::vector<bool> decided(options.servers.size(), false);
  for (const ServerEvent& event : events) {
    if (ChangesAvailability(event.kind) && !decided[event.server]) {
      decided[event.server] = true;
      states_[event.server].available = event.kind != ServerEvent::ADD;
    }
    Schedule(event.at_s, event, /*is_toggle=*/false, /*generation=*/0);
  }
  PullArrivals();
}

void Cluster::AdvanceTo(double time_s) {
  assert(time_s >= now_s_ && time_s < kNever);
  for (;;) {
    const double departure_s = departures_.first_time_s();
    const double arrival_s = next_arrival_s();
    const double next_s = std::min(departure_s, arrival_s);
    if (next_other_s_ <= next_s) {
      if (next_other_s_ > time_s) break;
      now_s_ = next_other_s_;
      PlayOther();
      continue;
    }
    if (next_s > time_s) break;
    now_s_ = next_s;
    if (departure_s <= arrival_s) {
      PlayDeparture();
    } else {
      PlayArrival();
    }
  }
  now_s_ = time_s;
}

void Cluster::PullArrivals() {
  batch_size_ = arrivals_->Next(absl::MakeSpan(batch_.data(), kBatch));
  batch_[batch_size_] = Flow{kNever, 0, 0, 0};
  position_ = 0;
}

void Cluster::PlayArrival() {
  const Job job{batch_[position_], arrived_++};
  if (++position_ == batch_size_) PullArrivals();
  const int server = dispatcher_->Pick(now_s_, job.flow_id, job.flow);
  if (server == kNoServer) {
    ++rejected_;
    return;
  }
  assert(server >= 0 && server < servers());
  if (!states_[server].available || !servers_[server].HasRoom()) {
    Opened(job, server);
    Rejected(job, server);
    return;
  }
  servers_[server].Add(now_s_, StoreJob(job), job.flow.work_s);
  departures_.Set(server, servers_[server].next_departure_s());
  Opened(job, server);
}

void Cluster::PlayDeparture() {
  const int server = departures_.first();
  const Job job = TakeJob(servers_[server].Finish(now_s_));
  departures_.Set(server, servers_[server].next_departure_s());
  ++finished_;
  Finished(job, server);
}

uint32_t Cluster::StoreJob(const Job& job) {
  if (free_jobs_.empty()) {
    jobs_.push_back(job);
    return static_cast<uint32_t>(jobs_.size() - 1);
  }
  const uint32_t index = free_jobs_.back();
  free_jobs_.pop_back();
  jobs_[index] = job;
  return index;
}

Cluster::Job Cluster::TakeJob(uint32_t index) {
  free_jobs_.push_back(index);
  return jobs_[index];
}

void Cluster::Opened(const Job& job, int server) {
  if (round_trip_s_ == 0) {
    dispatcher_->OnOpened(now_s_, job.flow_id, job.flow, server);
    return;
  }
  Notify({job.flow.arrival_s + round_trip_s_, 0, Notice::OPENED, server, job, 0});
}

void Cluster::Finished(const Job& job, int server) {
  const double duration_s = now_s_ - job.flow.arrival_s;
  if (fin_lag_s_ == 0 && job.flow.arrival_s + round_trip_s_ <= now_s_) {
    dispatcher_->OnFinished(now_s_, job.flow_id, job.flow, server, duration_s);
    return;
  }
  const double time_s = std::max(now_s_ + fin_lag_s_, job.flow.arrival_s + round_trip_s_);
  Notify({time_s, 0, Notice::FINISHED, server, job, duration_s});
}

void Cluster::Rejected(const Job& job, int server) {
  ++rejected_;
  if (round_trip_s_ == 0) {
    dispatcher_->OnRejected(now_s_, job.flow_id, job.flow, server);
    return;
  }
  Notify({std::max(now_s_, job.flow.arrival_s + round_trip_s_), 0, Notice::REJECTED, server, job, 0});
}

void Cluster::Notify(const Notice& notice) {
  notices_.push_back(notice);
  notices_.back().number = next_number_++;
  std::push_heap(notices_.begin(), notices_.end());
  UpdateNextOther();
}

void Cluster::Deliver(const Notice& notice) {
  const Job& job = notice.job;
  switch (notice.kind) {
    case Notice::OPENED:
      return dispatcher_->OnOpened(now_s_, job.flow_id, job.flow, notice.server);
    case Notice::FINISHED:
      return dispatcher_->OnFinished(now_s_, job.flow_id, job.flow, notice.server, notice.duration_s);
    case Notice::REJECTED:
      return dispatcher_->OnRejected(now_s_, job.flow_id, job.flow, notice.server);
  }
}

void Cluster::UpdateNextOther() {
  next_other_s_ = std::min(notices_.empty() ? kNever : notices_.front().time_s,
                           changes_.empty() ? kNever : changes_.front().time_s);
}

void Cluster::PlayOther() {
  if (!changes_.empty() && changes_.front().time_s <= now_s_) {
    std::pop_heap(changes_.begin(), changes_.end());
    const Change change = changes_.back();
    changes_.pop_back();
    UpdateNextOther();
    Apply(change);
  } else {
    std::pop_heap(notices_.begin(), notices_.end());
    const Notice notice = notices_.back();
    notices_.pop_back();
    UpdateNextOther();
    Deliver(notice);
  }
}

void Cluster::Schedule(double time_s, const ServerEvent& event, bool is_toggle, uint64_t generation) {
  changes_.push_back({time_s, next_number_++, event, is_toggle, generation});
  std::push_heap(changes_.begin(), changes_.end());
  UpdateNextOther();
}

void Cluster::Apply(const Change& change) {
  const ServerEvent& event = change.event;
  ServerState& state = states_[event.server];
  if (change.is_toggle) {
    if (change.generation != state.colocation_generation) return;
    state.neighbour_present = !state.neighbour_present;
    ApplySpeed(event.server);
    ScheduleToggle(event.server);
    return;
  }
  switch (event.kind) {
    case ServerEvent::SET_SPEED:
      state.set_factor = event.factor;
      return ApplySpeed(event.server);
    case ServerEvent::DRAIN:
      state.available = false;
      return;
    case ServerEvent::REMOVE:
      return Remove(event.server);
    case ServerEvent::ADD:
      state.available = true;
      return;
    case ServerEvent::COLOCATION:
      return StartColocation(event);
  }
}

void Cluster::Remove(int server) {
  states_[server].available = false;
  const std::vector<Server::Job> removed = servers_[server].Clear(now_s_);
  departures_.Set(server, kNever);
  for (Server::Job index : removed) Rejected(TakeJob(index), server);
}

void Cluster::StartColocation(const ServerEvent& event) {
  ServerState& state = states_[event.server];
  state.colocation = event;
  ++state.colocation_generation;
  state.neighbour_present = state.rng.Uniform() < event.share;
  ApplySpeed(event.server);
  ScheduleToggle(event.server);
}

void Cluster::ScheduleToggle(int server) {
  ServerState& state = states_[server];
  const ServerEvent& event = state.colocation;
  if (event.share <= 0 || event.share >= 1) return;
  const double gap_s = event.period_s * (1 - event.share) / event.share;
  const double stay_s = state.rng.Exponential(state.neighbour_present ? event.period_s : gap_s);
  Schedule(now_s_ + stay_s, event, /*is_toggle=*/true, state.colocation_generation);
}

void Cluster::ApplySpeed(int server) {
  const ServerState& state = states_[server];
  const double neighbour = state.neighbour_present ? state.colocation.factor : 1;
  servers_[server].SetSpeedFactor(now_s_, state.set_factor * neighbour);
  departures_.Set(server, servers_[server].next_departure_s());
}

}  // namespace evenkeel::sim
