#include "learner/importance_weights.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<v1::SampledItem> BatchOf(const std::vector<double>& probabilities) {
  std::vector<v1::SampledItem> batch;
  for (double probability : probabilities) {
    batch.emplace_back().set_probability(probability);
    batch.back().set_key(100 + batch.size());
  }
  return batch;
}

v1::ReplayTable TableOf(double start, double end) {
  v1::ReplayTable table;
  table.set_importance_exponent_start(start);
  table.set_importance_exponent_end(end);
  return table;
}

// Among 10 items the weights are (0.1 / P)^0.5: 2 for 0.025, 1 for 0.1, 0.5 for 0.4. The largest is 2.
TEST(ImportanceWeights, AreThoseOfThePaperDividedByTheLargest) {
  EXPECT_THAT(ImportanceWeights(BatchOf({0.1, 0.025, 0.4}), 0.5).value(), ElementsAre(0.5f, 1.0f, 0.25f));
}

TEST(ImportanceWeights, WithAnExponentOfOneMakeUpForAllOfThePreference) {
  const std::vector<double> probabilities = {0.7, 0.2, 0.05};
  const std::vector<float> weights = ImportanceWeights(BatchOf(probabilities), 1).value();
  for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(weights[i] * probabilities[i], 0.05, 1e-8);
}

TEST(ImportanceWeights, WithAnExponentOfZeroAreOne) {
  EXPECT_THAT(ImportanceWeights(BatchOf({0.7, 0.2, 1e-300}), 0).value(), ElementsAre(1.0f, 1.0f, 1.0f));
}

TEST(ImportanceWeights, OfEqualProbabilitiesAreExactlyOneWhateverTheExponent) {
  for (uint64_t items = 1; items < 100; ++items) {
    const double even = 1 / static_cast<double>(items);
    EXPECT_THAT(ImportanceWeights(BatchOf({even, even, even}), 0.4).value(), ElementsAre(1.0f, 1.0f, 1.0f)) << items;
  }
}

TEST(ImportanceWeights, AnItemThatCouldNotHaveBeenDrawnIsNamed) {
  for (double wrong : {0.0, -0.5, std::nan(""), std::numeric_limits<double>::infinity()}) {
    const absl::Status status = ImportanceWeights(BatchOf({0.5, wrong}), 0.4).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
    EXPECT_THAT(std::string(status.message()), HasSubstr("item 102 with probability"));
  }
}

TEST(ImportanceExponent, GoesInAStraightLineFromTheFirstUpdateToTheLast) {
  const v1::ReplayTable table = TableOf(0.4, 1);
  EXPECT_EQ(ImportanceExponent(table, 0, 7), 0.4);
  EXPECT_NEAR(ImportanceExponent(table, 3, 7), 0.7, 1e-12);
  EXPECT_EQ(ImportanceExponent(table, 6, 7), 1);
}

TEST(ImportanceExponent, IsThatOfTheEndInTheOnlyUpdate) { EXPECT_EQ(ImportanceExponent(TableOf(0.4, 1), 0, 1), 1); }

TEST(ImportanceExponent, IsConstantWhereStartAndEndAreTheSame) {
  for (uint64_t update = 0; update < 9; ++update) EXPECT_EQ(ImportanceExponent(TableOf(0.6, 0.6), update, 9), 0.6);
}

}  // namespace
}  // namespace evenkeel
