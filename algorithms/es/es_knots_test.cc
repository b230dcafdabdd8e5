#include "algorithms/es/es_knots.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algorithms/es/es_network.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;

constexpr int kHidden = 2;

v1::Es EsOf(const std::vector<uint32_t>& lbs, const std::vector<uint32_t>& servers) {
  v1::Es es;
  es.mutable_lbs_knots()->Add(lbs.begin(), lbs.end());
  es.mutable_server_knots()->Add(servers.begin(), servers.end());
  return es;
}

EsKnots Knots(const std::vector<uint32_t>& lbs, const std::vector<uint32_t>& servers) {
  return EsKnots::Create(EsOf(lbs, servers)).value();
}

// Every parameter of block b is b.
std::vector<float> Numbered(const EsKnots& knots) {
  std::vector<float> parameters;
  for (int block = 0; block < knots.blocks(); ++block) {
    parameters.insert(parameters.end(), knots.BlockParameters(kHidden), static_cast<float>(block));
  }
  return parameters;
}

// The one number that all parameters but slopes are at these numbers.
float NumberAt(const EsKnots& knots, int agents, int servers) {
  const std::vector<float> at = knots.At(kHidden, agents, servers, Numbered(knots));
  EXPECT_EQ(static_cast<int>(at.size()), EsNetwork::Parameters(kHidden));
  for (size_t i = 0; i < at.size(); ++i) {
    EXPECT_EQ(at[i], EsNetwork::IsSlope(kHidden, static_cast<int>(i)) ? 0 : at[0]) << i;
  }
  return at[0];
}

TEST(EsKnots, WithoutAnyThereIsOneBlockOfAllParameters) {
  const EsKnots knots = Knots({}, {});
  EXPECT_TRUE(knots.empty());
  EXPECT_EQ(knots.Parameters(kHidden), EsNetwork::Parameters(kHidden));
  EXPECT_EQ(knots.BlockOf(5, 17), 0);
  const std::vector<double> initial = EsNetwork::Initial(kHidden, true, 3);
  EXPECT_EQ(knots.Take(kHidden, EsKnots(), initial), initial);
  const std::vector<float> parameters(initial.begin(), initial.end());
  EXPECT_EQ(knots.At(kHidden, 5, 17, parameters), parameters);
}

TEST(EsKnots, OnAKnotItsBlockBetweenNumbersOfLbsALineInTheLogElseTheNearest) {
  const EsKnots knots = Knots({2, 8, 64}, {24, 96});
  EXPECT_EQ(NumberAt(knots, 2, 24), 0);
  EXPECT_EQ(NumberAt(knots, 2, 96), 1);
  EXPECT_EQ(NumberAt(knots, 8, 24), 2);
  EXPECT_EQ(NumberAt(knots, 64, 96), 5);
  EXPECT_NEAR(NumberAt(knots, 4, 24), 1, 1e-6);    // halfway from 2 to 8
  EXPECT_NEAR(NumberAt(knots, 16, 24), 2 + 2 / 3.0, 1e-6);  // a third of the way from 8 to 64
  EXPECT_NEAR(NumberAt(knots, 16, 49), 3 + 2 / 3.0, 1e-6);
  EXPECT_EQ(NumberAt(knots, 8, 48), 2);            // 48 lies halfway
  EXPECT_EQ(NumberAt(knots, 1, 7), 0);
  EXPECT_EQ(NumberAt(knots, 1000, 1000), 5);
  EXPECT_EQ(NumberAt(knots, 1000, 25), 4);
}

TEST(EsKnots, BlocksAreFoundByTheirPair) {
  const EsKnots knots = Knots({2, 6}, {24, 96});
  for (int block = 0; block < knots.blocks(); ++block) EXPECT_EQ(knots.BlockOf(knots.lbs(block), knots.servers(block)), block);
  EXPECT_EQ(knots.BlockOf(6, 24), 2);
  EXPECT_FALSE(knots.BlockOf(4, 24).has_value());
  EXPECT_FALSE(knots.BlockOf(6, 48).has_value());
}

TEST(EsKnots, WhatTheyTakeOfLinesDoesTheSameAtTheKnots) {
  const EsKnots knots = Knots({2, 64}, {24, 96});
  const std::vector<double> all = EsNetwork::Initial(kHidden, true, 3);
  const std::vector<double> initial = knots.Take(kHidden, EsKnots(), all);
  const std::vector<float> parameters(initial.begin(), initial.end());
  const std::vector<float> lines(all.begin(), all.end());
  for (int agents : {2, 64}) {
    for (int servers : {24, 96}) {
      const EsNetwork one(kHidden, agents, servers, knots.At(kHidden, agents, servers, parameters));
      const EsNetwork other(kHidden, agents, servers, lines);
      EXPECT_NEAR(one.lbs_per_server(), other.lbs_per_server(), 1e-4);
      EXPECT_NEAR(one.exchange_gain(0), other.exchange_gain(0), 1e-6);
      EXPECT_NEAR(one.exchange_fresh_seconds(), other.exchange_fresh_seconds(), 1e-6);
      EXPECT_NEAR(one.exponent_seconds(), other.exponent_seconds(), 1e-3);
      std::vector<float> inputs(servers * kServerInputs, 0.3f), shares(servers, 1.0f / servers), counts(servers, 2);
      inputs[kInputCovered] = 1;
      std::vector<float> weights(servers), biases(servers), other_weights(servers), other_biases(servers);
      one.Controls(inputs, shares, counts, counts, 0.5f, absl::MakeSpan(weights), absl::MakeSpan(biases));
      other.Controls(inputs, shares, counts, counts, 0.5f, absl::MakeSpan(other_weights), absl::MakeSpan(other_biases));
      EXPECT_LT(weights[1], weights[0]);
      for (int j = 0; j < servers; ++j) {
        EXPECT_NEAR(weights[j], other_weights[j], 1e-5);
        EXPECT_NEAR(biases[j], other_biases[j], 1e-4);
      }
    }
  }
}

TEST(EsKnots, WhatTheyTakeOfOtherKnotsIsWhatThoseHaveThere) {
  const EsKnots other = Knots({2, 8}, {24, 96}), knots = Knots({4, 64}, {24});
  const std::vector<float> numbered = Numbered(other);
  const std::vector<double> taken = knots.Take(kHidden, other, std::vector<double>(numbered.begin(), numbered.end()));
  const size_t size = knots.BlockParameters(kHidden);
  ASSERT_EQ(taken.size(), 2 * size);
  EXPECT_NEAR(taken[0], 1, 1e-6);     // 4 LBs lie halfway from block 0 to block 2
  EXPECT_NEAR(taken[size], 2, 1e-6);  // 64 as the nearest, 8
}

TEST(EsKnots, ListsThatAreNoKnotsAreRefusedByName) {
  const auto message = [](const v1::Es& es) { return std::string(EsKnots::Create(es).status().message()); };
  EXPECT_THAT(message(EsOf({2, 2}, {24})), HasSubstr("algorithm.es.lbs_knots is 2, 2"));
  EXPECT_THAT(message(EsOf({0, 2}, {24})), HasSubstr("algorithm.es.lbs_knots"));
  EXPECT_THAT(message(EsOf({2}, {96, 24})), HasSubstr("algorithm.es.server_knots is 96, 24"));
  EXPECT_THAT(message(EsOf({2}, {})), HasSubstr("algorithm.es.server_knots is empty"));
  EXPECT_THAT(message(EsOf({}, {24})), HasSubstr("algorithm.es.lbs_knots is empty"));
  std::vector<uint32_t> many;
  for (uint32_t i = 1; i <= 17; ++i) many.push_back(i);
  EXPECT_THAT(message(EsOf(many, {24})), HasSubstr("at most 16"));
}

}  // namespace
}  // namespace evenkeel
