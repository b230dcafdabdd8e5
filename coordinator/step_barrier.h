// The numbered step barrier: one joint step is open at a time, every expected agent replies to it once, and
// whoever waits is told who replied and who did not. Every reply carries its step's number, so agents and
// coordinator cannot lose step: a reply to another step is counted and dropped, never taken for this one.
// Knows no transport.
#ifndef EVENKEEL_COORDINATOR_STEP_BARRIER_H_
#define EVENKEEL_COORDINATOR_STEP_BARRIER_H_

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "coordinator/seats.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// Thread-safe. One thread opens, waits and closes; any thread may call Arrive and Interrupt. No call is made
// out of this class while its lock is held, except to the clock that waits on it.
class StepBarrier {
 public:
  enum class Arrival {
    kCounted,    // taken: the first reply of this agent to the open step
    kDuplicate,  // dropped: this agent replied to the open step before
    kLate,       // dropped: the step is closed, or it does not expect this agent
    kEarly,      // dropped: the step was never opened, so nobody asked for this reply
  };

  enum class Wake {
    kComplete,     // all expected agents arrived
    kDeadline,     // the deadline passed first
    kInterrupted,  // Interrupt was called first
  };

  // What agents who share a stream said.
  struct Reply {
    Seats seats;
    v1::AgentMessage message;
  };

  // What a step came to.
  struct Outcome {
    std::vector<bool> arrived;   // [m]
    std::vector<Reply> replies;  // of those that arrived, ascending by agent
    std::vector<int> missing;    // expected agents that did not arrive, ascending
    absl::Duration open_for;     // from Open to Close
  };

  // `clock` outlives the barrier.
  StepBarrier(int agents, Clock* clock);

  // Opens `step` and expects the agents with expected[agent]. REQUIRES: no step is open; `step` is above all
  // before it; one entry per agent.
  void Open(uint64_t step, const std::vector<bool>& expected);

  // The reply to `step` of agents who share a stream; what it is to the first is what it is to all. REQUIRES:
  // seats.end() <= agents. Never blocks.
  Arrival Arrive(const Seats& seats, uint64_t step, v1::AgentMessage reply);

  // Counts a reply to a step that was closed long ago.
  Arrival DropLate();

  // The open step no longer waits for `agent`. REQUIRES: a step is open.
  void Excuse(int agent);

  // Blocks until the open step is complete, or `deadline` on the clock, or an Interrupt since the last Wait
  // that returned kInterrupted. Complete wins over interrupted, and interrupted over the deadline. May be
  // called again. REQUIRES: a step is open.
  Wake Wait(absl::Time deadline);

  // Wakes the waiting thread, or the next Wait if none waits.
  void Interrupt();

  // True if `agent` replied to the open step, or to the last one if none is open.
  bool HasArrived(int agent) const;

  // True if a step is open that still waits for `agent`; and all such agents, ascending.
  bool Awaits(int agent) const;
  std::vector<int> Awaited() const;

  // Ends the open step; replies to it are late from now on. REQUIRES: a step is open.
  Outcome Close();

  // Replies dropped so far.
  uint64_t late_replies() const;
  uint64_t duplicate_replies() const;

 private:
  struct Member {
    bool expected = false;
    bool arrived = false;
    int seats = 0;  // of the reply, if this is its first agent
    v1::AgentMessage reply;
  };

  bool Complete() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return awaited_ == 0; }
  bool Awake() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return Complete() || interrupted_; }

  Clock* const clock_;
  mutable absl::Mutex mutex_;
  std::vector<Member> members_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_step_ ABSL_GUARDED_BY(mutex_) =
      0;                                     // smallest number never opened; the open step is the one below
  int awaited_ ABSL_GUARDED_BY(mutex_) = 0;  // expected agents that have not arrived
  absl::Time opened_at_ ABSL_GUARDED_BY(mutex_);
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t late_replies_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t duplicate_replies_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_STEP_BARRIER_H_
