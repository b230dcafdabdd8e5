#include "actor/actor_main.h"

#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/coordinator_environment.h"
#include "actor/policy_holder.h"
#include "actor/rollout_loop.h"
#include "algorithms/registry.h"
#include "common/endpoint.h"
#include "common/freed_memory.h"
#include "common/status_macros.h"
#include "learner/checkpoint_client.h"

namespace evenkeel {
namespace {

// What is added to barrier.stall_after_seconds: where a coordinator also sees the stall, it knows more and
// speaks first.
constexpr absl::Duration kStallGrace = absl::Seconds(5);

std::function<absl::StatusOr<std::string>()> EndpointFinder(const ActorServerOptions& options,
                                                            const std::string& role) {
  return [run_folder = options.run_folder, clock = options.clock, role]() -> absl::StatusOr<std::string> {
    absl::StatusOr<std::string> address = AwaitEndpoint(run_folder, role, absl::Milliseconds(500), clock);
    if (absl::IsDeadlineExceeded(address.status())) return absl::UnavailableError(address.status().message());
    return address;
  };
}

v1::Hello MakeHello(const ActorServerOptions& options) {
  char host[256] = "unknown";
  ::gethostname(host, sizeof(host) - 1);
  v1::Hello hello;
  hello.set_agent(options.agent);
  hello.set_agents(options.agents);
  hello.set_host(host);
  hello.set_pid(::getpid());
  hello.set_run_id(options.run_id);
  return hello;
}

absl::StatusOr<std::unique_ptr<Policy>> MakePolicy(const AlgorithmInfo& algorithm,
                                                   const ActorServerOptions& options, int agent,
                                                   const std::vector<float>& nominal_weights) {
  PolicyContext context;
  context.experiment = &options.experiment;
  context.agent = agent;
  context.agents = static_cast<int>(options.experiment.topology().lbs());
  context.servers = static_cast<int>(nominal_weights.size());
  context.nominal_weights = nominal_weights;
  return algorithm.make_policy(context);
}

std::unique_ptr<PolicySubscription> Subscribe(const ActorServerOptions& options) {
  PolicySubscription::Options subscription;
  subscription.subscriber = absl::StrCat("actor-", options.agent);
  subscription.find_address = EndpointFinder(options, "learner");
  return std::make_unique<PolicySubscription>(std::move(subscription), options.clock);
}

absl::Status CheckAgents(const ActorServerOptions& options, int64_t agents) {
  for (const int64_t agent :
       {int64_t{options.agent}, int64_t{options.agent} + std::max(1, options.agents) - 1}) {
    if (agent >= 0 && agent < agents) continue;
    return absl::InvalidArgumentError(absl::StrCat("there is no agent ", agent, ": topology.lbs = ", agents,
                                                   " has agents 0 to ", agents - 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ServeActor(const ActorServerOptions& options, absl::Notification* stop) {
  const uint32_t agents = options.experiment.topology().lbs();
  EK_RETURN_IF_ERROR(CheckAgents(options, agents));
  EK_ASSIGN_OR_RETURN(const AlgorithmInfo* algorithm, FindAlgorithm(options.experiment.algorithm().name()));
  const v1::Barrier& barrier = options.experiment.barrier();
  const absl::Duration stall_after = absl::Seconds(barrier.stall_after_seconds());

  std::unique_ptr<PolicySubscription> learner;
  if (algorithm->kind == AlgorithmKind::kLearned) {
    KeepFreedMemory();
    learner = Subscribe(options);
  }
  std::vector<std::unique_ptr<PolicyHolder>> policies;
  std::vector<PolicyHolder*> acting;
  for (int agent = options.agent; agent < options.agent + options.agents; ++agent) {
    PolicyHolder::Options policy_options;
    policy_options.make_policy = [&options, algorithm, agent](const std::vector<float>& weights) {
      return MakePolicy(*algorithm, options, agent, weights);
    };
    policy_options.source = learner.get();
    policy_options.patience = stall_after;
    policies.push_back(std::make_unique<PolicyHolder>(std::move(policy_options)));
    acting.push_back(policies.back().get());
  }
  CoordinatorEnvironment environment(MakeHello(options), EndpointFinder(options, "coordinator"));
  RolloutLoop::Options loop_options;
  loop_options.stall_after = std::max(stall_after, absl::Seconds(barrier.join_seconds())) + kStallGrace;
  RolloutLoop loop(loop_options, &environment, acting, options.clock);
  LOG(INFO) << "actor " << options.agent << " (" << options.agents << " on its stream) of " << agents
            << " acts by " << algorithm->name;
  EK_ASSIGN_OR_RETURN(const std::string reason, loop.Run(stop));
  LOG(INFO) << "actor " << options.agent << " ends after " << loop.steps() << " steps: " << reason;
  return absl::OkStatus();
}

}  // namespace evenkeel
