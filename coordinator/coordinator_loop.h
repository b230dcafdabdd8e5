// The loop that plays an experiment: rounds of worlds, step by step, with every agent at the barrier. Knows
// no transport, and no storage but the journal of the round under way. Simulated time and wall-clock time are two clocks of this one loop.
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
#include "coordinator/round_journal.h"
#include "coordinator/round_plan.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct CoordinatorLoopOptions {
  const v1::Experiment* experiment = nullptr;  // resolved; outlives the loop
  RoundPlan plan;                              // PlanRounds(*experiment)
  bool learns = false;  // the algorithm has a trainer: rounds wait for policy versions, and agents explore
  uint64_t first_round = 0;
  RoundJournal* journal = nullptr;  // on the wall clock; outlives the loop
  // Called by Run: `warn` with what may repeat at every step, `notice` with what is rare.
  std::function<void(const std::string&)> warn = [](const std::string&) {};
  std::function<void(const std::string&)> notice = [](const std::string&) {};
  // Called by Run once it has waited for `missing` agents for too long, before it ends for it.
  std::function<void(const std::vector<int>& missing)> on_stall = [](const std::vector<int>&) {};
};

// Simulated clock: a step waits for every agent, up to barrier.stall_after_seconds, also for one whose stream
// broke. An agent that comes back in the middle of a round has lost what its policy remembered, so the round
// begins again, with new worlds of the same seeds; nothing of the abandoned attempt reaches the sink. The
// same experiment and the same policies give the same episodes, bit for bit, whoever was killed on the way.
//
// Wall clock: step k of a round is asked at t0 + k x interval, whatever came before, so the interval never
// stretches; t0 is a whole multiple of the interval, so that a coordinator that was started again keeps the
// beat. An agent that has not replied within barrier.deadline_seconds is dealt with as barrier.on_miss says;
// one that is not connected is not waited for (but with WAIT). A step that itself takes longer is told and
// counted, and the next ones follow at once until the schedule is met again. With a journal a loop that is killed
// in the middle of a round is gone on with: the worlds are played again as far as the journal tells, the steps whose
// time passed since are played with what stood in the data planes last, all agents masked (REUSE_LAST: they repeat
// it), and the round goes on in its time, whether the agents are back already or not. It begins again instead where
// the loop was asked to stop, or was away for longer than barrier.stall_after_seconds.
//
// On both: an agent that owes a reply for longer than barrier.lease_seconds is told by name and is not
// connected until it is heard again.
class CoordinatorLoop {
 public:
  // Times that one round may be begun.
  static constexpr uint64_t kMostAttempts = 100;

  // All pointers outlive the loop.
  CoordinatorLoop(CoordinatorLoopOptions options, AgentGateway* gateway, AgentPort* port, EpisodeSink* sink,
                  Clock* clock);

  // Plays rounds from first_round until training.episodes are done, then sends the agents away. Blocks for
  // the whole run.
  //   OK                 all episodes are done
  //   CANCELLED          Stop was called; agents that are not stopped too are told UNAVAILABLE and wait for the
  //                      next coordinator
  //   UNAVAILABLE        agents did not join within barrier.join_seconds; names them
  //   DEADLINE_EXCEEDED  "stalled: ..." somebody was waited for longer than barrier.stall_after_seconds (at
  //   the start
  //                      of a round: that for each update that the awaited policy version needs); names who,
  //                      for what, since when and where the run stands
  //   ABORTED            one round was begun kMostAttempts times, since agents kept coming back in its
  //   middle; names the last other              the first error of the worlds or the sink
  absl::Status Run();

  // Run returns CANCELLED after the joint step under way, or 1 s later if that does not end. Any thread, any
  // time.
  void Stop();

 private:
  static constexpr absl::Duration StopGrace() { return absl::Seconds(1); }

  absl::Status PlayAll();
  absl::Status AwaitJoined();
  absl::Status PlayRound(uint64_t number);
  uint64_t MinPolicyVersion(uint64_t round) const;
  // Plays round `number` to its end if the journal tells of its beginning; false if the round is to begin.
  absl::StatusOr<bool> GoOnWithRound(uint64_t number);
  absl::Status PlayAgain(const v1::RoundJournal& journal);
  // Plays the steps whose time passed while nobody asked for them.
  absl::Status PlayMissedSteps();
  absl::Status AwaitReady(uint64_t number);
  absl::Status BeginSteps();
  // These return whether the round goes on: false if it is to begin again.
  absl::StatusOr<bool> PlaySteps();
  absl::StatusOr<bool> PlayStep(uint64_t step);
  absl::Status ActOn(const StepBarrier::Outcome& outcome, uint64_t step);
  absl::Time TimeOf(uint64_t step) const;  // wall clock
  void KeepTime(uint64_t step);
  absl::Status EndRound();
  absl::Status StoreEpisodes();
  void End(const absl::Status& status);

  enum class Awaited { kComplete, kDeadline, kRejoined };

  // Waits for the open step, takes in agents that join meanwhile, and names those whose lease ends.
  // kRejoined: an agent came back where the round has to begin again. CANCELLED if the step is not complete
  // and the loop is to stop.
  absl::StatusOr<Awaited> Await(absl::Time deadline);
  // Takes note of who joined; true if the round has to begin again for them. Otherwise sends them what they
  // need to take part from the open step, or if none is open from `next_step` on.
  bool TakeInJoined(uint64_t next_step);
  void ExcuseTheGone();
  void NameTheSilent();
  v1::CoordinatorMessage RoundStart(uint64_t first_step) const;
  void SendToAll(const v1::CoordinatorMessage& message);
  void AskStep(const Seats& seats, StreamId stream);

  // The streams that agents were started on, with who sits there.
  std::vector<Membership::Joined> Streams() const;

  absl::Status StalledAtStep(const std::vector<int>& missing, absl::Duration waited, uint64_t step) const;
  absl::Status StalledAtReady(const std::vector<int>& missing, absl::Duration waited, uint64_t round) const;
  absl::Status BegunTooOften(uint64_t number) const;
  bool stopping() const;
  absl::Time stop_at() const;

  // Which part of a round the open step belongs to: decides what an agent that joins is sent.
  enum class Phase { kJoining, kReady, kStep };
  void Enter(v1::RunStatus::Phase phase);

  const CoordinatorLoopOptions options_;
  AgentGateway* const gateway_;
  AgentPort* const port_;
  EpisodeSink* const sink_;
  Clock* const clock_;

  std::vector<StreamId> streams_;  // [m] the stream that each agent was started on; 0 = none
  Phase phase_ = Phase::kJoining;
  uint64_t step_ = 0;
  uint64_t attempt_ = 0;  // at the round
  int came_back_ = 0;     // agent for which the round was begun again last
  uint64_t min_policy_version_ = 0;
  uint64_t policy_version_ = 0;  // that acts in this round
  std::unique_ptr<Round> round_;
  v1::CoordinatorMessage request_;  // scratch
  absl::Time round_started_;        // t0 of the wall clock
  absl::Time last_reply_;           // wall clock: when a step last had any reply

  mutable absl::Mutex mutex_;
  // End of the grace; infinite = not stopping.
  absl::Time stop_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_COORDINATOR_LOOP_H_
