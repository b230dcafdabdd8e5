#include "experiments/launch/ssh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadHostsTest, FromAListOrFromAFile) {
  EXPECT_THAT(*ReadHosts("a,b"), ElementsAre("a", "b"));
  const std::string path = testing::TempDir() + "/hosts";
  ASSERT_TRUE(WriteFileDurably(path, "# ours\nuser@a  # first\n\n b\n").ok());
  EXPECT_THAT(*ReadHosts(path), ElementsAre("user@a", "b"));
}

TEST(ReadHostsTest, NoneTwiceAndOptionsAreRefused) {
  EXPECT_EQ(ReadHosts(",").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ReadHosts("a,b,a").status().message()), HasSubstr("a is named twice"));
  EXPECT_EQ(ReadHosts("-oProxyCommand=x").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ReadHosts("ssh://a:22").status().message()), HasSubstr("\"ssh://a:22\" is no host name"));
}

TEST(PlanSshCheckTest, LooksForAllThatAHostNeeds) {
  LaunchRequest request;
  request.program = "/opt/even keel";
  request.tls_folder = "/tls";
  request.runs = {"/runs/a", "/runs/b"};
  EXPECT_EQ(PlanSshCheck(request, "x").back(), "exec ls -d '/opt/even keel' '/runs/a' '/tls'");
}

TEST(PlanSshTest, EachHostIsStartedWithItsRank) {
  LaunchRequest request;
  request.program = "/opt/even keel";
  request.tls_folder = "/tls";
  const std::vector<ProcessSpec> plan = PlanSsh(request, "/runs/a", {"x", "y"});
  ASSERT_EQ(plan.size(), 2u);
  EXPECT_EQ(plan[1].name, "host-1-y");
  EXPECT_EQ(plan[1].arguments[plan[1].arguments.size() - 2], "y");
  EXPECT_EQ(plan[1].arguments.back(),
            "exec env TERM=dumb EVENKEEL_TLS='/tls' '/opt/even keel' serve auto --run '/runs/a' --rank 1 --hosts 2");
}

}  // namespace
}  // namespace evenkeel
