#include "sim/trace_workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace evenkeel::sim {
namespace {

using ::testing::HasSubstr;

// One request a second at 0.5, 1.5, ..., 99.5 s; the work tells which.
std::shared_ptr<const Trace> Hundred() {
  auto trace = std::make_shared<Trace>();
  trace->path = "hundred.csv";
  for (int i = 0; i < 100; ++i) {
    trace->time_s.push_back(i + 0.5);
    trace->work_s.push_back(i);
  }
  return trace;
}

TraceWindowOptions Window(double episode_s, bool held_out) {
  TraceWindowOptions options;
  options.episode_s = episode_s;
  options.held_out = held_out;
  return options;
}

std::vector<Flow> Play(const TraceWindowOptions& options, uint64_t seed, size_t count) {
  std::vector<Flow> flows(count);
  EXPECT_EQ((*MakeTraceWorkload(Hundred(), options, seed))->Next(absl::MakeSpan(flows)), count);
  return flows;
}

TEST(TraceWorkload, TrainingAndHeldOutPartsDoNotMeet) {
  std::set<float> training, held_out;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    for (const Flow& flow : Play(Window(10, false), seed, 10)) training.insert(flow.work_s);
    for (const Flow& flow : Play(Window(10, true), seed, 9)) held_out.insert(flow.work_s);
  }
  EXPECT_LT(*training.rbegin(), 70);
  EXPECT_GE(*held_out.begin(), 69);
  EXPECT_LT(*training.rbegin(), *held_out.begin());
  EXPECT_GT(training.size(), 60u);  // 100 windows of 10 s reach nearly all of 70 s
  EXPECT_GT(held_out.size(), 25u);
}

TEST(TraceWorkload, KeepsTheTracesSpacing) {
  const auto flows = Play(Window(10, false), 1, 10);
  EXPECT_GE(flows[0].arrival_s, 0);
  EXPECT_LT(flows[0].arrival_s, 1);
  for (size_t i = 1; i < flows.size(); ++i) {
    EXPECT_NEAR(flows[i].arrival_s - flows[i - 1].arrival_s, 1, 1e-9);
    EXPECT_EQ(flows[i].work_s, flows[i - 1].work_s + 1);
  }
}

TEST(TraceWorkload, SpeedupCompressesTime) {
  TraceWindowOptions options = Window(10, false);
  options.speedup = 4;
  const auto flows = Play(options, 1, 30);
  EXPECT_NEAR(flows[29].arrival_s - flows[0].arrival_s, 29 / 4.0, 1e-9);
}

TEST(TraceWorkload, GoesOnFromTheBeginningOfAPartThatIsTooShort) {
  const auto flows = Play(Window(1000, true), 1, 1000);
  for (size_t i = 1; i < flows.size(); ++i) {
    ASSERT_GE(flows[i].arrival_s, flows[i - 1].arrival_s);
    ASSERT_GE(flows[i].work_s, 69);
  }
  // 30 requests in the 29.7 s of the part, again and again.
  EXPECT_NEAR(flows[930].arrival_s - flows[30].arrival_s, 30 * 29.7, 1e-6);
  EXPECT_EQ(flows[930].work_s, flows[30].work_s);
}

TEST(TraceWorkload, TheSameSeedGivesTheSameFlows) {
  TraceWindowOptions options = Window(10, false);
  options.lb_shares = {1, 1};
  const auto first = Play(options, 1, 500), again = Play(options, 1, 500), other = Play(options, 2, 500);
  int differing = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].arrival_s, again[i].arrival_s);
    ASSERT_EQ(first[i].lb, again[i].lb);
    differing += first[i].lb != other[i].lb;
  }
  EXPECT_NEAR(differing, 250, 56);  // 5 standard deviations
}

TEST(TraceWorkload, NamesTheWrongField) {
  auto error_of = [](const TraceWindowOptions& options) {
    return std::string(MakeTraceWorkload(Hundred(), options, 1).status().message());
  };
  TraceWindowOptions options;
  options.speedup = 0;
  EXPECT_THAT(error_of(options), HasSubstr("workload.trace.speedup"));
  options = TraceWindowOptions();
  options.held_out_share = 1.5;
  EXPECT_THAT(error_of(options), HasSubstr("workload.trace.held_out_share"));
  options = TraceWindowOptions();
  options.lb_shares = {-1};
  EXPECT_THAT(error_of(options), HasSubstr("topology.lb_shares"));
  options = TraceWindowOptions();
  options.held_out = true;
  options.held_out_share = 0;
  EXPECT_THAT(error_of(options), HasSubstr("hundred.csv: the held-out part is empty"));
}

TEST(TraceWorkload, WithoutHeldOutPartTrainsOnAll) {
  TraceWindowOptions options = Window(1000, false);
  options.held_out_share = 0;
  std::set<float> seen;
  for (const Flow& flow : Play(options, 1, 100)) seen.insert(flow.work_s);
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace evenkeel::sim
