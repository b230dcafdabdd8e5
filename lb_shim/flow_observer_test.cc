#include "lb_shim/flow_observer.h"

#include <vector>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

TEST(FlowObserver, CountsBelongToTheirStepAndDurationsOutliveIt) {
  FlowObserver observer(2, {}, Rng(1));
  const uint32_t open[2] = {1, 0};
  observer.Sent(0);
  observer.Sent(0);
  observer.Sent(1);
  observer.Finished(0.2, 0, 0.1);
  observer.Rejected(1);
  v1::Observation observation;
  observer.Fill(0.25, open, {1, 0}, &observation);
  EXPECT_EQ(observation.open_flows(0), 1);
  EXPECT_EQ(observation.flows_sent(0), 2);
  EXPECT_EQ(observation.flows_sent(1), 1);
  EXPECT_EQ(observation.flows_finished(0), 1);
  EXPECT_EQ(observation.flows_finished(1), 0);
  EXPECT_EQ(observation.flows_rejected(1), 1);
  EXPECT_FLOAT_EQ(observation.flow_duration_sum(0), 0.1f);
  EXPECT_FLOAT_EQ(observation.flow_duration_mean(0), 0.1f);
  EXPECT_EQ(observation.flow_duration_mean(1), 0);
  EXPECT_EQ(observation.available(0), 1);
  EXPECT_EQ(observation.available(1), 0);
  EXPECT_EQ(observation.busy_workers_size(), 0);
  observer.Fill(0.5, open, {1, 1}, &observation);
  EXPECT_EQ(observation.flows_sent(0), 0);
  EXPECT_EQ(observation.flow_duration_sum(0), 0);
  EXPECT_EQ(observation.flow_duration_mean_size(), 2);
  EXPECT_FLOAT_EQ(observation.flow_duration_mean(0), 0.1f);
}

TEST(FlowObserver, MeanOpenFlowsIsTheExactTimeAverageOfTheStep) {
  FlowObserver observer(1, {}, Rng(1));
  v1::Observation observation;
  observer.CountChanges(0.1, 0, 0);   // 0 until 0.1, then 1
  observer.CountChanges(0.15, 0, 1);  // 1 until 0.15, then 2
  const uint32_t two = 2;
  observer.Fill(0.25, &two, {1}, &observation);
  EXPECT_FLOAT_EQ(observation.mean_open_flows(0), (0.05f * 1 + 0.1f * 2) / 0.25f);
  observer.Fill(0.5, &two, {1}, &observation);
  EXPECT_FLOAT_EQ(observation.mean_open_flows(0), 2);
}

TEST(FlowObserver, AStepWithoutLengthReportsTheCountItself) {
  FlowObserver observer(1, {}, Rng(1));
  const uint32_t three = 3;
  v1::Observation observation;
  observer.Fill(0, &three, {1}, &observation);
  EXPECT_EQ(observation.mean_open_flows(0), 3);
}

TEST(FlowObserver, ForgottenDurationsLeaveOtherServersAlone) {
  FlowObserver observer(2, {}, Rng(1));
  observer.Finished(0.1, 0, 1);
  observer.Finished(0.1, 1, 1);
  observer.ForgetDurations(0);
  const uint32_t open[2] = {0, 0};
  v1::Observation observation;
  observer.Fill(0.25, open, {1, 1}, &observation);
  EXPECT_EQ(observation.flow_duration_mean(0), 0);
  EXPECT_EQ(observation.flow_duration_mean(1), 1);
}

}  // namespace
}  // namespace evenkeel
