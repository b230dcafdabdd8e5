// Watches the processes of a run until it is finished, stopped or broken, and then leaves none behind.
#ifndef EVENKEEL_EXPERIMENTS_SUPERVISOR_H_
#define EVENKEEL_EXPERIMENTS_SUPERVISOR_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/clock.h"
#include "experiments/local_launcher.h"
#include "experiments/problem.h"
#include "experiments/signal_pipe.h"

namespace evenkeel {

// How the death of a process is answered. A death: an end that nobody asked for, by a signal or with any exit code but
// those that another try would not change (bad flag 2, invalid config 3, missing input 4, stalled 6, incompatible 7, gate 8,
// run exists 9). It is started again after `backoff`, doubled by each further death within `window` up to `max_backoff`.
struct RestartRules {
  int max_restarts = 0;  // of one process within `window`; one more death ends the run
  absl::Duration window = absl::Minutes(5);
  absl::Duration backoff = absl::Milliseconds(200);
  absl::Duration max_backoff = absl::Seconds(10);
  bool lost_peer_is_final = false;  // exit code 5 ends the run too: the peer is on another host, whose death is not ours to mend
};

struct SupervisionOptions {
  // True when all the work is done and the rest of the processes may go. Called often, must be quick.
  std::function<bool()> finished;
  // Called about ten times a second, to show progress. May be null.
  std::function<void()> tick;
  // Told when a person or the machine asked for a stop. May be null.
  std::function<void(int signal)> stopping;
  RestartRules restarts;
  // Told of each death that is answered by a restart, and after which pause. May be null.
  std::function<void(const ProcessEnd& end, absl::Duration pause)> restarting;
  // What to add to the arguments of `name` when it starts again. May be null.
  std::function<std::vector<std::string>(const std::string& name)> restart_arguments;
  absl::Duration stop_grace = absl::Seconds(60);     // from SIGTERM to SIGKILL when asked to stop or finished
  absl::Duration failure_grace = absl::Seconds(10);  // the same when a process has failed
};

enum class SupervisionOutcome {
  kFinished,
  kInterrupted,  // SIGINT
  kPreempted,    // SIGTERM, SIGHUP or SIGUSR1
  kFailed,
};

struct Supervision {
  SupervisionOutcome outcome = SupervisionOutcome::kFinished;
  bool killed = false;  // somebody had to be killed: a second SIGINT, or the grace ran out
  std::vector<ProcessEnd>
      unclean;    // of those told to stop: who ended with another exit code than 0, 75 or 130
  Problem cause;  // kFailed: the first cause: who, how, and the end of its log then
};

// Blocks until no process of `launcher` lives. A process that dies is started again as the rules say; where they do not,
// its death stops all others. The cause of a crash loop is its first death, with the log of then.
// SIGINT, SIGTERM, SIGHUP and SIGUSR1 (from `signals`, which should also have SIGCHLD, to be quick) ask all to stop;
// a second SIGINT kills.
Supervision Supervise(LocalLauncher* launcher, SignalPipe* signals, const SupervisionOptions& options,
                      Clock* clock);

// "actor-0 was killed by signal 9 (Killed)", "learner ended with exit code 1".
std::string DescribeEnd(const ProcessEnd& end);

// Of processes that failed at about the same time, the one that is the likeliest cause: killed by a signal
// before an error of its own before "peer unreachable" (exit code 5), which follows from another's death.
// REQUIRES: not empty.
const ProcessEnd& FirstCause(const std::vector<ProcessEnd>& failed);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_SUPERVISOR_H_
