#include "coordinator/coordinator_main.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/durable_file.h"
#include "common/endpoint.h"
#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "coordinator/coordinator_client.h"
#include "coordinator/test_agents.h"
#include "protos/replay.grpc.pb.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kSoon = absl::Seconds(20);

// A replay that only counts.
class CountingReplay : public v1::Replay::Service {
 public:
  grpc::Status Append(grpc::ServerContext*, const v1::AppendRequest* request, v1::AppendReply*) override {
    appended.push_back(request->episode().number());
    return answer;
  }
  grpc::Status GetInfo(grpc::ServerContext*, const v1::InfoRequest*, v1::ReplayInfo* reply) override {
    reply->set_next_episode(next_episode);
    return grpc::Status::OK;
  }

  uint64_t next_episode = 0;
  grpc::Status answer;
  std::vector<uint64_t> appended;  // by the one coordinator, one call at a time
};

class CoordinatorMainTest : public ::testing::Test {
 protected:
  CoordinatorMainTest() : folder_(::testing::TempDir() + "/coordinator_main_" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    EXPECT_TRUE(MakeFolders(folder_).ok());
    options_.run_folder = folder_;
    options_.run_id = "run-1";
    options_.experiment = SmallExperiment();
  }
  ~CoordinatorMainTest() override { std::filesystem::remove_all(folder_); }

  void StartReplay() {
    GrpcServerOptions options;
    options.role = "replay";
    options.run_folder = folder_;
    auto server = GrpcServer::Start(options, {&replay_});
    ASSERT_TRUE(server.ok()) << server.status();
    replay_server_ = *std::move(server);
    options_.learns = true;
  }

  // Serves with two agents that answer everything until they are sent away. `on_step` sees every StepRequest
  // of agent 0.
  absl::Status ServeWithAgents(const std::function<void(const v1::StepRequest&)>& on_step = nullptr) {
    std::filesystem::remove_all(folder_ + "/endpoints/coordinator");
    std::vector<NamedThread> agents;
    for (int agent = 0; agent < 2; ++agent) {
      agents.emplace_back("agent", [this, agent, on_step] {
        goodbyes_[agent] = Play(agent, agent == 0 ? on_step : nullptr);
      });
    }
    return ServeCoordinator(options_, &stop_);
  }

  // Returns the reason of Goodbye, or the error that came instead.
  std::string Play(int agent, const std::function<void(const v1::StepRequest&)>& on_step) {
    const auto address = AwaitEndpoint(folder_, "coordinator", kSoon, RealClock());
    if (!address.ok()) return address.status().ToString();
    v1::Hello hello;
    hello.set_agent(agent);
    hello.set_run_id("run-1");
    auto session = CoordinatorSession::Join(*address, hello, kSoon);
    if (!session.ok()) return session.status().ToString();
    while (true) {
      v1::CoordinatorMessage message;
      const absl::StatusOr<bool> came = (*session)->Read(kSoon, &message);
      if (!came.ok() || !*came) return came.status().ToString();
      if (message.has_goodbye()) return message.goodbye().reason();
      v1::AgentMessage answer;
      if (message.has_round_start()) {
        answer.mutable_ready()->set_round(message.round_start().round());
        answer.mutable_ready()->set_attempt(message.round_start().attempt());
        answer.mutable_ready()->set_policy_version(message.round_start().min_policy_version());
      } else if (message.has_step_request()) {
        if (on_step) on_step(message.step_request());
        answer.mutable_step_reply()->set_round(message.step_request().round());
        answer.mutable_step_reply()->set_attempt(message.step_request().attempt());
        answer.mutable_step_reply()->set_step(message.step_request().step());
        for (int w = 0; w < message.step_request().observations_size(); ++w) {
          v1::Action* action = answer.mutable_step_reply()->add_actions();
          for (int server = 0; server < 3; ++server) action->mutable_controls()->add_servers()->set_weight(1);
        }
      } else {
        continue;
      }
      if (!(*session)->Write(answer).ok()) return "write failed";
    }
  }

  std::vector<int> EpisodesInMetrics() {
    const absl::StatusOr<std::string> bytes = ReadFile(folder_ + "/metrics.jsonl");
    std::vector<int> episodes;
    const std::string key = "{\"episode\":";
    for (size_t at = bytes->find(key); at != std::string::npos; at = bytes->find(key, at + 1)) {
      episodes.push_back(std::atoi(bytes->c_str() + at + key.size()));
    }
    return episodes;
  }

  const std::string folder_;
  CoordinatorServerOptions options_;
  absl::Notification stop_;
  CountingReplay replay_;
  std::unique_ptr<GrpcServer> replay_server_;
  std::string goodbyes_[2];
};

TEST_F(CoordinatorMainTest, WithoutALearnerARunNeedsNoReplay) {
  EXPECT_TRUE(ServeWithAgents().ok());
  EXPECT_EQ(goodbyes_[0], "training finished");
  EXPECT_EQ(goodbyes_[1], "training finished");
  EXPECT_THAT(EpisodesInMetrics(), ElementsAre(0, 1, 2, 3));
}

TEST_F(CoordinatorMainTest, WithALearnerEveryEpisodeGoesToReplay) {
  StartReplay();
  EXPECT_TRUE(ServeWithAgents().ok());
  EXPECT_THAT(replay_.appended, ElementsAre(0, 1, 2, 3));
}

TEST_F(CoordinatorMainTest, AResumedRunPlaysWholeRoundsAgainAndDoublesNoLine) {
  EXPECT_TRUE(ServeWithAgents().ok());
  StartReplay();
  replay_.next_episode = 3;  // the second round was stored in part
  EXPECT_TRUE(ServeWithAgents().ok());
  EXPECT_THAT(replay_.appended, ElementsAre(2, 3));
  EXPECT_THAT(EpisodesInMetrics(), ElementsAre(0, 1, 2, 3));
}

TEST_F(CoordinatorMainTest, AFinishedRunHasNothingToPlay) {
  StartReplay();
  replay_.next_episode = 4;
  EXPECT_TRUE(ServeCoordinator(options_, &stop_).ok());
  EXPECT_THAT(replay_.appended, ElementsAre());
}

TEST_F(CoordinatorMainTest, AStopIsToldToTheAgentsAsAnAbsenceSoThatTheyWaitForTheNextStart) {
  options_.experiment.mutable_training()->set_episodes(1'000'000);
  std::atomic<bool> told{false};
  const absl::Status status = ServeWithAgents([&](const v1::StepRequest& request) {
    if (request.round() == 2 && !told.exchange(true)) stop_.Notify();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  for (const std::string& goodbye : goodbyes_) {
    EXPECT_THAT(goodbye, testing::AllOf(testing::StartsWith("UNAVAILABLE"), HasSubstr("the coordinator was stopped")));
  }
}

TEST_F(CoordinatorMainTest, AFullReplayEndsTheRunWithItsCause) {
  StartReplay();
  replay_.answer = grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "the disk is full");
  const absl::Status status = ServeWithAgents();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the disk is full"));
  EXPECT_THAT(goodbyes_[0], HasSubstr("the disk is full"));
}

TEST_F(CoordinatorMainTest, APortInUseIsSaid) {
  StartReplay();
  options_.listen_address = replay_server_->address();
  const absl::Status status = ServeCoordinator(options_, &stop_);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr(replay_server_->address()));
}

TEST_F(CoordinatorMainTest, AnExperimentWithoutRoundsIsRefusedBeforeAnythingStarts) {
  options_.experiment.mutable_training()->set_worlds(0);
  EXPECT_EQ(ServeCoordinator(options_, &stop_).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/endpoints/coordinator"));
}

}  // namespace
}  // namespace evenkeel
