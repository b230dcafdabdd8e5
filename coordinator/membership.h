// Who sits where: one seat per agent index, held by the newest stream that asked for it.
#ifndef EVENKEEL_COORDINATOR_MEMBERSHIP_H_
#define EVENKEEL_COORDINATOR_MEMBERSHIP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// Names one stream of one agent. Numbers rise with time; 0 is no stream.
using StreamId = uint64_t;

// Thread-safe; never blocks. REQUIRES in all calls: 0 <= agent < agents.
class Membership {
 public:
  // An agent that took its seat, and on which stream.
  struct Joined {
    int agent;
    StreamId stream;
  };

  // `clock` outlives this.
  Membership(int agents, Clock* clock);

  int agents() const { return agents_; }

  // Gives hello.agent()'s seat to `stream` unless a newer one has held it. Returns whether it did.
  bool Join(StreamId stream, const v1::Hello& hello);

  // Empties the seat if `stream` still holds it; returns whether it did.
  bool Leave(int agent, StreamId stream);

  // True if `stream` holds the seat.
  bool Holds(int agent, StreamId stream) const;

  // Who took a seat since the last call and still has it, ascending by agent.
  std::vector<Joined> TakeJoined();

  // connected[agent]: somebody sits there.
  std::vector<bool> Connected() const;

  // The agent answered: Ready (no step), or step `step` of the round.
  void AnsweredReady(int agent, uint64_t policy_version);
  void AnsweredStep(int agent, uint64_t step);

  // The step was closed without the agent.
  void Missed(int agent);

  // "actor-1 (host n7, pid 4711)", or "actor-1" for one that never joined.
  std::string Name(int agent) const;

  // Where the agent is, for messages: "it never joined", "its stream broke 12s ago", "it is connected but
  // silent for 60s".
  std::string Whereabouts(int agent) const;

  // Policy version of the agent's newest Ready; 0 before the first.
  uint64_t policy_version(int agent) const;

  // One entry per agent.
  std::vector<v1::AgentStatus> Statuses() const;

 private:
  struct Seat {
    StreamId stream = 0;  // newest that ever sat here
    bool connected = false;
    bool announced = true;  // false: TakeJoined has not told of `stream` yet
    std::string host;
    int64_t pid = 0;
    uint64_t last_step = 0;
    uint64_t missed_steps = 0;
    uint64_t policy_version = 0;
    absl::Time last_heard = absl::InfinitePast();  // join, reply or leave, whichever is newest
  };

  const int agents_;
  Clock* const clock_;
  mutable absl::Mutex mutex_;
  std::vector<Seat> seats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_MEMBERSHIP_H_
