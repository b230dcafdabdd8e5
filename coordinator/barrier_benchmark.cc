#include "coordinator/barrier_benchmark.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/child_processes.h"
#include "common/clock.h"
#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/coordinator_client.h"
#include "coordinator/coordinator_service.h"

namespace evenkeel {
namespace {

constexpr BarrierBenchmarkSize kSix = {6, 1, 1, 2000};
constexpr int kRepetitions = 3;
constexpr int kServersInRequest = 20;  // x 13 floats = 1 KB
constexpr int kServersInReply = 80;    // x 12 bytes = 1 KB
constexpr char kRunId[] = "bench";
constexpr absl::Duration kPatience = absl::Seconds(30);

v1::CoordinatorMessage MakeRequest(int seats) {
  v1::CoordinatorMessage message;
  for (int seat = 0; seat < seats; ++seat) {
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
  }
  return message;
}

v1::AgentMessage MakeReply(int seats) {
  v1::AgentMessage message;
  for (int seat = 0; seat < seats; ++seat) {
    v1::Action* action = message.mutable_step_reply()->add_actions();
    for (int server = 0; server < kServersInReply; ++server) {
      v1::ServerControl* control = action->mutable_controls()->add_servers();
      control->set_weight(1.5f);
      control->set_bias(0.5f);
    }
  }
  return message;
}

// The coordinator's side.
class Bench {
 public:
  explicit Bench(const BarrierBenchmarkSize& size)
      : size_(size),
        gateway_({kRunId, size.agents(), kServersInRequest, uint64_t{kRepetitions + 1} * size.steps},
                 RealClock()),
        service_(&gateway_),
        request_(MakeRequest(size.seats_per_stream)) {}

  absl::Status Start() {
    GrpcServerOptions options;
    options.role = "barrier benchmark";
    options.traffic = GrpcTraffic::kSmallMessages;
    EK_ASSIGN_OR_RETURN(server_, GrpcServer::Start(options, {&service_}));
    const int agents_per_process = size_.streams_per_process * size_.seats_per_stream;
    for (int process = 0; process < size_.processes; ++process) {
      EK_RETURN_IF_ERROR(children_.Start(
          {kBarrierBenchmarkAgent, server_->address(), absl::StrCat(process * agents_per_process),
           absl::StrCat(size_.seats_per_stream), absl::StrCat(size_.streams_per_process)}));
    }
    EK_RETURN_IF_ERROR(AwaitJoined());
    gateway_.BeginRound(0, 0, 0, /*worlds=*/1);
    return absl::OkStatus();
  }

  // Time of one joint step.
  absl::StatusOr<absl::Duration> Step() {
    request_.mutable_step_request()->set_step(step_);
    gateway_.barrier().Open(gateway_.StepNumber(step_++), std::vector<bool>(size_.agents(), true));
    const absl::Time begin = RealClock()->Now();
    for (StreamId stream : streams_) service_.Send(stream, request_);
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
    barrier.Open(AgentGateway::kJoinNumber, std::vector<bool>(size_.agents(), true));
    const absl::Time deadline = RealClock()->Now() + kPatience;
    const size_t wanted = static_cast<size_t>(size_.processes) * size_.streams_per_process;
    while (streams_.size() < wanted && barrier.Wait(deadline) == StepBarrier::Wake::kInterrupted) {
      for (const Membership::Joined& one : gateway_.membership().TakeJoined()) streams_.push_back(one.stream);
    }
    barrier.Close();
    if (streams_.size() == wanted) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat("only ", streams_.size(), " of ", wanted,
                                               " streams joined within ", absl::FormatDuration(kPatience)));
  }

  const BarrierBenchmarkSize size_;
  AgentGateway gateway_;
  CoordinatorService service_;
  std::unique_ptr<GrpcServer> server_;
  ChildProcesses children_;
  std::vector<StreamId> streams_;
  v1::CoordinatorMessage request_;
  uint64_t step_ = 0;
};

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

// One stream: answers until Goodbye.
absl::Status Answer(const std::string& address, int first, int seats) {
  v1::Hello hello;
  hello.set_agent(first);
  hello.set_agents(seats);
  hello.set_run_id(kRunId);
  hello.set_pid(::getpid());
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<CoordinatorSession> session,
                      CoordinatorSession::Join(address, hello, kPatience));
  v1::AgentMessage reply = MakeReply(seats);
  v1::CoordinatorMessage message;
  while (true) {
    EK_ASSIGN_OR_RETURN(const bool came, session->Read(kPatience, &message));
    if (came && message.has_goodbye()) return absl::OkStatus();
    if (!came || !message.has_step_request()) continue;
    reply.mutable_step_reply()->set_step(message.step_request().step());
    EK_RETURN_IF_ERROR(session->Write(reply));
  }
}

}  // namespace

absl::StatusOr<BarrierTimes> MeasureBarrier(const BarrierBenchmarkSize& size) {
  Bench bench(size);
  EK_RETURN_IF_ERROR(bench.Start());
  for (int step = 0; step < size.steps / 4; ++step) EK_RETURN_IF_ERROR(bench.Step().status());
  std::vector<double> p50_ms, p99_ms;
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    std::vector<double> times_ms;
    for (int step = 0; step < size.steps; ++step) {
      EK_ASSIGN_OR_RETURN(const absl::Duration took, bench.Step());
      times_ms.push_back(absl::ToDoubleMilliseconds(took));
    }
    std::sort(times_ms.begin(), times_ms.end());
    p50_ms.push_back(times_ms[times_ms.size() / 2]);
    p99_ms.push_back(times_ms[times_ms.size() * 99 / 100]);
  }
  EK_RETURN_IF_ERROR(bench.Finish());
  return BarrierTimes{Median(p50_ms), Median(p99_ms)};
}

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkBarrier() {
  EK_ASSIGN_OR_RETURN(const BarrierTimes six, MeasureBarrier(kSix));
  std::vector<BenchmarkResult> results = {{"barrier.p50_ms.n6", six.p50_ms, "ms"},
                                          {"barrier.p99_ms.n6", six.p99_ms, "ms"}};
  for (const BarrierBenchmarkSize& size :
       {BarrierBenchmarkSize{4, 2, 8, 300}, {4, 2, 32, 100}, {4, 2, 128, 30}}) {
    EK_ASSIGN_OR_RETURN(const BarrierTimes times, MeasureBarrier(size));
    results.push_back({absl::StrCat("barrier.p50_ms.n", size.agents()), times.p50_ms, "ms"});
  }
  return results;
}

int RunBarrierBenchmarkAgents(const std::string& address, int first, int seats, int streams) {
  std::atomic<int> failed{0};
  {
    std::vector<NamedThread> threads;
    for (int stream = 0; stream < streams; ++stream) {
      threads.emplace_back("bench-agent", [&, at = first + stream * seats] {
        const absl::Status status = Answer(address, at, seats);
        if (status.ok()) return;
        ++failed;
        std::cerr << "evenkeel " << kBarrierBenchmarkAgent << " " << at << ": error: " << status.message()
                  << "\n";
      });
    }
  }
  return failed == 0 ? 0 : 1;
}

}  // namespace evenkeel
