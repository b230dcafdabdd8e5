#include "common/endpoint.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

TEST(EndpointTest, APublishedAddressIsFound) {
  const std::string run = testing::TempDir() + "/run";
  ASSERT_TRUE(PublishEndpoint(run, "replay", "127.0.0.1:4711").ok());
  EXPECT_EQ(*AwaitEndpoint(run, "replay", absl::Seconds(1), RealClock()), "127.0.0.1:4711");
}

TEST(EndpointTest, AMissingServiceIsNamedWhenTheDeadlinePasses) {
  ManualClock clock(absl::UnixEpoch());
  const auto address = AwaitEndpoint(testing::TempDir() + "/empty", "learner", absl::Seconds(5), &clock);
  EXPECT_EQ(address.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(address.status().message().find("learner"), absl::string_view::npos);
}

}  // namespace
}  // namespace evenkeel
