#include "coordinator/coordinator_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/grpc_channel.h"
#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "coordinator/coordinator_client.h"
#include "coordinator/coordinator_loop.h"
#include "coordinator/test_agents.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr absl::Duration kSoon = absl::Seconds(20);  // a bound for what takes milliseconds on an idle machine

class MemorySink : public EpisodeSink {
 public:
  absl::StatusOr<uint64_t> NextEpisode() override { return 0; }
  absl::Status Summarize(const v1::EpisodeSummary&) override { return absl::OkStatus(); }
  absl::Status Append(v1::Episode episode) override {
    episodes.push_back(std::move(episode));
    return absl::OkStatus();
  }
  std::vector<v1::Episode> episodes;
};

// A coordinator on loopback that plays SmallExperiment with the agents that the test makes.
class CoordinatorServiceTest : public ::testing::Test {
 protected:
  CoordinatorServiceTest()
      : experiment_(SmallExperiment()), gateway_({"run-1", 2, 3, 8}, RealClock()), service_(&gateway_) {
    GrpcServerOptions options;
    options.role = "coordinator";
    auto server = GrpcServer::Start(options, {&service_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    CoordinatorLoopOptions loop;
    loop.experiment = &experiment_;
    loop.plan = *PlanRounds(experiment_);
    loop_ = std::make_unique<CoordinatorLoop>(loop, &gateway_, &service_, &sink_, RealClock());
  }

  // Plays the run on a thread of its own; FinishLoop returns how it ended.
  void StartLoop() {
    player_ = std::make_unique<NamedThread>("loop", [this] { loop_result_ = loop_->Run(); });
  }
  absl::Status FinishLoop() {
    player_.reset();
    return loop_result_;
  }

  v1::Hello HelloFrom(uint32_t agent) {
    v1::Hello hello;
    hello.set_agent(agent);
    hello.set_host("n7");
    hello.set_pid(4710 + agent);
    hello.set_run_id("run-1");
    return hello;
  }

  std::unique_ptr<CoordinatorSession> Join(uint32_t agent) {
    auto session = CoordinatorSession::Join(server_->address(), HelloFrom(agent), kSoon);
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? *std::move(session) : nullptr;
  }

  static v1::CoordinatorMessage MustRead(CoordinatorSession* session) {
    v1::CoordinatorMessage message;
    const absl::StatusOr<bool> came = session->Read(kSoon, &message);
    EXPECT_TRUE(came.ok() && *came) << came.status();
    return message;
  }

  // The status that ends the stream, after whatever messages were on the way.
  static absl::Status ReadToEnd(CoordinatorSession* session) {
    while (true) {
      v1::CoordinatorMessage message;
      const absl::StatusOr<bool> came = session->Read(kSoon, &message);
      if (!came.ok()) return came.status();
      if (!*came) return absl::UnknownError("the stream did not end");
    }
  }

  static v1::AgentMessage Answer(const v1::CoordinatorMessage& asked) {
    v1::AgentMessage answer;
    if (asked.has_round_start()) {
      answer.mutable_ready()->set_round(asked.round_start().round());
      answer.mutable_ready()->set_attempt(asked.round_start().attempt());
      return answer;
    }
    v1::StepReply* reply = answer.mutable_step_reply();
    reply->set_round(asked.step_request().round());
    reply->set_attempt(asked.step_request().attempt());
    reply->set_step(asked.step_request().step());
    for (int w = 0; w < asked.step_request().observations_size(); ++w) {
      v1::Action* action = reply->add_actions();
      for (float weight : {1.0f, 1.2f, 2.0f}) action->mutable_controls()->add_servers()->set_weight(weight);
    }
    return answer;
  }

  // Answers everything until Goodbye, or until a StepRequest of (round, step), which it returns unanswered.
  static v1::CoordinatorMessage Follow(CoordinatorSession* session, uint64_t round = ~0ull,
                                       uint64_t step = ~0ull) {
    while (true) {
      v1::CoordinatorMessage message = MustRead(session);
      const bool is_step = message.has_step_request();
      if (::testing::Test::HasFailure() || message.has_goodbye()) return message;
      if (is_step && message.step_request().round() == round && message.step_request().step() == step)
        return message;
      if (!is_step && !message.has_round_start()) continue;
      EXPECT_TRUE(session->Write(Answer(message)).ok());
    }
  }

  v1::Experiment experiment_;
  AgentGateway gateway_;
  CoordinatorService service_;
  MemorySink sink_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<CoordinatorLoop> loop_;
  absl::Status loop_result_;
  std::unique_ptr<NamedThread> player_;
};

TEST_F(CoordinatorServiceTest, PlaysAWholeRunAndSaysGoodbye) {
  StartLoop();
  auto a = Join(0), b = Join(1);
  EXPECT_EQ(a->welcome().agents(), 2u);
  EXPECT_EQ(a->welcome().servers(), 3u);
  {
    NamedThread other("agent-1", [&b] { Follow(b.get()); });
    const v1::CoordinatorMessage last = Follow(a.get());
    EXPECT_EQ(last.goodbye().reason(), "training finished");
  }
  EXPECT_EQ(ReadToEnd(a.get()).code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(FinishLoop().ok());
  EXPECT_THAT(sink_.episodes, SizeIs(4));

  CoordinatorStatusClient status(server_->address());
  const auto run = status.GetStatus(kSoon);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE(run->finished());
  EXPECT_EQ(run->episodes_finished(), 4u);
  EXPECT_EQ(run->agents(1).pid(), 4711);
  EXPECT_GT(run->barrier_p50_s(), 0);
}

TEST_F(CoordinatorServiceTest, RefusesAnAgentOfAnotherRunAndNamesThePeer) {
  v1::Hello hello = HelloFrom(0);
  hello.set_run_id("run-2");
  const auto session = CoordinatorSession::Join(server_->address(), hello, kSoon);
  EXPECT_EQ(session.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(session.status().message()),
              HasSubstr("coordinator at " + server_->address() + ": actor-0 belongs to run \"run-2\""));
}

TEST_F(CoordinatorServiceTest, RefusesAnAgentThatHasNoSeat) {
  const auto session = CoordinatorSession::Join(server_->address(), HelloFrom(7), kSoon);
  EXPECT_EQ(session.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(session.status().message()), HasSubstr("no seat for agent 7"));
}

TEST_F(CoordinatorServiceTest, RefusesAStreamThatDoesNotBeginWithHello) {
  auto stub = v1::Coordinator::NewStub(MakeGrpcChannel(server_->address()));
  grpc::ClientContext context;
  auto stream = stub->Join(&context);
  v1::AgentMessage message;
  message.mutable_ready();
  stream->Write(message);
  v1::CoordinatorMessage reply;
  EXPECT_FALSE(stream->Read(&reply));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(CoordinatorServiceTest, AGarbledReplyEndsTheStreamAndTheAgentMayComeBack) {
  StartLoop();
  auto a = Join(0), b = Join(1);
  NamedThread other("agent-1", [&b] { Follow(b.get()); });
  v1::AgentMessage garbled = Answer(Follow(a.get(), /*round=*/0, /*step=*/3));
  garbled.mutable_step_reply()->add_actions();  // three actions for two worlds
  ASSERT_TRUE(a->Write(garbled).ok());
  const absl::Status ended = ReadToEnd(a.get());
  EXPECT_EQ(ended.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(ended.message()),
              HasSubstr("3 actions, expected one for each of 1 agents in 2 worlds"));

  a = Join(0);
  const v1::CoordinatorMessage start = MustRead(a.get());
  EXPECT_EQ(start.round_start().first_step(), 0u);
  EXPECT_EQ(start.round_start().attempt(), 1u);
  ASSERT_TRUE(a->Write(Answer(start)).ok());
  Follow(a.get());
  EXPECT_TRUE(FinishLoop().ok());
  EXPECT_THAT(sink_.episodes, SizeIs(4));
}

TEST_F(CoordinatorServiceTest, AnAgentThatVanishesInMidRoundIsWaitedFor) {
  StartLoop();
  auto a = Join(0), b = Join(1);
  NamedThread other("agent-1", [&b] { Follow(b.get()); });
  Follow(a.get(), /*round=*/1, /*step=*/5);
  a.reset();
  a = Join(0);
  Follow(a.get());
  EXPECT_TRUE(FinishLoop().ok());
  ASSERT_THAT(sink_.episodes, SizeIs(4));
  EXPECT_EQ(sink_.episodes[2].mask(), std::string(16, '\1'));
}

TEST_F(CoordinatorServiceTest, ANewerStreamTakesTheSeatAndTheOlderIsTold) {
  auto older = Join(0);
  auto newer = Join(0);
  const absl::Status ended = ReadToEnd(older.get());
  EXPECT_EQ(ended.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("a newer stream took the seat of actor-0"));
  v1::CoordinatorMessage message;
  const auto came = newer->Read(absl::Milliseconds(1), &message);
  EXPECT_TRUE(came.ok() && !*came) << came.status();
}

TEST_F(CoordinatorServiceTest, OneStreamCarriesAllAgentsOfAHost) {
  StartLoop();
  v1::Hello hello = HelloFrom(0);
  hello.set_agents(2);
  auto session = CoordinatorSession::Join(server_->address(), hello, kSoon);
  ASSERT_TRUE(session.ok()) << session.status();
  const v1::CoordinatorMessage request = Follow(session->get(), /*round=*/0, /*step=*/3);
  EXPECT_EQ(request.step_request().observations_size(), 2 * 2);  // agents x worlds
  ASSERT_TRUE((*session)->Write(Answer(request)).ok());
  EXPECT_EQ(Follow(session->get()).goodbye().reason(), "training finished");
  EXPECT_TRUE(FinishLoop().ok());
  ASSERT_THAT(sink_.episodes, SizeIs(4));
  EXPECT_EQ(sink_.episodes[3].mask(), std::string(16, '\1'));
}

TEST_F(CoordinatorServiceTest, AStreamThatTakesOneSeatOfAnotherEndsItWhole) {
  v1::Hello both = HelloFrom(0);
  both.set_agents(2);
  auto older = CoordinatorSession::Join(server_->address(), both, kSoon);
  ASSERT_TRUE(older.ok()) << older.status();
  auto newer = Join(1);
  EXPECT_EQ(ReadToEnd(older->get()).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(gateway_.membership().Connected(), testing::ElementsAre(false, true));
}

TEST_F(CoordinatorServiceTest, AnAgentThatIsLateFindsTheNewestRequestAndNoBacklog) {
  experiment_.mutable_training()->set_clock(v1::Training::WALL);
  experiment_.mutable_training()->set_episodes(2);
  CoordinatorLoopOptions options;
  options.experiment = &experiment_;
  options.plan = *PlanRounds(experiment_);
  loop_ = std::make_unique<CoordinatorLoop>(options, &gateway_, &service_, &sink_, RealClock());
  StartLoop();
  auto a = Join(0), b = Join(1);
  NamedThread other("agent-0", [&a] { Follow(a.get()); });
  const v1::CoordinatorMessage missed = Follow(b.get(), 0, 2);
  // A step is told a moment before its request is out: once 7 is told, that of 6 is.
  for (const absl::Time end = absl::Now() + kSoon; gateway_.GetStatus().step() < 7 && absl::Now() < end;)
    std::this_thread::yield();
  ASSERT_TRUE(b->Write(Answer(missed)).ok());
  const v1::CoordinatorMessage next = MustRead(b.get());
  EXPECT_TRUE(next.has_round_end() || next.step_request().step() >= 6)
      << next.ShortDebugString().substr(0, 200);
  if (next.has_step_request()) {
    ASSERT_TRUE(b->Write(Answer(next)).ok());
  }
  Follow(b.get());
  EXPECT_TRUE(FinishLoop().ok());
  EXPECT_GE(gateway_.barrier().late_replies(), 1u);
}

TEST_F(CoordinatorServiceTest, AStallReachesTheAgentsWithItsCause) {
  experiment_.mutable_barrier()->set_stall_after_seconds(0.2);
  CoordinatorLoopOptions options;
  options.experiment = &experiment_;
  options.plan = *PlanRounds(experiment_);
  loop_ = std::make_unique<CoordinatorLoop>(options, &gateway_, &service_, &sink_, RealClock());
  StartLoop();
  auto a = Join(0), b = Join(1);
  MustRead(a.get());
  const absl::Status stalled = FinishLoop();
  EXPECT_EQ(stalled.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(stalled.message()), HasSubstr("stalled: actor-0 (host n7, pid 4710) is late"));
  EXPECT_THAT(std::string(ReadToEnd(a.get()).message()),
              HasSubstr("stalled: actor-0 (host n7, pid 4710) is late"));
}

TEST_F(CoordinatorServiceTest, StreamsWithoutEndAreRefused) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>>> streams;
  auto stub = v1::Coordinator::NewStub(MakeGrpcChannel(server_->address()));
  for (size_t i = 0; i < service_.max_streams(); ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    streams.push_back(stub->Join(contexts.back().get()));
  }
  absl::Status one_more;  // refused once the server has taken in all the calls above
  for (int attempt = 0; attempt < 1000 && one_more.ok(); ++attempt) {
    one_more = CoordinatorSession::Join(server_->address(), HelloFrom(0), kSoon).status();
  }
  EXPECT_EQ(one_more.code(), absl::StatusCode::kResourceExhausted) << one_more;
  for (auto& context : contexts) context->TryCancel();
}

TEST(CoordinatorSessionTest, ACoordinatorThatIsNotThereIsUnavailableAndNamed) {
  v1::Hello hello;
  const auto session = CoordinatorSession::Join("127.0.0.1:1", hello, kSoon);
  EXPECT_EQ(session.status().code(), absl::StatusCode::kUnavailable) << session.status();
  EXPECT_THAT(std::string(session.status().message()), HasSubstr("coordinator at 127.0.0.1:1: "));
}

TEST_F(CoordinatorServiceTest, CancelEndsTheReadOfAnotherThread) {
  auto session = Join(0);
  absl::Status ended;
  {
    NamedThread reader("reader", [&] { ended = ReadToEnd(session.get()); });
    session->Cancel();
  }
  EXPECT_EQ(ended.code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace evenkeel
