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

  // Whether the agent may sit down: INVALID_ARGUMENT if there is no such seat, FAILED_PRECONDITION for an
  // agent of another run or once the run is over. Changes nothing.
  absl::Status CheckHello(const v1::Hello& hello) const;

  // Gives the agent its seat; the transport must be able to send to `stream` before. ABORTED if a newer
  // stream has it. REQUIRES: CheckHello(hello) was OK.
  absl::Status Seat(StreamId stream, const v1::Hello& hello);

  // A message of a seated agent. True if it was what the coordinator waits for now, so that the agent owes
  // nothing until it is sent the next message; false if it was late or a duplicate, and dropped. ABORTED: the
  // seat was taken over. INVALID_ARGUMENT: not what was asked for.
  absl::StatusOr<bool> Receive(int agent, StreamId stream, v1::AgentMessage message);

  // The stream ended.
  void Leave(int agent, StreamId stream);

  v1::RunStatus GetStatus() const;

  Membership& membership() { return membership_; }
  StepBarrier& barrier() { return barrier_; }
  Progress& progress() { return progress_; }

  // From now on agents must be ready for `round` with at least this policy version, and reply with one action
  // per world.
  void BeginRound(uint64_t round, uint64_t min_policy_version, int worlds);

  // No agent may join any more.
  void CloseDoor();

  // Numbers of the barrier, rising: joining, then per round its Ready and its T steps.
  static constexpr uint64_t kJoinNumber = 0;
  uint64_t ReadyNumber(uint64_t round) const { return 1 + round * (options_.steps_per_round + 1); }
  uint64_t StepNumber(uint64_t round, uint64_t step) const { return ReadyNumber(round) + 1 + step; }

 private:
  // What a reply must look like now.
  struct Expectation {
    uint64_t round = 0;
    uint64_t min_policy_version = 0;
    int worlds = 0;
    bool any = false;  // false before the first round
  };

  absl::StatusOr<bool> ReceiveReady(int agent, v1::AgentMessage message);
  absl::StatusOr<bool> ReceiveStepReply(int agent, v1::AgentMessage message);
  Expectation expectation() const;

  const AgentGatewayOptions options_;
  Membership membership_;
  StepBarrier barrier_;
  Progress progress_;

  mutable absl::Mutex mutex_;
  Expectation expectation_ ABSL_GUARDED_BY(mutex_);
  bool door_closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_AGENT_GATEWAY_H_
