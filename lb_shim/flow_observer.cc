#include "lb_shim/flow_observer.h"

namespace evenkeel {
namespace {

float* Column(int servers, google::protobuf::RepeatedField<float>* field) {
  field->Resize(servers, 0);
  return field->mutable_data();
}

}  // namespace

FlowObserver::FlowObserver(int servers, const Reservoir::Options& reservoir, const Rng& rng) : rng_(rng) {
  servers_.reserve(servers);
  for (int j = 0; j < servers; ++j) servers_.emplace_back(reservoir);
}

void FlowObserver::Fill(double now_s, const uint32_t* open_flows, const std::vector<uint8_t>& available,
                        v1::Observation* observation) {
  const int n = static_cast<int>(servers_.size());
  float* const open = Column(n, observation->mutable_open_flows());
  float* const mean = Column(n, observation->mutable_flow_duration_mean());
  float* const p90 = Column(n, observation->mutable_flow_duration_p90());
  float* const std = Column(n, observation->mutable_flow_duration_std());
  float* const mean_decayed = Column(n, observation->mutable_flow_duration_mean_decayed());
  float* const p90_decayed = Column(n, observation->mutable_flow_duration_p90_decayed());
  float* const mean_open = Column(n, observation->mutable_mean_open_flows());
  float* const sent = Column(n, observation->mutable_flows_sent());
  float* const finished = Column(n, observation->mutable_flows_finished());
  float* const rejected = Column(n, observation->mutable_flows_rejected());
  float* const duration_sum = Column(n, observation->mutable_flow_duration_sum());
  float* const takes_flows = Column(n, observation->mutable_available());
  observation->clear_busy_workers();
  observation->clear_others_open_flows();
  observation->clear_others_age_seconds();
  const double step_s = now_s - step_began_s_;
  for (int j = 0; j < n; ++j) {
    CountChanges(now_s, j, open_flows[j]);
    Server& server = servers_[j];
    const DurationFeatures durations = server.durations.Features(now_s);
    open[j] = static_cast<float>(open_flows[j]);
    mean[j] = durations.mean;
    p90[j] = durations.p90;
    std[j] = durations.std;
    mean_decayed[j] = durations.mean_decayed;
    p90_decayed[j] = durations.p90_decayed;
    mean_open[j] = step_s > 0 ? static_cast<float>(server.open_flow_seconds / step_s) : open[j];
    sent[j] = static_cast<float>(server.sent);
    finished[j] = static_cast<float>(server.finished);
    rejected[j] = static_cast<float>(server.rejected);
    duration_sum[j] = static_cast<float>(server.duration_sum_s);
    takes_flows[j] = available[j] ? 1 : 0;
    server.open_flow_seconds = server.duration_sum_s = 0;
    server.sent = server.finished = server.rejected = 0;
  }
  step_began_s_ = now_s;
}

}  // namespace evenkeel
