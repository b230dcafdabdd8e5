#include "lb_shim/feature_scaling.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

v1::Observation TwoServers() {
  v1::Observation observation;
  for (int j = 0; j < 2; ++j) {
    observation.add_open_flows(10 * j + 1);
    observation.add_flow_duration_mean(10 * j + 2);
    observation.add_flow_duration_p90(10 * j + 3);
    observation.add_flow_duration_std(10 * j + 4);
    observation.add_flow_duration_mean_decayed(10 * j + 5);
    observation.add_flow_duration_p90_decayed(10 * j + 6);
  }
  return observation;
}

TEST(FeatureScaling, PacksServerMajorInTheOrderOfTheEpisode) {
  std::vector<float> packed(2 * kFeatures);
  ASSERT_TRUE(PackFeatures(TwoServers(), 2, packed.data()).ok());
  EXPECT_EQ(packed, (std::vector<float>{1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16}));
}

TEST(FeatureScaling, NamesTheFieldThatDoesNotFit) {
  v1::Observation observation = TwoServers();
  observation.add_flow_duration_std(1);
  std::vector<float> packed(3 * kFeatures);
  const absl::Status status = PackFeatures(observation, 2, packed.data());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("flow_duration_std has 3"), absl::string_view::npos) << status;
}

TEST(FeatureScaling, FullWorkersAndTenSecondsAreOne) {
  const std::vector<float> raw = {32, 10, 0, 1, 10, 0.0f, 16, 0, 0, 0, 0, 0.001f};
  std::vector<float> scaled(raw.size());
  ScaleFeatures(raw.data(), raw.size(), scaled.data());
  const float second = std::log1p(1000.0f) / std::log1p(10000.0f);
  const float millisecond = std::log1p(1.0f) / std::log1p(10000.0f);
  const std::vector<float> expected = {1, 1, 0, second, 1, 0, 0.5f, 0, 0, 0, 0, millisecond};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(scaled[i], expected[i], 1e-6f) << i;
}

}  // namespace
}  // namespace evenkeel
