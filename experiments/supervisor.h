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

struct SupervisionOptions {
  // True when all the work is done and the rest of the processes may go. Called often, must be quick.
  std::function<bool()> finished;
  // Called about ten times a second, to show progress. May be null.
  std::function<void()> tick;
  // Told when a person or the machine asked for a stop. May be null.
  std::function<void(int signal)> stopping;
  absl::Duration stop_grace = absl::Seconds(60);     // from SIGTERM to SIGKILL when asked to stop or finished
  absl::Duration failure_grace = absl::Seconds(10);  // the same when a process has failed
};

enum class SupervisionOutcome {
  kFinished,
  kInterrupted,  // SIGINT
  kPreempted,    // SIGTERM or SIGUSR1
  kFailed,
};

struct Supervision {
  SupervisionOutcome outcome = SupervisionOutcome::kFinished;
  bool killed = false;  // somebody had to be killed: a second SIGINT, or the grace ran out
  std::vector<ProcessEnd>
      unclean;    // of those told to stop: who ended with another exit code than 0, 75 or 130
  Problem cause;  // kFailed: the first process that failed, how, and the end of its log
};

// Blocks until no process of `launcher` lives. A process that ends otherwise than it should stops all others.
// SIGINT, SIGTERM and SIGUSR1 (from `signals`, which should also have SIGCHLD, to be quick) ask all to stop;
// a second SIGINT kills.
Supervision Supervise(LocalLauncher* launcher, SignalPipe* signals, const SupervisionOptions& options,
                      Clock* clock);

// Of processes that failed at about the same time, the one that is the likeliest cause: killed by a signal
// before an error of its own before "peer unreachable" (exit code 5), which follows from another's death.
// REQUIRES: not empty.
const ProcessEnd& FirstCause(const std::vector<ProcessEnd>& failed);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_SUPERVISOR_H_
