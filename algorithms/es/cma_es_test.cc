#include "algorithms/es/cma_es.h"

#include <cmath>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

using Cost = double (*)(const std::vector<double>&);

double Sphere(const std::vector<double>& x) {
  double sum = 0;
  for (double value : x) sum += (value - 1) * (value - 1);
  return sum;
}

// Half of the axes are 1000 times as steep as the others.
double Ellipse(const std::vector<double>& x) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += (i % 2 == 0 ? 1 : 1e6) * x[i] * x[i];
  return sum;
}

void Minimise(CmaEs* search, Cost cost, int generations) {
  for (int g = 0; g < generations; ++g) {
    std::vector<double> costs;
    for (const std::vector<double>& point : search->Candidates()) costs.push_back(cost(point));
    search->Update(costs);
  }
}

TEST(CmaEs, FindsTheMinimumOfASphere) {
  CmaEs search(std::vector<double>(10, 0.0), 0.5, 12, 1);
  Minimise(&search, &Sphere, 200);
  EXPECT_LT(Sphere(search.mean()), 1e-8);
  EXPECT_LT(search.step(), 0.01);
}

TEST(CmaEs, LearnsHowFarToGoAlongEachCoordinate) {
  CmaEs search(std::vector<double>(20, 3.0), 0.5, 14, 2);
  Minimise(&search, &Ellipse, 1500);
  EXPECT_LT(Ellipse(search.mean()), 1e-8);
}

TEST(CmaEs, CandidatesAreTheSameUntilTheUpdate) {
  CmaEs search({1, 2, 3}, 0.1, 4, 3);
  const auto first = search.Candidates();
  EXPECT_EQ(search.Candidates(), first);
  search.Update({4, 3, 2, 1});
  EXPECT_NE(search.Candidates(), first);
}

TEST(CmaEs, OnlyTheOrderOfTheCostsCounts) {
  CmaEs one({1, 2, 3}, 0.1, 4, 3), other({1, 2, 3}, 0.1, 4, 3);
  one.Update({4, 3, 2, 1});
  other.Update({1e9, 30, 20, -1e9});
  EXPECT_EQ(one.mean(), other.mean());
}

TEST(CmaEs, TheMeanMovesTowardsTheBetterHalfAndAwayFromTheWorseHalf) {
  CmaEs search({1, 2, 3}, 0.1, 4, 3);
  const auto candidates = search.Candidates();
  search.Update({1, 2, 3, 4});
  const double first = std::log(2.5), second = std::log(2.5) - std::log(2.0);
  for (int i = 0; i < 3; ++i) {
    const double move = (first * (candidates[0][i] - candidates[3][i]) + second * (candidates[1][i] - candidates[2][i])) /
                        (2 * (first + second));
    EXPECT_NEAR(search.mean()[i], i + 1 + move, 1e-12);
  }
}

TEST(CmaEs, TheAverageBeginsAsThatOfAllMeansSoFar) {
  CmaEs search({1, 2, 3}, 0.1, 4, 3);
  std::vector<double> sum(3);
  for (int g = 1; g <= 4; ++g) {
    search.Update({4, 3, 2, 1});
    for (int i = 0; i < 3; ++i) {
      sum[i] += search.mean()[i];
      EXPECT_NEAR(search.average()[i], sum[i] / g, 1e-12);
    }
  }
}

TEST(CmaEs, NanIsTheWorstCost) {
  CmaEs one({1, 2, 3}, 0.1, 4, 3), other({1, 2, 3}, 0.1, 4, 3);
  one.Update({NAN, 3, 2, 1});
  other.Update({4, 3, 2, 1});
  EXPECT_EQ(one.mean(), other.mean());
}

TEST(CmaEs, ARestoredSearchGoesOnBitForBit) {
  CmaEs straight(std::vector<double>(5, 0.0), 0.5, 6, 9), restored(std::vector<double>(5, 0.0), 0.5, 6, 9);
  Minimise(&straight, &Sphere, 7);
  ASSERT_TRUE(restored.Restore(straight.Save()).ok());
  EXPECT_EQ(restored.generation(), 7u);
  Minimise(&straight, &Sphere, 5);
  Minimise(&restored, &Sphere, 5);
  EXPECT_TRUE(straight.Save() == restored.Save());
}

TEST(CmaEs, ADamagedStateIsRefusedAndChangesNothing) {
  CmaEs search(std::vector<double>(5, 0.0), 0.5, 6, 9);
  Minimise(&search, &Sphere, 3);
  const std::string before = search.Save();
  std::string damaged = before;
  damaged[40] ^= 1;
  EXPECT_EQ(search.Restore(damaged).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(search.Restore(before.substr(0, 10)).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(search.Save() == before);
}

TEST(CmaEs, AStateOfAnotherSearchSpaceIsRefused) {
  CmaEs small({1, 2}, 0.1, 4, 1), large({1, 2, 3}, 0.1, 4, 1);
  EXPECT_EQ(small.Restore(large.Save()).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace evenkeel
