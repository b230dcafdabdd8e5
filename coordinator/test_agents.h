// A whole set of agents without processes or threads, for tests: it answers inside Send, or later on a
// scripted clock.
#ifndef EVENKEEL_COORDINATOR_TEST_AGENTS_H_
#define EVENKEEL_COORDINATOR_TEST_AGENTS_H_

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/agent_port.h"
#include "protos/coordinator.pb.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// A small world: 2 LBs, 3 servers, episodes of 2 s in 8 steps, 2 worlds at once, 4 episodes in all.
inline v1::Experiment SmallExperiment() {
  v1::Experiment experiment;
  experiment.set_seed(7);
  experiment.mutable_topology()->set_lbs(2);
  for (uint32_t vcpus : {2u, 2u, 4u}) {
    v1::ServerGroup* group = experiment.mutable_topology()->add_servers();
    group->set_name("server");
    group->set_count(1);
    group->set_vcpus(vcpus);
    group->set_workers(32);
    group->set_backlog(128);
    group->set_speed(1);
    group->set_hyper_thread_gain(1);
  }
  experiment.mutable_workload()->set_flows_per_second(200);
  v1::FlowClass* pages = experiment.mutable_workload()->add_classes();
  pages->set_name("pages");
  pages->set_share(1);
  pages->mutable_exponential()->set_mean_seconds(0.03);
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  for (double level : {1.0, 1.2, 1.4, 1.6, 1.8, 2.0}) experiment.mutable_agent()->add_action_levels(level);
  experiment.mutable_agent()->set_reservoir_samples(128);
  experiment.mutable_agent()->set_reservoir_probability(1);
  experiment.mutable_agent()->set_duration_decay_per_second(0.9);
  experiment.mutable_reward()->set_kind(v1::Reward::PRODUCT);
  experiment.mutable_reward()->set_new_value_share(0.9);
  experiment.mutable_algorithm()->set_name("test");
  experiment.mutable_training()->set_episodes(4);
  experiment.mutable_training()->set_worlds(2);
  experiment.mutable_training()->set_episode_seconds(2);
  experiment.mutable_training()->set_updates_per_episode(25);
  experiment.mutable_training()->set_warmup_episodes(2);
  experiment.mutable_training()->set_clock(v1::Training::SIMULATED);
  experiment.mutable_barrier()->set_deadline_seconds(0.2);
  experiment.mutable_barrier()->set_stall_after_seconds(60);
  experiment.mutable_barrier()->set_join_seconds(30);
  return experiment;
}

// A ManualClock on which things happen at given times, while somebody waits or sleeps.
class ScriptedClock : public ManualClock {
 public:
  explicit ScriptedClock(absl::Time start) : ManualClock(start) {}

  void At(absl::Time time, std::function<void()> event) { events_.emplace(time, std::move(event)); }

  void SleepUntil(absl::Time deadline) override {
    while (RunNext(deadline)) continue;
    ManualClock::SleepUntil(deadline);
  }

  bool AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition,
                         absl::Time deadline) override ABSL_NO_THREAD_SAFETY_ANALYSIS {
    while (!condition.Eval()) {
      mutex->Unlock();
      const bool more = RunNext(deadline);
      mutex->Lock();
      if (!more) break;
    }
    return ManualClock::AwaitWithDeadline(mutex, condition, deadline);
  }

 private:
  bool RunNext(absl::Time deadline) {
    if (events_.empty() || events_.begin()->first > deadline) return false;
    ManualClock::SleepUntil(events_.begin()->first);
    const std::function<void()> event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
    return true;
  }

  std::multimap<absl::Time, std::function<void()>> events_;
};

// Agents that choose levels from what they see and have seen since their round began, and record what they
// were sent. An agent that joins anew has seen nothing. Single-threaded.
class TestAgents : public AgentPort {
 public:
  struct Sent {
    int agent;
    StreamId stream;
    v1::CoordinatorMessage message;
  };

  explicit TestAgents(AgentGateway* gateway) : gateway_(gateway) {}

  // Decides on every message before the agent answers; false = the agent does not answer.
  std::function<bool(const Sent&)> on_sent = [](const Sent&) { return true; };

  // May spoil a reply.
  std::function<void(int agent, v1::StepReply*)> on_reply = [](int, v1::StepReply*) {};

  void Join(int agent) {
    v1::Hello hello;
    hello.set_agent(agent);
    hello.set_host("n7");
    hello.set_pid(4710 + agent);
    hello.set_run_id(gateway_->options().run_id);
    streams_[agent] = ++newest_stream_;
    memory_[agent] = 0;
    error.Update(gateway_->CheckHello(hello).status());
    error.Update(gateway_->Seat({agent, 1}, newest_stream_, hello));
  }

  void Break(int agent) {
    gateway_->Leave({agent, 1}, streams_[agent]);
    streams_.erase(agent);
  }

  void Send(StreamId stream, const v1::CoordinatorMessage& message) override {
    const auto held = std::find_if(streams_.begin(), streams_.end(),
                                   [stream](const auto& seat) { return seat.second == stream; });
    if (held == streams_.end()) return;
    const int agent = held->first;
    sent.push_back({agent, stream, message});
    if (on_sent(sent.back())) Answer({agent, stream, message});
  }

  void EndAll(const absl::Status& status, const std::string& reason) override {
    end_status = status;
    end_reason = reason;
  }

  void Answer(const Sent& asked) {
    v1::AgentMessage answer;
    if (asked.message.has_round_start()) {
      const v1::RoundStart& start = asked.message.round_start();
      memory_[asked.agent] = 0;
      answer.mutable_ready()->set_round(start.round());
      answer.mutable_ready()->set_attempt(start.attempt());
      answer.mutable_ready()->set_policy_version(start.min_policy_version());
    } else if (asked.message.has_step_request()) {
      *answer.mutable_step_reply() = Reply(asked.agent, asked.message.step_request());
      on_reply(asked.agent, answer.mutable_step_reply());
    } else {
      return;
    }
    error.Update(gateway_->Receive({asked.agent, 1}, asked.stream, std::move(answer)).status());
  }

  // The messages that the agent was sent, in order.
  std::vector<v1::CoordinatorMessage> To(int agent) const {
    std::vector<v1::CoordinatorMessage> messages;
    for (const Sent& one : sent) {
      if (one.agent == agent) messages.push_back(one.message);
    }
    return messages;
  }

  std::vector<Sent> sent;
  absl::Status error;  // first refusal of the gateway
  absl::Status end_status = absl::UnknownError("EndAll was not called");
  std::string end_reason;

 private:
  v1::StepReply Reply(int agent, const v1::StepRequest& request) {
    uint32_t& memory = memory_[agent];
    v1::StepReply reply;
    reply.set_round(request.round());
    reply.set_attempt(request.attempt());
    reply.set_step(request.step());
    for (const v1::Observation& seen : request.observations()) {
      v1::Action* action = reply.add_actions();
      for (int server = 0; server < seen.open_flows_size(); ++server) {
        const uint32_t level = (static_cast<uint32_t>(seen.open_flows(server)) + agent + server + memory) % 6;
        action->add_levels(level);
        action->mutable_controls()->add_servers()->set_weight(1 + 0.2f * level);
      }
      memory = memory * 31 + static_cast<uint32_t>(seen.flows_finished(0)) + 1;
    }
    return reply;
  }

  AgentGateway* const gateway_;
  std::map<int, StreamId> streams_;
  std::map<int, uint32_t> memory_;
  StreamId newest_stream_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_TEST_AGENTS_H_
