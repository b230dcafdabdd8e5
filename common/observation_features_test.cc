#include "common/observation_features.h"

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
    observation.add_mean_open_flows(10 * j + 7);
    observation.add_flows_sent(10 * j + 8);
    observation.add_flows_finished(10 * j + 9);
    observation.add_flow_duration_sum(10 * j + 10);
    observation.add_available(1);
  }
  return observation;
}

TEST(ObservationFeaturesTest, PacksServerMajorInTheOrderOfTheEpisode) {
  std::vector<float> packed(2 * kFeatures);
  ASSERT_TRUE(PackFeatures(TwoServers(), 2, packed.data()).ok());
  EXPECT_EQ(packed, (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 0, 1}));
}

TEST(ObservationFeaturesTest, TheOthersCountsArePackedWhereTheyWereExchanged) {
  v1::Observation observation = TwoServers();
  for (int j = 0; j < 2; ++j) observation.add_others_open_flows(30 + j);
  std::vector<float> packed(2 * kFeatures);
  ASSERT_TRUE(PackFeatures(observation, 2, packed.data()).ok());
  EXPECT_EQ(packed[kOthersOpenFlows], 30);
  EXPECT_EQ(packed[kFeatures + kOthersOpenFlows], 31);
}

TEST(ObservationFeaturesTest, NamesTheFieldThatDoesNotFit) {
  v1::Observation observation = TwoServers();
  observation.add_flow_duration_std(1);
  std::vector<float> packed(3 * kFeatures);
  const absl::Status status = PackFeatures(observation, 2, packed.data());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("flow_duration_std has 3"), absl::string_view::npos) << status;
}

}  // namespace
}  // namespace evenkeel
