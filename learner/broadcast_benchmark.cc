#include "learner/broadcast_benchmark.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/child_processes.h"
#include "common/clock.h"
#include "common/grpc_server.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "learner/checkpoint_client.h"
#include "learner/learner_service.h"
#include "learner/policy_broadcaster.h"

namespace evenkeel {
namespace {

constexpr uint64_t kVersions = 3;  // after version 0, which shows that all are there
constexpr absl::Duration kPatience = absl::Seconds(60);

SharedPolicy MakePolicy(uint64_t version, size_t bytes) {
  Rng rng(version);
  std::string data;
  data.reserve(bytes);
  while (data.size() + sizeof(float) <= bytes) {
    const float weight = static_cast<float>(0.1 * rng.Normal());
    data.append(reinterpret_cast<const char*>(&weight), sizeof(weight));
  }
  auto policy = std::make_shared<v1::PolicyParameters>();
  policy->set_version(version);
  policy->add_tensors()->set_data(std::move(data));
  return policy;
}

// Closes what it holds when it goes.
struct Pipe {
  ~Pipe() {
    for (int end : ends) ::close(end);
  }
  int ends[2] = {-1, -1};
};

// Waits for one byte from each process.
absl::Status AwaitReports(int reports, int processes) {
  const absl::Time deadline = RealClock()->Now() + kPatience;
  for (int reported = 0; reported < processes;) {
    pollfd waiting = {reports, POLLIN, 0};
    const int64_t left_ms = absl::ToInt64Milliseconds(deadline - RealClock()->Now());
    char bytes[64];
    if (left_ms <= 0 || ::poll(&waiting, 1, static_cast<int>(left_ms)) <= 0) {
      return absl::DeadlineExceededError(absl::StrCat("only ", reported, " of ", processes,
                                                      " processes of subscribers hold the policy after ",
                                                      absl::FormatDuration(kPatience)));
    }
    const ssize_t count = ::read(reports, bytes, std::min<size_t>(sizeof(bytes), processes - reported));
    if (count <= 0) return absl::InternalError("the pipe of the subscribers' reports broke");
    reported += static_cast<int>(count);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<double> MeasureBroadcast(int processes, int subscribers, size_t bytes) {
  PolicyBroadcaster policies;
  policies.Publish(MakePolicy(0, 0));
  LearnerService service(&policies, [] { return v1::LearnerStatus(); });
  GrpcServerOptions options;
  options.role = "broadcast benchmark";
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<GrpcServer> server, GrpcServer::Start(options, {&service}));
  Pipe reports;
  if (::pipe(reports.ends) != 0) return absl::ResourceExhaustedError("cannot make a pipe");
  ChildProcesses children;
  for (int process = 0; process < processes; ++process) {
    EK_RETURN_IF_ERROR(children.Start({kBroadcastBenchmarkSubscribers, server->address(),
                                       absl::StrCat(subscribers), absl::StrCat(reports.ends[1])}));
  }
  EK_RETURN_IF_ERROR(AwaitReports(reports.ends[0], processes));
  std::vector<double> times_s;
  for (uint64_t version = 1; version <= kVersions; ++version) {
    SharedPolicy policy = MakePolicy(version, bytes);
    const absl::Time begin = RealClock()->Now();
    policies.Publish(std::move(policy));
    EK_RETURN_IF_ERROR(AwaitReports(reports.ends[0], processes));
    times_s.push_back(absl::ToDoubleSeconds(RealClock()->Now() - begin));
  }
  const absl::Status ended = children.Join();
  policies.Close();
  server->Shutdown(kPatience);
  EK_RETURN_IF_ERROR(ended);
  std::sort(times_s.begin(), times_s.end());
  return times_s[times_s.size() / 2];
}

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkBroadcast() {
  EK_ASSIGN_OR_RETURN(const double seconds, MeasureBroadcast(4, 64, 10 << 20));
  return std::vector<BenchmarkResult>{{"broadcast.s.n256", seconds, "s"}};
}

int RunBroadcastBenchmarkSubscribers(const std::string& address, int count, int reports) {
  std::vector<std::unique_ptr<PolicySubscription>> subscriptions;
  for (int i = 0; i < count; ++i) {
    PolicySubscription::Options options;
    options.subscriber = absl::StrCat("subscriber-", i);
    options.find_address = [address] { return address; };
    subscriptions.push_back(std::make_unique<PolicySubscription>(std::move(options), RealClock()));
  }
  const absl::Notification never;
  for (uint64_t version = 0; version <= kVersions; ++version) {
    for (const auto& subscription : subscriptions) {
      const absl::Status status = subscription->AwaitVersion(version, kPatience, &never).status();
      if (status.ok()) continue;
      std::cerr << "evenkeel " << kBroadcastBenchmarkSubscribers << ": error: " << status.message() << "\n";
      return 1;
    }
    if (::write(reports, "x", 1) != 1) return 1;
  }
  return 0;
}

}  // namespace evenkeel
