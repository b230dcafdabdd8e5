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
#include "coordinator/seats.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// Thread-safe; never blocks. REQUIRES in all calls: agents and seats exist.
class Membership {
 public:
  // Agents that took their seats together, and on which stream.
  struct Joined {
    Seats seats;
    StreamId stream;
  };

  // `clock` outlives this.
  Membership(int agents, Clock* clock);

  int agents() const { return agents_; }

  // Gives the seats to `stream` unless a newer one has held any of them. Returns whether it did. `hello`
  // tells where the agents are.
  bool Join(const Seats& seats, StreamId stream, const v1::Hello& hello);

  // Empties those of the seats that `stream` still holds; returns whether there were any.
  bool Leave(const Seats& seats, StreamId stream);

  // True if `stream` holds the seats.
  bool Holds(const Seats& seats, StreamId stream) const;

  // Who took a seat since the last call and still has it, ascending by agent.
  std::vector<Joined> TakeJoined();

  // connected[agent]: somebody sits there whose lease is not over.
  std::vector<bool> Connected() const;

  // The agents owe an answer from now on, unless they do already.
  void Asked(const Seats& seats);

  // The agents said something, in time or not: they owe nothing, and their leases run again.
  void Heard(const Seats& seats);

  // What they said counted: Ready, or their reply to step `step` of the round.
  void AnsweredReady(const Seats& seats, uint64_t policy_version);
  void AnsweredStep(const Seats& seats, uint64_t step);

  // Whose lease is over since the last call: they have owed an answer for `lease`. Ascending.
  std::vector<int> TakeExpired(absl::Duration lease);

  // When the next lease is over if nobody says anything; infinite if nobody owes an answer.
  absl::Time NextExpiry(absl::Duration lease) const;

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
    StreamId stream = 0;    // newest that ever sat here
    bool attached = false;  // `stream` has not ended
    bool expired = false;   // its lease is over
    bool announced = true;  // false: TakeJoined has not told of `stream` yet
    std::string host;
    int64_t pid = 0;
    uint64_t last_step = 0;
    uint64_t missed_steps = 0;
    uint64_t policy_version = 0;
    absl::Time last_heard = absl::InfinitePast();  // join, reply or leave, whichever is newest
    absl::Time owes_since = absl::InfiniteFuture();

    bool connected() const { return attached && !expired; }
  };

  const int agents_;
  Clock* const clock_;
  mutable absl::Mutex mutex_;
  std::vector<Seat> seats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_MEMBERSHIP_H_
