// Cluster::AddedDelay against what really happens when the flow comes, on random small clusters.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "common/rng.h"
#include "sim/testing_dispatcher.h"

namespace evenkeel::sim {
namespace {

ServerOptions RandomServer(Rng* rng) {
  ServerOptions options = ServerOf(static_cast<int>(1 + rng->Below(4)), static_cast<int>(1 + rng->Below(6)),
                                   static_cast<int>(rng->Below(5)));
  options.speed = 0.5 + rng->Uniform();
  if (rng->Below(2) == 0) {
    for (int i = 0; i < 5; ++i) options.speed_table.push_back(0.2 + 3 * rng->Uniform());
  }
  return options;
}

std::vector<Flow> RandomFlows(Rng* rng) {
  std::vector<Flow> flows;
  double time_s = 0;
  const uint64_t count = rng->Below(16);
  for (uint64_t i = 0; i < count; ++i) {
    flows.push_back({time_s += rng->Exponential(0.3), static_cast<float>(rng->Exponential(1)), 0, 0});
  }
  return flows;
}

// The sum of all flows' times; of the last flow, what AddedDelay said and whether it was refused.
struct Outcome {
  double total_s = 0;
  double added_delay_s = 0;
  bool last_refused = false;
};

Outcome Play(const ClusterOptions& options, std::vector<Flow> flows) {
  Recorder recorder;
  Outcome outcome;
  const uint64_t last = flows.size() - 1;
  Cluster* seen = nullptr;
  recorder.pick = [&](uint64_t flow_id, const Flow& flow) {
    if (flow_id == last) outcome.added_delay_s = seen->AddedDelay(0, flow.work_s);
    return 0;
  };
  auto cluster = *Cluster::Create(options, Arrivals(std::move(flows)), 1, &recorder);
  seen = cluster.get();
  cluster->AdvanceTo(1000);
  for (const auto& record : recorder.Of(Recorder::FINISHED)) outcome.total_s += record.duration_s;
  for (uint64_t flow : recorder.FlowsOf(Recorder::REJECTED)) outcome.last_refused |= flow == last;
  return outcome;
}

TEST(AddedDelay, IsTheDifferenceThatTheFlowMakes) {
  Rng rng(11);
  int refused = 0, waited = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    ClusterOptions options;
    options.servers = {RandomServer(&rng)};
    std::vector<Flow> flows = RandomFlows(&rng);
    const double before_s = flows.empty() ? 0 : Play(options, flows).total_s;
    const double last_s = flows.empty() ? 0 : flows.back().arrival_s;
    flows.push_back({last_s + rng.Exponential(0.3), static_cast<float>(rng.Exponential(1)), 0, 0});
    const Outcome after = Play(options, flows);
    if (after.last_refused) {
      ++refused;
      ASSERT_EQ(after.added_delay_s, kNever);
      continue;
    }
    waited += options.servers[0].workers <= 2 && flows.size() > 8;
    ASSERT_NEAR(after.total_s - before_s, after.added_delay_s, 1e-9 * (1 + after.total_s))
        << "trial " << trial;
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(waited, 100);
}

TEST(AddedDelay, IsNeverOnAServerThatTakesNoFlows) {
  ClusterOptions options;
  options.servers = {ServerOf(1), ServerOf(1)};
  options.events = {{ServerEvent::ADD, 1, 5}};
  Recorder recorder;
  auto cluster = *Cluster::Create(options, Arrivals({}), 1, &recorder);
  EXPECT_EQ(cluster->AddedDelay(0, 2), 2);
  EXPECT_EQ(cluster->AddedDelay(1, 2), kNever);
  cluster->AdvanceTo(5);
  EXPECT_EQ(cluster->AddedDelay(1, 2), 2);
}

}  // namespace
}  // namespace evenkeel::sim
