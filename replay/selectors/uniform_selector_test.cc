#include "replay/selectors/uniform_selector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace evenkeel {
namespace {

// Upper 1e-6 quantile of chi-square with 19 degrees of freedom: a right selector fails one of these tests
// with probability 1e-6 over the choice of seeds (the seeds are fixed, so here it never does).
constexpr double kChiSquare19 = 63.68;

constexpr uint64_t kPopulation = 20;
constexpr uint64_t kDraws = 40000;

double ChiSquare(const std::vector<double>& counts, double expected) {
  double sum = 0;
  for (double count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

TEST(UniformSelectorTest, ADrawNeverRepeatsAPosition) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const std::vector<uint64_t> drawn = UniformSelector::Positions(30, 12, seed);
    EXPECT_EQ(std::set<uint64_t>(drawn.begin(), drawn.end()).size(), 12u);
    EXPECT_LT(*std::max_element(drawn.begin(), drawn.end()), 30u);
  }
}

TEST(UniformSelectorTest, DrawingAllGivesEachOnce) {
  std::vector<uint64_t> drawn = UniformSelector::Positions(25, 25, 3);
  std::sort(drawn.begin(), drawn.end());
  std::vector<uint64_t> all(25);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(drawn, all);
}

TEST(UniformSelectorTest, TheSameSeedGivesTheSameDraw) {
  EXPECT_EQ(UniformSelector::Positions(3000, 12, 5), UniformSelector::Positions(3000, 12, 5));
  EXPECT_NE(UniformSelector::Positions(3000, 12, 5), UniformSelector::Positions(3000, 12, 6));
}

TEST(UniformSelectorTest, EachPlaceOfADrawIsUniform) {
  for (size_t place : {0, 4}) {
    std::vector<double> counts(kPopulation);
    for (uint64_t seed = 0; seed < kDraws; ++seed)
      ++counts[UniformSelector::Positions(kPopulation, 5, seed)[place]];
    EXPECT_LT(ChiSquare(counts, 1.0 * kDraws / kPopulation), kChiSquare19) << "place " << place;
  }
}

TEST(UniformSelectorTest, EachPositionIsEquallyOftenInADraw) {
  std::vector<double> counts(kPopulation);
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    for (uint64_t position : UniformSelector::Positions(kPopulation, 5, seed)) ++counts[position];
  }
  // Without replacement the counts vary less than chi-square assumes, by (N - count) / (N - 1).
  const double shrink = 15.0 / 19.0;
  EXPECT_LT(ChiSquare(counts, 5.0 * kDraws / kPopulation) / shrink, kChiSquare19);
}

}  // namespace
}  // namespace evenkeel
