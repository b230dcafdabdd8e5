#include "replay/replay_main.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/endpoint.h"
#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "replay/replay_client.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ReplayMainTest : public testing::Test {
 protected:
  ReplayMainTest() {
    options_.run_folder =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    options_.run_id = "run-a";
    options_.experiment.mutable_replay()->set_capacity_episodes(10);
    options_.experiment.mutable_replay()->set_ram_tier_bytes(1 << 20);
    fs::remove_all(options_.run_folder);
  }

  // Runs the process's body, and `use` on a client of it; then stops it. Returns what it ended with.
  template <typename Use>
  absl::Status Serve(Use use) {
    absl::Notification stop;
    absl::Status result;
    {
      NamedThread server("replay", [&] { result = ServeReplay(options_, &stop); });
      const auto address = AwaitEndpoint(options_.run_folder, "replay", absl::Seconds(30), RealClock());
      EXPECT_TRUE(address.ok()) << address.status();
      ReplayClient client(*address, RealClock());
      use(&client);
      stop.Notify();
    }
    fs::remove_all(options_.run_folder + "/endpoints");
    return result;
  }

  // What serving ends with when it cannot begin.
  absl::Status ServeError() {
    absl::Notification stop;
    stop.Notify();
    const absl::Status status = ServeReplay(options_, &stop);
    EXPECT_FALSE(fs::exists(options_.run_folder + "/endpoints/replay"));
    return status;
  }

  ReplayServerOptions options_;
};

TEST_F(ReplayMainTest, EpisodesOutliveTheProcess) {
  const absl::Status first = Serve([](ReplayClient* client) {
    for (uint64_t number = 0; number < 12; ++number) {
      const auto reply = client->Append(MakeTestEpisode(number));
      ASSERT_TRUE(reply.ok()) << reply.status();
    }
  });
  EXPECT_TRUE(first.ok()) << first;
  const absl::Status second = Serve([](ReplayClient* client) {
    const auto info = client->GetInfo(0, absl::Seconds(30));
    ASSERT_TRUE(info.ok()) << info.status();
    EXPECT_EQ(info->episodes(), 10u);
    EXPECT_EQ(info->next_episode(), 12u);
    EXPECT_EQ(info->evicted_episodes(), 2u);
  });
  EXPECT_TRUE(second.ok()) << second;
}

TEST_F(ReplayMainTest, StoppingEndsWhoeverWaits) {
  std::unique_ptr<NamedThread> waiter;
  absl::Status waited;
  const absl::Status served = Serve([&](ReplayClient* client) {
    // Its own client: that of Serve() ends with it.
    const auto address = AwaitEndpoint(options_.run_folder, "replay", absl::Seconds(30), RealClock());
    waiter = std::make_unique<NamedThread>("waiter", [&waited, address = *address] {
      waited = ReplayClient(address, RealClock()).GetInfo(5, absl::Seconds(2)).status();
    });
    EXPECT_TRUE(client->GetInfo(0, absl::Seconds(30)).ok());
  });
  waiter.reset();
  EXPECT_TRUE(served.ok()) << served;
  EXPECT_TRUE(absl::IsCancelled(waited) || absl::IsUnavailable(waited)) << waited;
}

TEST_F(ReplayMainTest, AStoreThatIsMissingComesFromTheNewestSnapshot) {
  const std::string checkpoints = options_.run_folder + "/checkpoints";
  EXPECT_TRUE(Serve([&](ReplayClient* client) {
                for (uint64_t number = 0; number < 3; ++number) {
                  ASSERT_TRUE(client->Append(MakeTestEpisode(number)).ok());
                  const std::string folder = checkpoints + "/ep-00000" + std::to_string(number);
                  fs::create_directories(folder);
                  if (number == 2) continue;  // one without a snapshot
                  ASSERT_TRUE(client->Snapshot(folder + "/replay", absl::Seconds(30)).ok());
                }
              }).ok());
  const auto expect_next = [this](uint64_t next) {
    const absl::Status served = Serve([next](ReplayClient* client) {
      EXPECT_EQ(client->GetInfo(0, absl::Seconds(30))->next_episode(), next);
    });
    EXPECT_TRUE(served.ok()) << served;
  };
  expect_next(3);  // an ordinary resume goes on with the store itself
  for (int time = 0; time < 2; ++time) {
    fs::remove_all(options_.run_folder + "/replay");
    expect_next(2);  // the snapshot is whole the second time as well
  }
}

TEST_F(ReplayMainTest, WithNeitherAStoreNorASnapshotBothPathsAreNamed) {
  fs::create_directories(options_.run_folder + "/checkpoints/ep-000004");
  const absl::Status status = ServeError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.run_folder + "/replay is missing"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.run_folder + "/checkpoints"));
}

TEST_F(ReplayMainTest, APortInUseIsNamed) {
  GrpcServerOptions other;
  other.role = "other";
  const auto holder = GrpcServer::Start(other, {});
  ASSERT_TRUE(holder.ok()) << holder.status();
  options_.listen_address = (*holder)->address();
  const absl::Status status = ServeError();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("replay cannot listen on " + options_.listen_address));
}

TEST_F(ReplayMainTest, AStoreThatIsNoneIsNamed) {
  fs::create_directories(options_.run_folder + "/replay");
  std::ofstream(options_.run_folder + "/replay/notes.txt") << "mine";
  const absl::Status status = ServeError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.run_folder + "/replay"));
}

TEST_F(ReplayMainTest, AnotherRunsStoreIsRefused) {
  EXPECT_TRUE(Serve([](ReplayClient*) {}).ok());
  options_.run_id = "run-b";
  EXPECT_EQ(ServeError().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace evenkeel
