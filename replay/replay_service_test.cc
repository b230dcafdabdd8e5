// Service and client against each other, over real gRPC on loopback.
#include "replay/replay_service.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "common/grpc_channel.h"
#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "replay/episode_validation.h"
#include "replay/replay_client.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

constexpr absl::Duration kLong = absl::Seconds(30);

v1::SampleRequest Request(uint32_t episodes, uint64_t seed, uint64_t min = 0) {
  v1::SampleRequest request;
  request.set_episodes(episodes);
  request.set_seed(seed);
  request.set_min_episodes(min);
  return request;
}

class ReplayServiceTest : public testing::Test {
 protected:
  ReplayServiceTest() {
    ExperienceStoreOptions options;
    options.path = testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    options.run_id = "run-a";
    std::filesystem::remove_all(options.path);
    v1::ReplayOptions replay;
    replay.set_ram_tier_bytes(std::numeric_limits<uint64_t>::max());
    replay.add_tables()->set_name("experience");
    v1::ReplayTable* per = replay.add_tables();
    per->set_name("per");
    per->set_sampler(v1::ReplayTable::PRIORITISED);
    v1::ReplayTable* limited = replay.add_tables();
    limited->set_name("limited");
    limited->set_samples_per_insert(1);
    limited->set_samples_slack(20);
    options.tables = TableNames(replay);
    tables_ = *ReplayTables::Create(*ExperienceStore::Open(options), replay);
    service_ = std::make_unique<ReplayService>(tables_.get());
    Serve("127.0.0.1:0");
    client_ = std::make_unique<ReplayClient>(server_->address(), RealClock());
  }

  void Serve(const std::string& address) {
    GrpcServerOptions options;
    options.role = "replay";
    options.listen_address = address;
    options.max_message_bytes = kMaxReplayMessageBytes;
    auto server = GrpcServer::Start(options, {service_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  void AppendUpTo(uint64_t end) {
    for (uint64_t number = 0; number < end; ++number) {
      const auto reply = client_->Append(MakeTestEpisode(number, kLargeEpisode));
      ASSERT_TRUE(reply.ok()) << reply.status();
    }
  }

  std::unique_ptr<ReplayTables> tables_;
  std::unique_ptr<ReplayService> service_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<ReplayClient> client_;
};

TEST_F(ReplayServiceTest, WhatIsAppendedIsSampledInTheOrderOfTheDraw) {
  AppendUpTo(5);
  const auto sample = client_->Sample(Request(4, 9), kLong);
  ASSERT_TRUE(sample.ok()) << sample.status();
  const auto direct = tables_->Sample(Request(4, 9), absl::ZeroDuration());
  ASSERT_EQ(sample->size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ((*sample)[i].episode().SerializeAsString(), (*direct)[i].episode->SerializeAsString());
    EXPECT_EQ((*sample)[i].key(), (*direct)[i].item.key());
    EXPECT_EQ((*sample)[i].probability(), 0.2);
    EXPECT_EQ((*sample)[i].table_items(), 5u);
  }
}

TEST_F(ReplayServiceTest, ARepeatedAppendSaysThatItWasPresent) {
  AppendUpTo(1);
  const auto again = client_->Append(MakeTestEpisode(0));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->was_present());
  EXPECT_EQ(client_->GetInfo(0, kLong)->episodes(), 1u);
}

TEST_F(ReplayServiceTest, ABadEpisodeIsRefusedWithRoleAddressAndColumn) {
  v1::Episode episode = MakeTestEpisode(0);
  episode.mutable_mask()->push_back(0);
  const absl::Status status = client_->Append(episode).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("replay at " + server_->address() + ": Append"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("mask: expected 6 bytes"));
}

TEST_F(ReplayServiceTest, AnEmptyRequestIsRefusedNotFatal) {
  EXPECT_EQ(client_->Append(v1::Episode()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(client_->Sample(v1::SampleRequest(), kLong).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(client_->GetInfo(0, kLong).ok());
}

TEST_F(ReplayServiceTest, TheDeadlineOfAWaitBringsTheNumbers) {
  AppendUpTo(2);
  const absl::Status sample = client_->Sample(Request(3, 1, /*min=*/3), absl::Milliseconds(1500)).status();
  EXPECT_EQ(sample.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(sample.message()), HasSubstr("waited for 3 episodes, there are 2"));
  const absl::Status info = client_->GetInfo(3, absl::Milliseconds(1500)).status();
  EXPECT_EQ(info.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(info.message()), HasSubstr("next_episode 3, it is 2"));
}

TEST_F(ReplayServiceTest, AWaitLongerThanASliceEndsWhenTheEpisodeComes) {
  NamedThread appender("appender", [this] {
    // Refused waits take the time of one slice and more: the wait of the other thread has begun by then.
    client_->GetInfo(100, absl::Milliseconds(400)).status().IgnoreError();
    AppendUpTo(1);
  });
  const auto info = client_->GetInfo(1, kLong);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->next_episode(), 1u);
}

TEST_F(ReplayServiceTest, PrioritiesThatWereSentDecideTheNextDraw) {
  AppendUpTo(3);
  v1::SampleRequest draw = Request(3, 9);
  draw.set_table("per");
  v1::UpdatePrioritiesRequest update;
  update.set_table("per");
  for (uint64_t number = 0; number < 3; ++number) {
    v1::ItemPriority* one = update.add_priorities();
    one->set_key(number << 20);
    one->set_priority(number == 1 ? 5 : 0);
  }
  const auto reply = client_->UpdatePriorities(update, kLong);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->updated(), 3u);
  const auto sample = client_->Sample(draw, kLong);
  ASSERT_TRUE(sample.ok()) << sample.status();
  for (const v1::SampledItem& item : *sample) EXPECT_EQ(item.episode().number(), 1u);
}

TEST_F(ReplayServiceTest, AnUnknownTableIsNotFoundWithTheNamesThereAre) {
  v1::SampleRequest draw = Request(1, 1);
  draw.set_table("other");
  const absl::Status status = client_->Sample(draw, kLong).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("experience, per, limited"));
}

TEST_F(ReplayServiceTest, AnAppendThatIsHeldBackBringsTheLimitersStateAtItsDeadline) {
  AppendUpTo(20);
  const absl::Status status = client_->Append(MakeTestEpisode(20), absl::Milliseconds(1500)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("table limited: rate limiter: 20 episodes"));
}

TEST_F(ReplayServiceTest, ASnapshotIsWrittenWhereItIsAskedFor) {
  AppendUpTo(2);
  const std::string folder = testing::TempDir() + "/service_snapshot";
  std::filesystem::remove_all(folder);
  const auto reply = client_->Snapshot(folder, kLong);
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->episodes(), 2u);
  EXPECT_TRUE(std::filesystem::exists(folder + "/CURRENT"));
  EXPECT_EQ(client_->Snapshot(folder, kLong).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(client_->Snapshot("relative", kLong).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ReplayServiceTest, AServerThatIsNotThereIsNamedAfterTheTimeout) {
  const std::string address = server_->address();
  server_->Shutdown(absl::ZeroDuration());
  ManualClock clock(absl::UnixEpoch());
  ReplayClient client(address, &clock);
  const absl::Status status = client.GetInfo(0, absl::Seconds(10)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("replay at " + address));
  // 20 ms doubled up to 1 s: 0.02 + ... + 0.64 = 1.26 s, then one attempt a second.
  EXPECT_THAT(std::string(status.message()), HasSubstr("(15 attempts in 9.26s)"));
}

// A clock on which the time to wait is used to bring the server back.
class RestartingClock : public ManualClock {
 public:
  explicit RestartingClock(std::function<void()> restart)
      : ManualClock(absl::UnixEpoch()), restart_(restart) {}
  void SleepUntil(absl::Time deadline) override {
    ManualClock::SleepUntil(deadline);
    if (++sleeps_ == 3) restart_();
    RealClock()->SleepUntil(RealClock()->Now() + absl::Milliseconds(60));  // gRPC's own time between connects
  }

 private:
  std::function<void()> restart_;
  int sleeps_ = 0;
};

TEST_F(ReplayServiceTest, ACallOutlivesARestartOfTheServer) {
  AppendUpTo(1);
  const std::string address = server_->address();
  server_.reset();
  RestartingClock clock([&] { Serve(address); });
  ReplayClient client(address, &clock);
  const auto info = client.GetInfo(0, absl::Seconds(60));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->episodes(), 1u);
}

TEST_F(ReplayServiceTest, ACallerThatLeavesFreesItsWait) {
  {
    const auto stub = v1::Replay::NewStub(MakeGrpcChannel(server_->address()));
    grpc::ClientContext context;
    v1::InfoRequest request;
    request.set_min_next_episode(1);
    v1::ReplayInfo reply;
    NamedThread canceller("canceller", [&context] { context.TryCancel(); });
    EXPECT_EQ(stub->GetInfo(&context, request, &reply).error_code(), grpc::StatusCode::CANCELLED);
  }
  server_->Shutdown(absl::ZeroDuration());  // blocks until every handler returned; the tables are still open
}

TEST_F(ReplayServiceTest, ManyCallersAtOnceAreServed) {
  AppendUpTo(4);
  std::vector<std::unique_ptr<NamedThread>> threads;
  for (uint64_t caller = 0; caller < 8; ++caller) {
    threads.push_back(std::make_unique<NamedThread>("caller", [this, caller] {
      const auto sample = client_->Sample(Request(4, caller), kLong);
      ASSERT_TRUE(sample.ok()) << sample.status();
      const auto reply = client_->Append(MakeTestEpisode(4 + caller));
      ASSERT_TRUE(reply.ok()) << reply.status();
    }));
  }
  threads.clear();
  EXPECT_EQ(client_->GetInfo(12, kLong)->episodes(), 12u);
}

}  // namespace
}  // namespace evenkeel
