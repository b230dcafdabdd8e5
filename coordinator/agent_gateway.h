// Where what agents say comes in: it is checked, counted, and handed to membership and barrier. Knows no
// transport.
#ifndef EVENKEEL_COORDINATOR_AGENT_GATEWAY_H_
#define EVENKEEL_COORDINATOR_AGENT_GATEWAY_H_

#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "coordinator/membership.h"
#include "coordinator/progress.h"
#include "coordinator/seats.h"
#include "coordinator/step_barrier.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

struct AgentGatewayOptions {
  std::string run_id;
  int agents = 0;                // m
  int servers = 0;               // n
  uint64_t steps_per_round = 0;  // T
};

// Thread-safe. The upper half is called by the transport, on any thread; it never blocks, and an error is the
// status that the stream has to end with. The lower half is called by the one thread that plays the rounds.
class AgentGateway {
 public:
  // `clock` outlives the gateway.
  AgentGateway(AgentGatewayOptions options, Clock* clock);

  const AgentGatewayOptions& options() const { return options_; }

  // Where the agents of a stream are to sit: INVALID_ARGUMENT if there are no such seats, FAILED_PRECONDITION
  // for an agent of another run, and what CloseDoor says from then on. Changes nothing.
  absl::StatusOr<Seats> CheckHello(const v1::Hello& hello) const;

  // Gives the agents their seats; the transport must be able to send to `stream` before. ABORTED if a newer
  // stream has one. REQUIRES: `seats` is what CheckHello(hello) gave.
  absl::Status Seat(const Seats& seats, StreamId stream, const v1::Hello& hello);

  // A message of seated agents. True if it was what the coordinator waits for now, so that they owe
  // nothing until they are sent the next message; false if it was late or a duplicate, and dropped. ABORTED:
  // a seat was taken over. INVALID_ARGUMENT: not what was asked for.
  absl::StatusOr<bool> Receive(const Seats& seats, StreamId stream, v1::AgentMessage message);

  // The stream ended.
  void Leave(const Seats& seats, StreamId stream);

  v1::RunStatus GetStatus() const;

  Membership& membership() { return membership_; }
  StepBarrier& barrier() { return barrier_; }
  Progress& progress() { return progress_; }

  // From now on agents must be ready for this attempt at `round` with at least this policy version, and reply
  // with one action per world.
  void BeginRound(uint64_t round, uint64_t attempt, uint64_t min_policy_version, int worlds);

  // No agent may join any more; those that try are told `why`, which is not OK.
  void CloseDoor(const absl::Status& why);

  // Numbers of the barrier, rising: joining, then, per BeginRound, its Ready, its T steps, and joining again after it.
  static constexpr uint64_t kJoinNumber = 0;
  uint64_t JoinNumber() const;
  uint64_t ReadyNumber() const { return expectation().ready_number; }
  uint64_t StepNumber(uint64_t step) const { return expectation().ready_number + 1 + step; }

 private:
  // What a reply must look like now.
  struct Expectation {
    uint64_t round = 0;
    uint64_t attempt = 0;
    uint64_t min_policy_version = 0;
    int worlds = 0;
    uint64_t ready_number = kJoinNumber;  // of the barrier; that of joining before the first round
  };

  // Which round an answer is for, compared with the one expected.
  enum class When { kBefore, kNow, kNotYet };
  static When Compare(const Expectation& expected, uint64_t round, uint64_t attempt);

  absl::StatusOr<bool> ReceiveReady(const Seats& seats, v1::AgentMessage message);
  absl::StatusOr<bool> ReceiveStepReply(const Seats& seats, v1::AgentMessage message);
  Expectation expectation() const;

  const AgentGatewayOptions options_;
  Clock* const clock_;
  Membership membership_;
  StepBarrier barrier_;
  Progress progress_;

  mutable absl::Mutex mutex_;
  Expectation expectation_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_number_ ABSL_GUARDED_BY(mutex_) = kJoinNumber + 1;  // of the barrier, for the next round
  absl::Status door_ ABSL_GUARDED_BY(mutex_);  // OK: open
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_AGENT_GATEWAY_H_
