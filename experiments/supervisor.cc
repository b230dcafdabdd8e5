#include "experiments/supervisor.h"

#include <string.h>

#include <algorithm>
#include <deque>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr int kPeerUnreachable = 5;
constexpr size_t kShownLogLines = 12;
// Those who lose a peer need a moment to say so; a cause that ends a little later than its consequence is
// still found.
constexpr absl::Duration kCauseWindow = absl::Milliseconds(300);

std::string LastLines(const std::string& path) {
  const std::string text = ReadFile(path).value_or("");
  std::deque<absl::string_view> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(line);
    if (lines.size() > kShownLogLines) lines.pop_front();
  }
  return absl::StrJoin(lines, "\n");
}

// Exit codes that say what a person can do are passed on; the rest is "run failed".
int RunExitCode(const ProcessEnd& end) {
  const bool tells = end.signal == 0 && end.exit_code >= 3 && end.exit_code <= 9;
  return tells ? end.exit_code : 1;
}

Problem Describe(const ProcessEnd& end, const std::string& log) {
  Problem problem;
  problem.code = absl::StrCat("E0", RunExitCode(end), "01");
  if (end.signal != 0) {
    problem.message =
        absl::StrCat(end.name, " was killed by signal ", end.signal, " (", ::strsignal(end.signal), ")");
  } else if (end.exit_code == 0) {
    problem.message = absl::StrCat(end.name, " ended before the run was finished");
  } else {
    problem.message = absl::StrCat(end.name, " ended with exit code ", end.exit_code);
  }
  problem.place = log;
  problem.context = "its last lines follow";
  problem.excerpt = LastLines(log);
  return problem;
}

class Supervising {
 public:
  Supervising(LocalLauncher* launcher, SignalPipe* signals, const SupervisionOptions& options, Clock* clock)
      : launcher_(launcher), signals_(signals), options_(options), clock_(clock) {}

  Supervision Run() {
    while (!stopping_) {
      Reap();
      if (!failed_.empty()) {
        Collect();
        result_.outcome = SupervisionOutcome::kFailed;
        BeginStop(options_.failure_grace);
      } else if (options_.finished()) {
        BeginStop(options_.stop_grace);
      } else {
        WaitForSignal();
      }
      Tick();
    }
    while (launcher_->living() > 0) StopStep();
    if (result_.outcome == SupervisionOutcome::kFailed) {
      const ProcessEnd& cause = FirstCause(failed_);
      result_.cause = Describe(cause, launcher_->LogPath(cause.name));
    }
    return std::move(result_);
  }

 private:
  void Tick() {
    if (options_.tick) options_.tick();
  }

  void Reap() {
    for (const ProcessEnd& end : launcher_->Reap()) {
      if (!end.expected) failed_.push_back(end);
    }
  }

  void Collect() {
    const absl::Time until = clock_->Now() + kCauseWindow;
    for (absl::Time now = clock_->Now(); now < until; now = clock_->Now()) {
      signals_->Wait(until - now);
      Reap();
    }
  }

  void BeginStop(absl::Duration grace) {
    stopping_ = true;
    kill_at_ = clock_->Now() + grace;
  }

  void WaitForSignal() {
    const std::optional<int> signal = signals_->Wait(kTick);
    if (!signal || *signal == SIGCHLD) return;
    result_.outcome = *signal == SIGINT ? SupervisionOutcome::kInterrupted : SupervisionOutcome::kPreempted;
    if (options_.stopping) options_.stopping(*signal);
    BeginStop(options_.stop_grace);
  }

  void StopStep() {
    launcher_->Terminate();
    const std::optional<int> signal = signals_->Wait(kTick);
    if (signal == SIGINT || clock_->Now() >= kill_at_) {
      result_.killed = true;
      launcher_->Kill();
    }
    Tick();
    for (const ProcessEnd& end : launcher_->Reap()) {
      const bool clean = end.exit_code == 0 || end.exit_code == 75 || end.exit_code == 130;
      if (!clean || end.signal != 0) result_.unclean.push_back(end);
    }
  }

  LocalLauncher* const launcher_;
  SignalPipe* const signals_;
  const SupervisionOptions& options_;
  Clock* const clock_;
  Supervision result_;
  std::vector<ProcessEnd> failed_;
  bool stopping_ = false;
  absl::Time kill_at_;
};

}  // namespace

const ProcessEnd& FirstCause(const std::vector<ProcessEnd>& failed) {
  const auto rank = [](const ProcessEnd& end) {
    return end.signal != 0 ? 0 : end.exit_code == kPeerUnreachable ? 2 : 1;
  };
  return *std::min_element(failed.begin(), failed.end(),
                           [&](const ProcessEnd& a, const ProcessEnd& b) { return rank(a) < rank(b); });
}

Supervision Supervise(LocalLauncher* launcher, SignalPipe* signals, const SupervisionOptions& options,
                      Clock* clock) {
  return Supervising(launcher, signals, options, clock).Run();
}

}  // namespace evenkeel
