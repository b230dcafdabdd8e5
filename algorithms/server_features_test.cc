#include "algorithms/server_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace evenkeel {
namespace {

// What an LB counted at one server in a step; the rest is 0.
struct Counts {
  float open = 0, mean_open = 0, sent = 0, finished = 0, duration_sum = 0, others = 0;
};

std::vector<float> Raw(const std::vector<Counts>& servers) {
  std::vector<float> raw;
  for (const Counts& counts : servers) {
    std::vector<float> row(kFeatures);
    row[kOpenFlows] = counts.open;
    row[kMeanOpenFlows] = counts.mean_open;
    row[kFlowsSent] = counts.sent;
    row[kFlowsFinished] = counts.finished;
    row[kFlowDurationSum] = counts.duration_sum;
    row[kOthersOpenFlows] = counts.others;
    row[kAvailable] = 1;
    raw.insert(raw.end(), row.begin(), row.end());
  }
  return raw;
}

ServerFeatures::Options WithNominal(std::vector<float> nominal) {
  ServerFeatures::Options options;
  options.agents = 4;
  options.nominal_weights = std::move(nominal);
  return options;
}

std::vector<float> StepOnce(ServerFeatures* features, const std::vector<Counts>& servers,
                            const float* last = nullptr) {
  std::vector<float> inputs(servers.size() * kServerInputs, 99.0f);
  features->Step(Raw(servers).data(), last, inputs.data());
  return inputs;
}

float At(const std::vector<float>& inputs, int server, ServerInput input) { return inputs[server * kServerInputs + input]; }

const std::vector<Counts> kTwo = {{3, 2, 5, 10, 2, 7}, {1, 4, 3, 10, 4, 0}};

TEST(ServerFeatures, OfAnLbThatSawNothingAreFiniteAndSayNothingOfTheServers) {
  ServerFeatures features(WithNominal({1, 1}));
  const std::vector<float> inputs = StepOnce(&features, {{}, {}});
  for (int input = 0; input < kServerInputs; ++input) {
    EXPECT_TRUE(std::isfinite(inputs[input]));
    if (input == kInputLoad || input == kInputLbs || input <= kInputCoveredTwice) continue;
    EXPECT_EQ(inputs[input], 0) << input;
  }
}

TEST(ServerFeatures, ADurationIsTheLogOfItsRatioToThatOfAllServersWithTwoFlowsLikeAllAdded) {
  ServerFeatures features(WithNominal({1, 1}));
  const std::vector<float> inputs = StepOnce(&features, kTwo);
  // 10 flows of 2 s in all and 10 of 4 s: the mean is 0.3 s.
  EXPECT_NEAR(At(inputs, 0, kInputDuration), std::log((2 + 2 * 0.3) / (12 * 0.3)), 1e-5);
  EXPECT_NEAR(At(inputs, 1, kInputDuration), std::log((4 + 2 * 0.3) / (12 * 0.3)), 1e-5);
}

TEST(ServerFeatures, SojournCountsFlowsThatStillRun) {
  ServerFeatures features(WithNominal({1, 1}));
  const std::vector<float> inputs = StepOnce(&features, kTwo);
  // Open-flow seconds of the step: 2 x 0.25 and 4 x 0.25; 20 flows finished: 0.075 s each.
  EXPECT_NEAR(At(inputs, 0, kInputSojourn), std::log((0.5 + 2 * 0.075) / (12 * 0.075)), 1e-5);
}

TEST(ServerFeatures, CountsAndSendsAreRelativeToTheNominalShare) {
  ServerFeatures features(WithNominal({1, 3}));
  const std::vector<float> inputs = StepOnce(&features, {{0, 2, 10, 0, 0, 0}, {0, 6, 30, 0, 0, 0}});
  for (ServerInput input : {kInputCountFast, kInputCountSlow, kInputSentFast, kInputSentSlow}) {
    EXPECT_NEAR(At(inputs, 0, input), 0, 1e-6) << input;
  }
  EXPECT_NEAR(At(inputs, 1, kInputNominal), std::log(1.5), 1e-6);
}

TEST(ServerFeatures, AveragesBeginAsPlainMeansAndTheFastOneForgetsSooner) {
  ServerFeatures features(WithNominal({1, 1}));
  StepOnce(&features, {{0, 8, 0, 0, 0, 0}, {0, 8, 0, 0, 0, 0}});
  std::vector<float> inputs = StepOnce(&features, {{0, 4, 0, 0, 0, 0}, {0, 8, 0, 0, 0, 0}});
  EXPECT_NEAR(At(inputs, 0, kInputAverageLog), std::log1p(6), 1e-5);
  EXPECT_NEAR(features.mean_counts()[0], 6, 1e-5);
  for (int step = 0; step < 12; ++step) inputs = StepOnce(&features, {{0, 1, 0, 0, 0, 0}, {0, 8, 0, 0, 0, 0}});
  EXPECT_LT(At(inputs, 0, kInputCountFast), At(inputs, 0, kInputCountSlow));
}

TEST(ServerFeatures, TheLastWeightIsRelativeToTheMeanOneAndZeroAtFirst) {
  ServerFeatures features(WithNominal({1, 1}));
  EXPECT_EQ(At(StepOnce(&features, kTwo), 0, kInputLastWeight), 0);
  const float last[] = {1, 3};
  const std::vector<float> inputs = StepOnce(&features, kTwo, last);
  // 5 % of all weight is spread evenly, so that a weight of 0 has a log.
  EXPECT_NEAR(At(inputs, 1, kInputLastWeight), std::log((3 + 0.1) / (4.2 * 0.5)), 1e-5);
  const float none[] = {0, 4};
  EXPECT_TRUE(std::isfinite(At(StepOnce(&features, kTwo, none), 0, kInputLastWeight)));
}

TEST(ServerFeatures, TheCoveredSharesTellWhichServersAreTheLbsOwn) {
  std::vector<float> covered(2);
  for (int agent = 0; agent < 4; ++agent) {
    ServerFeatures::Options options = WithNominal({1, 1});
    options.agent = agent;
    ServerFeatures features(options);
    const std::vector<float> inputs = StepOnce(&features, kTwo);
    for (int server = 0; server < 2; ++server) {
      covered[server] += At(inputs, server, kInputCovered);
    }
    // A quarter of the circle lies within one half of it.
    EXPECT_NEAR(std::max(At(inputs, 0, kInputCovered), At(inputs, 1, kInputCovered)), 0.5, 1e-5);
    EXPECT_NEAR(std::min(At(inputs, 0, kInputCovered), At(inputs, 1, kInputCovered)), 0, 1e-5);
  }
  EXPECT_NEAR(covered[0], 1, 1e-5);
  EXPECT_NEAR(covered[1], 1, 1e-5);
}

TEST(ServerFeatures, ThreeArcsAreCoveredOfTheLengthThatIsSetAndOfHalfAndTwiceThat) {
  std::vector<float> covered(3);
  for (int agent = 0; agent < 4; ++agent) {
    ServerFeatures::Options options = WithNominal({1, 2, 1});
    options.agent = agent;
    options.lbs_per_server = 1.5;
    ServerFeatures features(options);
    const std::vector<float> inputs = StepOnce(&features, {{}, {}, {}});
    covered[0] += At(inputs, 1, kInputCovered);
    covered[1] += At(inputs, 1, kInputCoveredHalf);
    covered[2] += At(inputs, 1, kInputCoveredTwice);
  }
  EXPECT_NEAR(covered[0], 1.5, 1e-5);
  EXPECT_NEAR(covered[1], 1, 1e-5);  // never less than one LB per server
  EXPECT_NEAR(covered[2], 3, 1e-5);
}

TEST(ServerFeatures, AServerThatIsNotAvailableIsLeftOutAndComesBackWithoutAPast) {
  ServerFeatures features(WithNominal({1, 1}));
  StepOnce(&features, kTwo);
  std::vector<float> raw = Raw(kTwo), inputs(2 * kServerInputs);
  raw[kFeatures + kAvailable] = 0;
  features.Step(raw.data(), nullptr, inputs.data());
  EXPECT_EQ(features.shares(), (std::vector<float>{1, 0}));
  for (int input = 0; input < kServerInputs; ++input) EXPECT_EQ(inputs[kServerInputs + input], 0) << input;
  EXPECT_EQ(At(inputs, 0, kInputDuration), 0);  // the only one is like all
  inputs = StepOnce(&features, {kTwo[0], {}});
  EXPECT_EQ(features.shares(), (std::vector<float>{0.5, 0.5}));
  EXPECT_EQ(At(inputs, 1, kInputDuration), 0);
}

TEST(ServerFeatures, TheOthersCountsAreAveragedOverTheirOwnHorizon) {
  ServerFeatures::Options options = WithNominal({1, 1});
  options.others_seconds = 0.25;  // one step
  ServerFeatures features(options);
  StepOnce(&features, kTwo);
  EXPECT_EQ(features.mean_others(), (std::vector<float>{7, 0}));
  StepOnce(&features, {{}, {}});
  EXPECT_NEAR(features.mean_others()[0], 7 * std::exp(-1), 1e-5);
  StepOnce(&features, {{}, {}});
  EXPECT_NEAR(features.mean_others()[0], 7 * std::exp(-2), 1e-5);
}

TEST(ServerFeatures, SharesAreThoseOfTheCapacitiesThatTheDurationsTellOf) {
  ServerFeatures::Options options = WithNominal({1, 2});
  ServerFeatures told(options);
  options.exponent_seconds = 2;
  ServerFeatures corrected(options);
  // The server that is told to be twice as fast has the longer durations.
  for (int step = 0; step < 40; ++step) {
    StepOnce(&told, {{0, 10, 20, 20, 2, 0}, {0, 30, 40, 40, 8, 0}});
    StepOnce(&corrected, {{0, 10, 20, 20, 2, 0}, {0, 30, 40, 40, 8, 0}});
  }
  EXPECT_NEAR(told.shares()[1], 2.0 / 3, 1e-6);
  EXPECT_LT(corrected.shares()[1], 0.6);
  EXPECT_NEAR(corrected.shares()[0] + corrected.shares()[1], 1, 1e-6);
}

TEST(ServerFeatures, WithoutIdentityNothingTellsLbsApart) {
  ServerFeatures::Options options = WithNominal({1, 1});
  options.identity = false;
  ServerFeatures features(options);
  const float last[] = {1, 3};
  const std::vector<float> inputs = StepOnce(&features, kTwo, last);
  for (ServerInput input : {kInputCovered, kInputSentFast, kInputSentSlow, kInputLastWeight}) {
    EXPECT_EQ(At(inputs, 1, input), 0);
  }
  EXPECT_NE(At(inputs, 1, kInputDuration), 0);
}

TEST(ServerFeatures, PermutingTheServersPermutesTheRowsButForTheirPlaceOnTheCircle) {
  ServerFeatures straight(WithNominal({1, 3})), flipped(WithNominal({3, 1}));
  for (int step = 0; step < 3; ++step) {
    const std::vector<float> a = StepOnce(&straight, kTwo), b = StepOnce(&flipped, {kTwo[1], kTwo[0]});
    for (int input = kInputNominal; input < kServerInputs; ++input) {
      EXPECT_NEAR(a[input], b[kServerInputs + input], 1e-6) << input;
      EXPECT_NEAR(a[kServerInputs + input], b[input], 1e-6) << input;
    }
  }
}

TEST(ServerFeatures, StayWithinFourWhateverIsSeen) {
  ServerFeatures features(WithNominal({1e-3f, 1e3f}));
  const float last[] = {0, 1e6f};
  for (const Counts& extreme : {Counts{1e6, 1e6, 1e6, 1e6, 1e6, 1e6}, Counts{0, 0, 0, 1e6, 1e-6, 0}}) {
    for (float input : StepOnce(&features, {extreme, {}}, last)) {
      EXPECT_GE(input, -4);
      EXPECT_LE(input, 4);
    }
  }
}

}  // namespace
}  // namespace evenkeel
