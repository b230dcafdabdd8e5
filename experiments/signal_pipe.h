// Signals as something that a loop can wait for.
#ifndef EVENKEEL_EXPERIMENTS_SIGNAL_PIPE_H_
#define EVENKEEL_EXPERIMENTS_SIGNAL_PIPE_H_

#include <signal.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace evenkeel {

// Catches the given signals from construction to destruction, process-wide; then the former handlers are
// back. SIGPIPE is ignored meanwhile. One object at a time. A burst of more than some thousands of unread
// signals loses the rest.
class SignalPipe {
 public:
  explicit SignalPipe(const std::vector<int>& signals);
  ~SignalPipe();

  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  // The oldest signal not yet returned; waits for one up to `timeout`. Any one thread.
  std::optional<int> Wait(absl::Duration timeout);

  // From destruction on the signals are ignored instead of having their former handlers: for a process that is about to end of
  // itself, and should not be killed meanwhile by who asks it to.
  void LeaveIgnored();

  // Makes one Wait return `signal`, as if it had been received. Any thread.
  void Inject(int signal);

 private:
  std::vector<std::pair<int, struct sigaction>> former_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_SIGNAL_PIPE_H_
