// The simulated world, with its own data plane, reproduces figures that an independent throw-away simulator
// gave for the paper's large scale (exact 2:1 ratio, stationary Poisson arrivals, 398.5 flows/s, 6 LBs, no
// delays). Standard deviations of one trace's mean were measured as 2.3 and 2.9 ms (260 s, shortest expected
// delay and least session queue) and 7.5 ms (1,600 s, weighted random, whose long-run mean is 602 here): the
// 5 % bounds on the mean of 6 traces are at least 7 standard deviations away, so other seeds would fail with
// probability below 1e-11.
#include <memory>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "lb_shim/paper_worlds.h"
#include "lb_shim/sim_world.h"

namespace evenkeel {
namespace {

// Mean job completion time, ms, over `seeds` traces of `seconds` each, 20 s of warm-up left out.
double MeanMilliseconds(v1::DispatchMode mode, bool nominal_weights, int seeds, double seconds) {
  double sum = 0;
  size_t flows = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    WorldSeed world_seed;
    world_seed.trace_seed = 1000 + seed;
    std::unique_ptr<SimWorld> world = SimWorld::Create(LargeExperiment(), world_seed).value();
    v1::Controls controls;
    controls.set_mode(mode);
    for (float weight : world->nominal_weights())
      controls.add_servers()->set_weight(nominal_weights ? weight : 1);
    for (int i = 0; i < world->lbs(); ++i) EXPECT_TRUE(world->lb(i)->Apply(controls).ok());
    world->AdvanceTo(20);
    world->ResetStatistics();
    world->AdvanceTo(20 + seconds);
    for (const auto& flow_class : world->statistics().classes) {
      EXPECT_EQ(flow_class.rejected, 0u);
      flows += flow_class.durations_s.size();
      sum = std::accumulate(flow_class.durations_s.begin(), flow_class.durations_s.end(), sum);
    }
  }
  return 1000 * sum / static_cast<double>(flows);
}

TEST(Calibration, ShortestExpectedDelayTakes310Milliseconds) {
  EXPECT_NEAR(MeanMilliseconds(v1::SHORTEST_EXPECTED_DELAY, true, 6, 260), 310.5, 0.05 * 310.5);
}

TEST(Calibration, LeastSessionQueueTakes366Milliseconds) {
  EXPECT_NEAR(MeanMilliseconds(v1::SHORTEST_EXPECTED_DELAY, false, 6, 260), 366, 0.05 * 366);
}

TEST(Calibration, WeightedRandomTakes611Milliseconds) {
  EXPECT_NEAR(MeanMilliseconds(v1::WEIGHTED_RANDOM, true, 6, 1600), 611, 0.05 * 611);
}

}  // namespace
}  // namespace evenkeel
