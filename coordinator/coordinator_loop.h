// The loop that plays an experiment: rounds of worlds, step by step, with every agent at the barrier. Knows
// no transport and no storage. Simulated time and wall-clock time are two clocks of this one loop.
#ifndef EVENKEEL_COORDINATOR_COORDINATOR_LOOP_H_
#define EVENKEEL_COORDINATOR_COORDINATOR_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/agent_port.h"
#include "coordinator/episode_sink.h"
#include "coordinator/round.h"
#include "coordinator/round_plan.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct CoordinatorLoopOptions {
  const v1::Experiment* experiment = nullptr;  // resolved; outlives the loop
  RoundPlan plan;                              // PlanRounds(*experiment)
  bool learns = false;  // the algorithm has a trainer: rounds wait for policy versions, and agents explore
  uint64_t first_round = 0;
  std::function<void(const std::string&)> warn = [](const std::string&) {};  // called now and then by Run
};

// Simulated clock: a step waits for every agent, up to barrier.stall_after_seconds, also for one whose stream
// broke; it rejoins with RoundStart{first_step} and goes on without the recurrent state it had. The same
// experiment and the same policies give the same episodes, bit for bit.
//
// Wall clock: step k of a round is asked at t0 + k x interval, whatever came before, so the interval never
// stretches. An agent that has not replied within barrier.deadline_seconds is masked, and its data plane
// keeps what it set last.
class CoordinatorLoop {
 public:
  // All pointers outlive the loop.
  CoordinatorLoop(CoordinatorLoopOptions options, AgentGateway* gateway, AgentPort* port, EpisodeSink* sink,
                  Clock* clock);

  // Plays rounds from first_round until training.episodes are done, then sends the agents away. Blocks for
  // the whole run.
  //   OK                 all episodes are done
  //   CANCELLED          Stop was called
  //   UNAVAILABLE        agents did not join within barrier.join_seconds; names them
  //   DEADLINE_EXCEEDED  "stalled: ..." somebody was waited for longer than barrier.stall_after_seconds (at the start
  //                      of a round: that for each update that the awaited policy version needs); names who, for
  //                      what, since when and where the run stands
  //   other              the first error of the worlds or the sink
  absl::Status Run();

  // Run returns CANCELLED after the joint step under way, or 1 s later if that does not end. Any thread, any
  // time.
  void Stop();

 private:
  static constexpr absl::Duration StopGrace() { return absl::Seconds(1); }

  absl::Status PlayAll();
  absl::Status AwaitJoined();
  absl::Status PlayRound(uint64_t number);
  absl::Status AwaitReady(uint64_t number);
  absl::Status PlaySteps();
  absl::Status PlayStep(uint64_t step);
  absl::Status StoreEpisodes();
  void End(const absl::Status& status);

  // Waits for the open step, and starts agents that join meanwhile. Returns whether the step is complete;
  // CANCELLED if it is not and the loop is to stop.
  absl::StatusOr<bool> Await(absl::Time deadline);
  void TakeInJoined();
  void ExcuseTheGone();
  v1::CoordinatorMessage RoundStart(uint64_t first_step) const;
  void SendToAll(const v1::CoordinatorMessage& message);

  absl::Status StalledAtStep(const std::vector<int>& missing, absl::Duration waited, uint64_t step) const;
  absl::Status StalledAtReady(const std::vector<int>& missing, absl::Duration waited, uint64_t round) const;
  bool stopping() const;

  // Which part of a round the open step belongs to: decides what an agent that joins is sent.
  enum class Phase { kJoining, kReady, kStep };

  const CoordinatorLoopOptions options_;
  AgentGateway* const gateway_;
  AgentPort* const port_;
  EpisodeSink* const sink_;
  Clock* const clock_;

  std::vector<StreamId> streams_;  // [m] the stream that each agent was started on; 0 = none
  Phase phase_ = Phase::kJoining;
  uint64_t step_ = 0;
  uint64_t min_policy_version_ = 0;
  uint64_t policy_version_ = 0;  // that acts in this round
  std::unique_ptr<Round> round_;
  absl::Time round_started_;  // t0 of the wall clock
  absl::Time last_reply_;     // wall clock: when a step last had any reply

  mutable absl::Mutex mutex_;
  // End of the grace; infinite = not stopping.
  absl::Time stop_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_COORDINATOR_LOOP_H_
