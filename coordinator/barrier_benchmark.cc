#include "coordinator/barrier_benchmark.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/grpc_server.h"
#include "common/status_macros.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/coordinator_client.h"
#include "coordinator/coordinator_service.h"

namespace evenkeel {
namespace {

constexpr int kAgents = 6;
constexpr int kWarmUpSteps = 500;
constexpr int kRepetitions = 3;
constexpr int kStepsPerRepetition = 2000;
constexpr int kServersInRequest = 20;  // x 13 floats = 1 KB
constexpr int kServersInReply = 80;    // x 12 bytes = 1 KB
constexpr char kRunId[] = "bench";
constexpr absl::Duration kPatience = absl::Seconds(30);

// The agents' processes; whoever is left when this ends is killed and reaped.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  ~Children() {
    for (pid_t pid : pids_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }

  absl::Status Start(const std::string& address, int index) {
    std::string name = kBarrierBenchmarkAgent, where = address, which = absl::StrCat(index),
                program = "evenkeel";
    const std::array<char*, 5> arguments = {program.data(), name.data(), where.data(), which.data(), nullptr};
    pid_t pid;
    const int error = ::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
    if (error != 0)
      return absl::UnavailableError(absl::StrCat("cannot start agent ", index, ": ", ::strerror(error)));
    pids_.push_back(pid);
    return absl::OkStatus();
  }

  // Waits for all to end after Goodbye.
  absl::Status Join() {
    while (!pids_.empty()) {
      const pid_t pid = pids_.back();
      pids_.pop_back();
      int how;
      ::waitpid(pid, &how, 0);
      if (!WIFEXITED(how) || WEXITSTATUS(how) != 0) {
        return absl::InternalError(absl::StrCat("agent ", pids_.size(), " (pid ", pid, ") failed"));
      }
    }
    return absl::OkStatus();
  }

 private:
  std::vector<pid_t> pids_;
};

v1::CoordinatorMessage MakeRequest() {
  v1::CoordinatorMessage message;
  v1::Observation* seen = message.mutable_step_request()->add_observations();
  for (int server = 0; server < kServersInRequest; ++server) {
    for (auto* field :
         {seen->mutable_open_flows(), seen->mutable_flow_duration_mean(), seen->mutable_flow_duration_p90(),
          seen->mutable_flow_duration_std(), seen->mutable_flow_duration_mean_decayed(),
          seen->mutable_flow_duration_p90_decayed(), seen->mutable_mean_open_flows(),
          seen->mutable_flows_sent(), seen->mutable_flows_finished(), seen->mutable_flows_rejected(),
          seen->mutable_flow_duration_sum(), seen->mutable_busy_workers(), seen->mutable_available()}) {
      field->Add(0.125f * server);
    }
  }
  return message;
}

v1::AgentMessage MakeReply() {
  v1::AgentMessage message;
  v1::Action* action = message.mutable_step_reply()->add_actions();
  for (int server = 0; server < kServersInReply; ++server) {
    v1::ServerControl* control = action->mutable_controls()->add_servers();
    control->set_weight(1.5f);
    control->set_bias(0.5f);
  }
  return message;
}

// The coordinator's side.
class Bench {
 public:
  static absl::StatusOr<std::unique_ptr<Bench>> Start() {
    auto bench = std::make_unique<Bench>();
    GrpcServerOptions options;
    options.role = "barrier benchmark";
    options.traffic = GrpcTraffic::kSmallMessages;
    EK_ASSIGN_OR_RETURN(bench->server_, GrpcServer::Start(options, {&bench->service_}));
    for (int agent = 0; agent < kAgents; ++agent) {
      EK_RETURN_IF_ERROR(bench->children_.Start(bench->server_->address(), agent));
    }
    EK_RETURN_IF_ERROR(bench->AwaitJoined());
    bench->gateway_.BeginRound(0, 0, /*worlds=*/1);
    return bench;
  }

  // Time of one joint step.
  absl::StatusOr<absl::Duration> Step() {
    request_.mutable_step_request()->set_step(step_);
    gateway_.barrier().Open(gateway_.StepNumber(0, step_++), std::vector<bool>(kAgents, true));
    const absl::Time begin = RealClock()->Now();
    for (int agent = 0; agent < kAgents; ++agent) service_.Send(agent, streams_[agent], request_);
    const absl::Time deadline = begin + kPatience;
    StepBarrier::Wake wake = StepBarrier::Wake::kInterrupted;
    while (wake == StepBarrier::Wake::kInterrupted) wake = gateway_.barrier().Wait(deadline);
    const absl::Duration took = RealClock()->Now() - begin;
    const StepBarrier::Outcome outcome = gateway_.barrier().Close();
    if (outcome.missing.empty()) return took;
    return absl::DeadlineExceededError(absl::StrCat(
        gateway_.membership().Name(outcome.missing[0]), " did not reply within ",
        absl::FormatDuration(kPatience), ": ", gateway_.membership().Whereabouts(outcome.missing[0])));
  }

  absl::Status Finish() {
    service_.EndAll(absl::OkStatus(), "benchmark finished");
    const absl::Status ended = children_.Join();
    server_->Shutdown(kPatience);
    return ended;
  }

 private:
  absl::Status AwaitJoined() {
    StepBarrier& barrier = gateway_.barrier();
    barrier.Open(AgentGateway::kJoinNumber, std::vector<bool>(kAgents, true));
    const absl::Time deadline = RealClock()->Now() + kPatience;
    int joined = 0;
    while (joined < kAgents && barrier.Wait(deadline) == StepBarrier::Wake::kInterrupted) {
      for (const Membership::Joined& one : gateway_.membership().TakeJoined()) {
        streams_[one.agent] = one.stream;
        ++joined;
      }
    }
    barrier.Close();
    if (joined == kAgents) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("only ", joined, " of ", kAgents, " agents joined within ",
                                               absl::FormatDuration(kPatience)));
  }

  AgentGateway gateway_{
      {kRunId, kAgents, kServersInRequest, kWarmUpSteps + uint64_t{kRepetitions} * kStepsPerRepetition},
      RealClock()};
  CoordinatorService service_{&gateway_};
  std::unique_ptr<GrpcServer> server_;
  Children children_;
  std::array<StreamId, kAgents> streams_{};
  v1::CoordinatorMessage request_ = MakeRequest();
  uint64_t step_ = 0;
};

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkBarrier() {
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Bench> bench, Bench::Start());
  for (int step = 0; step < kWarmUpSteps; ++step) EK_RETURN_IF_ERROR(bench->Step().status());
  std::vector<double> p50_ms, p99_ms;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    std::vector<double> times_ms;
    for (int step = 0; step < kStepsPerRepetition; ++step) {
      EK_ASSIGN_OR_RETURN(const absl::Duration took, bench->Step());
      times_ms.push_back(absl::ToDoubleMilliseconds(took));
    }
    std::sort(times_ms.begin(), times_ms.end());
    p50_ms.push_back(times_ms[kStepsPerRepetition / 2]);
    p99_ms.push_back(times_ms[kStepsPerRepetition * 99 / 100]);
  }
  EK_RETURN_IF_ERROR(bench->Finish());
  return std::vector<BenchmarkResult>{{"barrier.p50_ms.n6", Median(p50_ms), "ms"},
                                      {"barrier.p99_ms.n6", Median(p99_ms), "ms"}};
}

int RunBarrierBenchmarkAgent(const std::string& address, int index) {
  v1::Hello hello;
  hello.set_agent(index);
  hello.set_run_id(kRunId);
  hello.set_pid(::getpid());
  auto session = CoordinatorSession::Join(address, hello, kPatience);
  absl::Status status = session.status();
  v1::AgentMessage reply = MakeReply();
  v1::CoordinatorMessage message;
  while (status.ok()) {
    const absl::StatusOr<bool> came = (*session)->Read(kPatience, &message);
    if (came.ok() && !*came) continue;
    status = came.status();
    if (status.ok() && message.has_goodbye()) return 0;
    if (!status.ok() || !message.has_step_request()) continue;
    reply.mutable_step_reply()->set_step(message.step_request().step());
    status = (*session)->Write(reply);
  }
  std::cerr << "evenkeel " << kBarrierBenchmarkAgent << " " << index << ": error: " << status.message()
            << "\n";
  return 1;
}

}  // namespace evenkeel
