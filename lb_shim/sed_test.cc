#include "lb_shim/sed.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "common/rng.h"
#include "gtest/gtest.h"
#include "lb_shim/sed_control.h"
#include "lb_shim/sed_pick.h"

extern "C" int sed_pick_from_c(const sed_table* table, const sed_u32* open_flows, sed_u64 random);

namespace evenkeel {
namespace {

v1::Controls MakeControls(v1::DispatchMode mode, const std::vector<float>& weights,
                          const std::vector<float>& biases = {}) {
  v1::Controls controls;
  controls.set_mode(mode);
  for (size_t j = 0; j < weights.size(); ++j) {
    v1::ServerControl* server = controls.add_servers();
    server->set_weight(weights[j]);
    if (!biases.empty()) server->set_bias(biases[j]);
  }
  return controls;
}

sed_table MakeTable(const v1::Controls& controls) {
  sed_table table;
  FillSedTable(controls, std::vector<uint8_t>(controls.servers_size(), 1), {}, &table);
  return table;
}

// Picks per server in `draws` draws.
std::vector<int> Histogram(const sed_table& table, const std::vector<sed_u32>& open, int draws) {
  Rng rng(7);
  std::vector<int> picks(open.size());
  for (int i = 0; i < draws; ++i) ++picks[sed_pick(&table, open.data(), rng.Next())];
  return picks;
}

// Six standard deviations of a binomial count: a fair draw fails once in 5e8.
void ExpectShare(int count, int draws, double share) {
  EXPECT_NEAR(count, draws * share, 6 * std::sqrt(draws * share * (1 - share)));
}

TEST(Sed, PicksTheLeastRealScoreWithinTheStatedTolerance) {
  Rng rng(1);
  for (int round = 0; round < 20000; ++round) {
    const int n = 1 + static_cast<int>(rng.Below(SED_MAX_SERVERS));
    const double spread = rng.Uniform() * 3.3;  // weights within a factor of 744 = e^6.61
    std::vector<float> weights, biases;
    std::vector<sed_u32> open;
    for (int j = 0; j < n; ++j) {
      weights.push_back(static_cast<float>(std::exp(spread * (2 * rng.Uniform() - 1))));
      biases.push_back(rng.Below(2) ? static_cast<float>(20 * rng.Uniform() - 5) : 0.0f);
      open.push_back(static_cast<sed_u32>(rng.Below(rng.Below(100) == 0 ? 500000 : 40)));
    }
    const sed_table table = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, weights, biases));
    const int pick = sed_pick(&table, open.data(), rng.Next());
    ASSERT_GE(pick, 0);
    double least = std::numeric_limits<double>::infinity();
    auto score = [&](int j) { return (open[j] + 1.0 + biases[j]) / weights[j]; };
    for (int j = 0; j < n; ++j) least = std::min(least, score(j));
    const double tolerance = 7e-7 / weights[pick] + 8e-7 * std::max(std::abs(least), std::abs(score(pick)));
    ASSERT_LE(score(pick), least + tolerance) << "n=" << n << " round=" << round;
  }
}

TEST(Sed, WithoutBiasThePickIsOneOfTheExactLeast) {
  Rng rng(2);
  const std::vector<int> tenths = {10, 12, 14, 16, 18, 20};
  for (int round = 0; round < 100000; ++round) {
    const int n = 2 + static_cast<int>(rng.Below(30));
    std::vector<float> weights;
    std::vector<int64_t> whole;
    std::vector<sed_u32> open;
    for (int j = 0; j < n; ++j) {
      whole.push_back(tenths[rng.Below(tenths.size())]);
      weights.push_back(static_cast<float>(whole.back() / 10.0));
      open.push_back(static_cast<sed_u32>(rng.Below(32)));
    }
    const sed_table table = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, weights));
    const int pick = sed_pick(&table, open.data(), rng.Next());
    for (int j = 0; j < n; ++j) ASSERT_LE((open[pick] + 1) * whole[j], (open[j] + 1) * whole[pick]);
  }
}

TEST(Sed, WeightsInWholeNumberRatiosTieExactly) {
  // (1 + 1) / 1.2 = (2 + 1) / 1.8 = (0 + 1) / 0.6.
  const sed_table table = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, {1.2f, 1.8f, 0.6f, 2.0f}));
  const std::vector<int> picks = Histogram(table, {1, 2, 0, 9}, 30000);
  for (int j = 0; j < 3; ++j) ExpectShare(picks[j], 30000, 1.0 / 3);
  EXPECT_EQ(picks[3], 0);
}

TEST(Sed, TiesAreUniformAmongTheTiedWhereverTheyLie) {
  // The tied are clustered, so a scan that starts at a random place would favour the first of each cluster.
  std::vector<sed_u32> open = {5, 1, 1, 1, 5, 5, 5, 1, 5};
  const sed_table table =
      MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, std::vector<float>(open.size(), 1.0f)));
  const std::vector<int> picks = Histogram(table, open, 100000);
  for (size_t j = 0; j < open.size(); ++j) {
    ExpectShare(picks[j], 100000, open[j] == 1 ? 0.25 : 0);
  }
}

TEST(Sed, TiesAreUniformAcrossBlocksOfSlots) {
  std::vector<sed_u32> open(200, 3);
  const std::vector<int> tied = {65, 66, 70, 130, 199};  // none in the first block
  for (int j : tied) open[j] = 2;
  const sed_table table = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, std::vector<float>(200, 1.0f)));
  const std::vector<int> picks = Histogram(table, open, 100000);
  for (int j : tied) ExpectShare(picks[j], 100000, 0.2);
}

TEST(Sed, ABlockOfWorseScoresBetweenTiedBlocksIsSkipped) {
  std::vector<sed_u32> open(192, 9);
  open[3] = open[150] = 0;
  const sed_table table = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, std::vector<float>(192, 1.0f)));
  const std::vector<int> picks = Histogram(table, open, 40000);
  ExpectShare(picks[3], 40000, 0.5);
  ExpectShare(picks[150], 40000, 0.5);
}

TEST(Sed, WeightZeroAndUnavailableServersAreNeverPicked) {
  for (v1::DispatchMode mode : {v1::SHORTEST_EXPECTED_DELAY, v1::WEIGHTED_RANDOM, v1::POWER_OF_TWO}) {
    sed_table table;
    FillSedTable(MakeControls(mode, {0.0f, 1.0f, 2.0f, 1.0f, 0.0f}), {1, 1, 0, 1, 1}, {}, &table);
    const std::vector<int> picks = Histogram(table, {0, 4, 0, 4, 0}, 10000);
    EXPECT_EQ(picks[0] + picks[2] + picks[4], 0) << mode;
    ExpectShare(picks[1], 10000, 0.5);
  }
}

TEST(Sed, NoServerLeftGivesMinusOne) {
  for (v1::DispatchMode mode : {v1::SHORTEST_EXPECTED_DELAY, v1::WEIGHTED_RANDOM, v1::POWER_OF_TWO}) {
    sed_table table;
    FillSedTable(MakeControls(mode, {1.0f, 1.0f}), {0, 0}, {}, &table);
    const sed_u32 open[2] = {0, 0};
    EXPECT_EQ(sed_pick(&table, open, 12345), -1);
  }
}

TEST(Sed, WeightedRandomFollowsTheWeightsWhateverTheCounts) {
  const sed_table table = MakeTable(MakeControls(v1::WEIGHTED_RANDOM, {1, 2, 0, 4, 0.5f}));
  const std::vector<int> picks = Histogram(table, {0, 100, 0, 5, 7}, 200000);
  ExpectShare(picks[0], 200000, 1 / 7.5);
  ExpectShare(picks[1], 200000, 2 / 7.5);
  ExpectShare(picks[3], 200000, 4 / 7.5);
  ExpectShare(picks[4], 200000, 0.5 / 7.5);
}

TEST(Sed, PowerOfTwoTakesTheBetterOfTwoDifferentServers) {
  const sed_table table = MakeTable(MakeControls(v1::POWER_OF_TWO, {1, 1, 1, 1}));
  const std::vector<int> picks = Histogram(table, {0, 1, 2, 3}, 120000);
  ExpectShare(picks[0], 120000, 3 / 6.0);
  ExpectShare(picks[1], 120000, 2 / 6.0);
  ExpectShare(picks[2], 120000, 1 / 6.0);
  EXPECT_EQ(picks[3], 0);  // it loses against any other
}

TEST(Sed, PowerOfTwoTossesACoinOnTies) {
  const sed_table table = MakeTable(MakeControls(v1::POWER_OF_TWO, {1, 1, 1}));
  const std::vector<int> picks = Histogram(table, {2, 2, 2}, 90000);
  for (int count : picks) ExpectShare(count, 90000, 1 / 3.0);
}

TEST(Sed, NegativeEffectiveCountsFollowTheFormula) {
  // (0 + 1 - 3) / 1 = -2 < (0 + 1 - 3) / 2 = -1.
  const sed_table table = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, {2, 1}, {-3, -3}));
  const sed_u32 open[2] = {0, 0};
  EXPECT_EQ(sed_pick(&table, open, 99), 1);
}

TEST(Sed, ExtremesSaturateInsteadOfOverflowing) {
  const sed_table table =
      MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, {1e-30f, 1e30f}, {-3e38f, 3e38f}));
  const sed_u32 full[2] = {0xffffffffu, 0xffffffffu};
  EXPECT_EQ(sed_score(&table, full, 1),
            SED_START_ZERO + 0xffffffffull * SED_STEP_UNIT + (1ull << 30) * SED_STEP_UNIT);
  EXPECT_EQ(sed_score(&table, full, 0),
            SED_START_ZERO + 0xffffffffull * SED_STEP_MAX - (1ull << 30) * SED_STEP_MAX);
  // The greatest score there can be is still less than that of a server that must not be picked.
  EXPECT_LT(SED_START_ZERO + (0xffffffffull + (1ull << 30)) * SED_STEP_MAX, SED_START_NEVER);
  const sed_u32 empty[2] = {0, 0};
  EXPECT_EQ(sed_pick(&table, empty, 1), 0);
}

TEST(Sed, PlainCAndTheVectorisedPickAgree) {
  Rng rng(3);
  for (int round = 0; round < 30000; ++round) {
    const int n = 1 + static_cast<int>(rng.Below(round % 8 == 0 ? SED_MAX_SERVERS : 70));
    v1::Controls controls = MakeControls(v1::SHORTEST_EXPECTED_DELAY, std::vector<float>(n, 1.0f));
    if (round % 16 == 0) controls.set_mode(round % 32 == 0 ? v1::WEIGHTED_RANDOM : v1::POWER_OF_TWO);
    std::vector<sed_u32> open;
    for (v1::ServerControl& server : *controls.mutable_servers()) {
      server.set_weight(static_cast<float>(1 + rng.Below(3)));
      if (rng.Below(10) == 0) server.set_bias(static_cast<float>(rng.Uniform() - 2));
      open.push_back(static_cast<sed_u32>(rng.Below(rng.Below(50) == 0 ? 1ull << 32 : 4)));
    }
    std::vector<uint8_t> available(n);
    for (uint8_t& there : available) there = rng.Below(5) > 0;
    sed_table table;
    FillSedTable(controls, available, {}, &table);
    const uint64_t random = rng.Next();
    const int pick = sed_pick_from_c(&table, open.data(), random);
    ASSERT_EQ(SedPick(table, open.data(), random), pick) << "n=" << n;
    ASSERT_EQ(sed_pick(&table, open.data(), random), pick) << "n=" << n;
    ASSERT_TRUE(pick < 0 || available[pick]);
  }
}

TEST(SedControl, ControlsThatMakeNoSenseAreRefused) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(CheckControls(MakeControls(v1::WEIGHTED_RANDOM, {1, 0}), 2).ok());
  for (const std::vector<float>& bad :
       std::vector<std::vector<float>>{{1}, {1, -1}, {1, nan}, {1, infinity}, {0, 0}}) {
    EXPECT_EQ(CheckControls(MakeControls(v1::WEIGHTED_RANDOM, bad), 2).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(CheckControls(MakeControls(v1::WEIGHTED_RANDOM, {1, 1}, {0, nan}), 2).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SedControl, ExchangeSettingsThatMakeNoSenseAreRefusedByName) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  v1::Controls controls = MakeControls(v1::SHORTEST_EXPECTED_DELAY, {1, 2});
  controls.set_exchange_gain(7);
  controls.set_exchange_smoothing(0.99f);
  EXPECT_TRUE(CheckControls(controls, 2).ok());
  for (float gain : {-1.0f, nan, infinity}) {
    v1::Controls bad = controls;
    bad.set_exchange_gain(gain);
    const absl::Status status = CheckControls(bad, 2);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << gain;
    EXPECT_NE(status.message().find("exchange_gain is"), absl::string_view::npos) << status;
  }
  for (float value : {-1.0f, nan, infinity}) {
    v1::Controls gain = controls, seconds = controls;
    gain.set_exchange_fresh_gain(value);
    seconds.set_exchange_fresh_seconds(value);
    EXPECT_NE(CheckControls(gain, 2).message().find("exchange_fresh_gain is"), absl::string_view::npos) << value;
    EXPECT_NE(CheckControls(seconds, 2).message().find("exchange_fresh_seconds is"), absl::string_view::npos) << value;
  }
  for (float smoothing : {-0.1f, 1.0f, nan, infinity}) {
    v1::Controls bad = controls;
    bad.set_exchange_smoothing(smoothing);
    const absl::Status status = CheckControls(bad, 2);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << smoothing;
    EXPECT_NE(status.message().find("exchange_smoothing is"), absl::string_view::npos) << status;
  }
}

TEST(SedControl, WhatTheOthersHaveActsLikeABias) {
  v1::Controls controls = MakeControls(v1::SHORTEST_EXPECTED_DELAY, {1, 2, 0}, {0.5f, -1, 0});
  sed_table table;
  FillSedTable(controls, {1, 1, 1}, {2, 3, 4}, &table);
  const sed_table expected = MakeTable(MakeControls(v1::SHORTEST_EXPECTED_DELAY, {1, 2, 0}, {2.5f, 2, 0}));
  for (int j = 0; j < 3; ++j) EXPECT_EQ(table.start[j], expected.start[j]) << j;
}

TEST(SedControl, WhatTheOthersHaveSaturatesBeyondAllBounds) {
  v1::Controls controls = MakeControls(v1::SHORTEST_EXPECTED_DELAY, {1, 1});
  sed_table table;
  FillSedTable(controls, {1, 1}, {4e9 * std::numeric_limits<float>::max(), 0}, &table);
  const sed_u32 open[2] = {0, 1000000};
  EXPECT_EQ(sed_pick(&table, open, 1), 1);
}

}  // namespace
}  // namespace evenkeel
