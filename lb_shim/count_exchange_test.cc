#include "lb_shim/count_exchange.h"

#include <cmath>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

struct Received {
  double time_s;
  int lb;
  std::vector<uint32_t> counts;
};

CountExchange::Options Lbs(int lbs, int servers = 1) {
  CountExchange::Options options;
  options.lbs = lbs;
  options.servers = servers;
  options.period_s = 0.25;
  return options;
}

// Plays up to `end_s` while LB i has (i + 1) x 1000 + (time in ms) flows open on every server.
std::vector<Received> Play(const CountExchange::Options& options, double end_s, uint64_t seed = 1) {
  CountExchange exchange(options, Rng(seed));
  std::vector<std::vector<uint32_t>> open(options.lbs, std::vector<uint32_t>(options.servers));
  std::vector<const uint32_t*> pointers;
  for (const std::vector<uint32_t>& counts : open) pointers.push_back(counts.data());
  std::vector<Received> received;
  for (double now_s = exchange.next_time_s(); now_s <= end_s; now_s = exchange.next_time_s()) {
    for (int i = 0; i < options.lbs; ++i) {
      for (uint32_t& count : open[i])
        count = 1000 * (i + 1) + static_cast<uint32_t>(std::lround(now_s * 1000));
    }
    const std::optional<CountExchange::Update> update = exchange.Play(pointers);
    if (!update) continue;
    const uint32_t* const counts = update->others_open_flows;
    received.push_back({now_s, update->lb, {counts, counts + options.servers}});
  }
  return received;
}

std::vector<std::pair<double, int>> TimesAndLbs(const std::vector<Received>& received) {
  std::vector<std::pair<double, int>> pairs;
  for (const Received& one : received) pairs.emplace_back(one.time_s, one.lb);
  return pairs;
}

using Pairs = std::vector<std::pair<double, int>>;

TEST(CountExchange, StaggeredLbsReceiveAtPhasesOfTheirOwn) {
  EXPECT_EQ(TimesAndLbs(Play(Lbs(4), 0.5)), (Pairs{{0, 0},
                                                   {0.0625, 1},
                                                   {0.125, 2},
                                                   {0.1875, 3},
                                                   {0.25, 0},
                                                   {0.3125, 1},
                                                   {0.375, 2},
                                                   {0.4375, 3},
                                                   {0.5, 0}}));
}

TEST(CountExchange, UnlessStaggeredAllReceiveAtTheSameInstants) {
  CountExchange::Options options = Lbs(3);
  options.staggered = false;
  EXPECT_EQ(TimesAndLbs(Play(options, 0.3)),
            (Pairs{{0, 0}, {0, 1}, {0, 2}, {0.25, 0}, {0.25, 1}, {0.25, 2}}));
}

TEST(CountExchange, TimesDoNotDriftInALongRun) {
  CountExchange::Options options = Lbs(1);
  options.period_s = 0.1;
  const std::vector<Received> received = Play(options, 10000);
  ASSERT_EQ(received.size(), 100001u);
  EXPECT_EQ(received.back().time_s, 100000 * 0.1);
}

TEST(CountExchange, AnUpdateIsTheSumOfTheOthersPerServer) {
  CountExchange exchange(Lbs(3, 2), Rng(1));
  const uint32_t open[3][2] = {{1, 2}, {10, 20}, {100, 200}};
  const uint32_t* const pointers[3] = {open[0], open[1], open[2]};
  std::vector<std::vector<uint32_t>> sums;
  while (sums.size() < 3) {
    const std::optional<CountExchange::Update> update = exchange.Play(pointers);
    if (update) sums.push_back({update->others_open_flows[0], update->others_open_flows[1]});
  }
  EXPECT_EQ(sums, (std::vector<std::vector<uint32_t>>{{110, 220}, {101, 202}, {11, 22}}));
}

TEST(CountExchange, CountsAreAsOldAsTheDelaySays) {
  for (double delay_s : {0.0, 0.1, 0.25, 0.7}) {
    for (bool staggered : {true, false}) {
      CountExchange::Options options = Lbs(2);
      options.delay_s = delay_s;
      options.staggered = staggered;
      const std::vector<Received> received = Play(options, 3);
      ASSERT_GT(received.size(), 15u);
      for (const Received& one : received) {
        const double other = one.lb == 0 ? 2000 : 1000;
        EXPECT_EQ(one.counts[0], std::lround(other + 1000 * (one.time_s - delay_s))) << one.time_s;
      }
    }
  }
}

TEST(CountExchange, ADelayDoesNotMoveThePhasesAndLeavesOutWhatIsOlderThanTheStart) {
  CountExchange::Options options = Lbs(2);
  options.delay_s = 0.25;
  EXPECT_EQ(TimesAndLbs(Play(options, 0.5)), (Pairs{{0.25, 0}, {0.375, 1}, {0.5, 0}}));
}

TEST(CountExchange, TheRandomDelayIsDrawnOncePerSeedAndEvenly) {
  CountExchange::Options options = Lbs(1);
  options.delay_s = 1;
  options.random_delay_s = 0.5;
  double sum = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const CountExchange exchange(options, Rng(seed));
    EXPECT_GE(exchange.delay_s(), 1);
    EXPECT_LT(exchange.delay_s(), 1.5);
    sum += exchange.delay_s();
    EXPECT_EQ(exchange.delay_s(), CountExchange(options, Rng(seed)).delay_s());
  }
  // Standard deviation of the mean: 0.5 / sqrt(12 x 1000) = 0.0046; 5 of them are left with probability 6e-7.
  EXPECT_NEAR(sum / 1000, 1.25, 0.023);
}

TEST(CountExchange, LossesHaveTheirShareAtEachLb) {
  CountExchange::Options options = Lbs(2);
  options.loss = 0.2;
  int arrived[2] = {0, 0};
  for (const Received& one : Play(options, 0.25 * 10000 - 0.001)) ++arrived[one.lb];
  // 10,000 updates each; standard deviation 40. 5 of them are left by one of the two with probability 1.2e-6.
  EXPECT_NEAR(arrived[0], 8000, 200);
  EXPECT_NEAR(arrived[1], 8000, 200);
  EXPECT_NE(arrived[0], arrived[1]);  // 0.5 % of seeds would have them equal; this one has not
}

TEST(CountExchange, ALossOfOneLetsNothingThrough) {
  CountExchange::Options options = Lbs(2);
  options.loss = 1;
  EXPECT_TRUE(Play(options, 100).empty());
}

TEST(CountExchange, WithLossAndDelayWhatArrivesIsStillOfItsOwnTime) {
  CountExchange::Options options = Lbs(3);
  options.loss = 0.5;
  options.delay_s = 0.6;
  const std::vector<Received> received = Play(options, 20);
  ASSERT_GT(received.size(), 50u);
  for (const Received& one : received) {
    const double others = 6000 - 1000 * (one.lb + 1);
    // Times in ms are rounded for each of the two others.
    EXPECT_NEAR(one.counts[0], others + 2 * 1000 * (one.time_s - 0.6), 1) << one.time_s;
  }
}

}  // namespace
}  // namespace evenkeel
