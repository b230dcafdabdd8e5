// The actor process whole, against a scripted coordinator over real gRPC.
#include "actor/actor_main.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/grpc_server.h"
#include "gtest/gtest.h"
#include "protos/coordinator.grpc.pb.h"

namespace evenkeel {
namespace {

constexpr int kServers = 3;
constexpr int kWorlds = 2;

using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::AgentMessage>;

// Welcomes, plays `steps` steps of one round per stream, and ends with what `end` says for the stream of this
// number.
class ScriptedCoordinator : public v1::Coordinator::Service {
 public:
  explicit ScriptedCoordinator(int steps, std::function<grpc::Status(int stream, Stream*)> end)
      : steps_(steps), end_(std::move(end)) {}

  grpc::Status Join(grpc::ServerContext*, Stream* stream) override {
    absl::MutexLock lock(&mutex_);
    v1::AgentMessage from;
    v1::CoordinatorMessage to;
    EXPECT_TRUE(stream->Read(&from));
    hellos_.push_back(from.hello());
    to.mutable_welcome()->set_agents(2);
    to.mutable_welcome()->set_servers(kServers);
    stream->Write(to);
    stream->Write(RoundStart());
    EXPECT_TRUE(stream->Read(&from));
    EXPECT_TRUE(from.has_ready());
    for (int step = 0; step < steps_; ++step) {
      stream->Write(StepRequest(step));
      EXPECT_TRUE(stream->Read(&from));
      replies_.push_back(from.step_reply());
    }
    return end_(static_cast<int>(hellos_.size()) - 1, stream);
  }

  std::vector<v1::Hello> hellos() {
    absl::MutexLock lock(&mutex_);
    return hellos_;
  }
  std::vector<v1::StepReply> replies() {
    absl::MutexLock lock(&mutex_);
    return replies_;
  }

 private:
  static v1::CoordinatorMessage RoundStart() {
    v1::CoordinatorMessage message;
    message.mutable_round_start()->set_worlds(kWorlds);
    for (int server = 0; server < kServers; ++server)
      message.mutable_round_start()->add_nominal_weights(1 + server);
    return message;
  }

  static v1::CoordinatorMessage StepRequest(uint64_t step) {
    v1::CoordinatorMessage message;
    message.mutable_step_request()->set_step(step);
    for (int world = 0; world < kWorlds; ++world) {
      v1::Observation* observation = message.mutable_step_request()->add_observations();
      const google::protobuf::Reflection* reflection = observation->GetReflection();
      const google::protobuf::Descriptor* descriptor = observation->GetDescriptor();
      for (int i = 0; i < descriptor->field_count(); ++i) {
        if (!descriptor->field(i)->is_repeated()) continue;
        for (int server = 0; server < kServers; ++server) {
          reflection->AddFloat(observation, descriptor->field(i), 1);
        }
      }
    }
    return message;
  }

  const int steps_;
  const std::function<grpc::Status(int, Stream*)> end_;
  absl::Mutex mutex_;
  std::vector<v1::Hello> hellos_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::StepReply> replies_ ABSL_GUARDED_BY(mutex_);
};

grpc::Status SayGoodbye(Stream* stream) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason("training finished");
  stream->Write(message);
  return grpc::Status::OK;
}

class ActorMainTest : public testing::Test {
 protected:
  ActorMainTest()
      : run_folder_(absl::StrCat(testing::TempDir(), "/",
                                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(run_folder_);
  }

  ActorServerOptions Options() const {
    ActorServerOptions options;
    options.run_folder = run_folder_;
    options.run_id = "test";
    options.agent = 1;
    options.experiment.set_seed(1);
    options.experiment.mutable_topology()->set_lbs(2);
    options.experiment.mutable_algorithm()->set_name("sed");
    options.experiment.mutable_barrier()->set_stall_after_seconds(30);
    options.experiment.mutable_barrier()->set_join_seconds(30);
    return options;
  }

  absl::Status ServeAgainst(ScriptedCoordinator* coordinator) {
    GrpcServerOptions server;
    server.role = "coordinator";
    server.run_folder = run_folder_;
    const absl::StatusOr<std::unique_ptr<GrpcServer>> running = GrpcServer::Start(server, {coordinator});
    EXPECT_TRUE(running.ok()) << running.status();
    return ServeActor(Options(), &stop_);
  }

  const std::string run_folder_;
  absl::Notification stop_;
};

TEST_F(ActorMainTest, TakesItsSeatAndActsUntilGoodbye) {
  ScriptedCoordinator coordinator(5, [](int, Stream* stream) { return SayGoodbye(stream); });
  const absl::Status status = ServeAgainst(&coordinator);
  EXPECT_TRUE(status.ok()) << status;
  ASSERT_EQ(coordinator.hellos().size(), 1u);
  EXPECT_EQ(coordinator.hellos()[0].agent(), 1u);
  EXPECT_EQ(coordinator.hellos()[0].run_id(), "test");
  ASSERT_EQ(coordinator.replies().size(), 5u);
  for (int step = 0; step < 5; ++step) {
    const v1::StepReply reply = coordinator.replies()[step];
    EXPECT_EQ(reply.step(), static_cast<uint64_t>(step));
    ASSERT_EQ(reply.actions_size(), kWorlds);
    ASSERT_EQ(reply.actions(0).controls().servers_size(), kServers);
    EXPECT_EQ(reply.actions(0).controls().servers(2).weight(), 3);
  }
}

TEST_F(ActorMainTest, WhenTheStreamBreaksItTakesItsSeatAgain) {
  ScriptedCoordinator coordinator(2, [](int stream_number, Stream* stream) {
    return stream_number == 0 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "restarting")
                              : SayGoodbye(stream);
  });
  const absl::Status status = ServeAgainst(&coordinator);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(coordinator.hellos().size(), 2u);
  EXPECT_EQ(coordinator.replies().size(), 4u);
}

TEST_F(ActorMainTest, WhatTheCoordinatorEndsTheRunWithIsToldAndNotTriedAgain) {
  ScriptedCoordinator coordinator(
      1, [](int, Stream*) { return grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "step 3 stalled"); });
  const absl::Status status = ServeAgainst(&coordinator);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(status.message().find("step 3 stalled"), std::string::npos) << status;
  EXPECT_EQ(coordinator.hellos().size(), 1u);
}

TEST_F(ActorMainTest, AStopBeforeThereIsACoordinatorEndsIt) {
  stop_.Notify();
  EXPECT_EQ(ServeActor(Options(), &stop_).code(), absl::StatusCode::kCancelled);
}

TEST_F(ActorMainTest, WithoutACoordinatorItEndsAfterTheStallTimeAndSaysWhatItWaitedFor) {
  ManualClock clock(absl::UnixEpoch());
  ActorServerOptions options = Options();
  options.clock = &clock;
  const absl::Status status = ServeActor(options, &stop_);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("endpoints/coordinator"), std::string::npos) << status;
}

TEST_F(ActorMainTest, AnAgentThatDoesNotExistIsRefused) {
  ActorServerOptions options = Options();
  options.agent = 2;
  const absl::Status status = ServeActor(options, &stop_);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("topology.lbs = 2 has agents 0 to 1"), std::string::npos) << status;
}

TEST_F(ActorMainTest, AnUnknownAlgorithmIsRefusedWithASuggestion) {
  ActorServerOptions options = Options();
  options.experiment.mutable_algorithm()->set_name("seed");
  const absl::Status status = ServeActor(options, &stop_);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("sed"), std::string::npos) << status;
}

}  // namespace
}  // namespace evenkeel
