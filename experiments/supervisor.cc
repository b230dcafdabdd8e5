#include "experiments/supervisor.h"

#include <string.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
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
  problem.message = DescribeEnd(end);
  problem.place = log;
  problem.context = "its last lines follow";
  problem.excerpt = LastLines(log);
  return problem;
}

bool AnotherTryCouldHelp(const ProcessEnd& end, const RestartRules& rules) {
  if (end.signal == 0 && end.exit_code == kPeerUnreachable) return !rules.lost_peer_is_final;
  return end.signal != 0 || end.exit_code < 2 || end.exit_code > 9;
}

// A death, told when it happened: the log grows on.
struct Death {
  absl::Time time;
  ProcessEnd end;
  Problem problem;
};

class Supervising {
 public:
  Supervising(LocalLauncher* launcher, SignalPipe* signals, const SupervisionOptions& options, Clock* clock)
      : launcher_(launcher), signals_(signals), options_(options), clock_(clock) {}

  Supervision Run() {
    while (!stopping_) {
      Reap();
      StartAgain();
      if (ending_.has_value()) {
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
    if (result_.outcome == SupervisionOutcome::kFailed) result_.cause = Cause();
    return std::move(result_);
  }

 private:
  void Tick() {
    if (options_.tick) options_.tick();
  }

  void Reap() {
    for (const ProcessEnd& end : launcher_->Reap()) {
      if (!end.expected) Died(end);
    }
  }

  void Died(const ProcessEnd& end) {
    const absl::Time now = clock_->Now();
    deaths_.push_back({now, end, Describe(end, launcher_->LogPath(end.name))});
    while (now - deaths_.front().time > options_.restarts.window) deaths_.pop_front();
    const int deaths = DeathsOf(end.name);
    if (deaths > options_.restarts.max_restarts || !AnotherTryCouldHelp(end, options_.restarts)) {
      EndWith(end);
      return;
    }
    absl::Duration pause = options_.restarts.backoff;
    for (int i = 1; i < deaths && pause < options_.restarts.max_backoff; ++i) pause *= 2;
    pause = std::min(pause, options_.restarts.max_backoff);
    due_[end.name] = now + pause;
    if (options_.restarting) options_.restarting(end, pause);
  }

  void EndWith(const ProcessEnd& end) {
    if (ending_.has_value()) return;
    ending_ = end;
    ended_at_ = clock_->Now();
  }

  int DeathsOf(const std::string& name) const {
    return static_cast<int>(
        std::count_if(deaths_.begin(), deaths_.end(), [&](const Death& death) { return death.end.name == name; }));
  }

  void StartAgain() {
    for (auto one = due_.begin(); one != due_.end() && !ending_.has_value();) {
      if (clock_->Now() < one->second) {
        ++one;
        continue;
      }
      const std::string name = one->first;
      one = due_.erase(one);
      const absl::Status started = launcher_->Restart(
          name, options_.restart_arguments ? options_.restart_arguments(name) : std::vector<std::string>());
      if (started.ok()) continue;
      EndWith(ProcessEnd{name, 1, 0, false});
      deaths_.push_back({clock_->Now(), *ending_, Describe(*ending_, launcher_->LogPath(name))});
      deaths_.back().problem.message = std::string(started.message());
    }
  }

  // The first death of the process that died most often, where a lost peer (a consequence) is blamed last.
  Problem Cause() const {
    const bool looped = DeathsOf(ending_->name) > 1;
    std::vector<const Death*> candidates;
    for (const Death& death : deaths_) {
      if (looped || death.time >= ended_at_ - kCauseWindow) candidates.push_back(&death);
    }
    KeepIfAny([](const Death& death) { return death.end.signal != 0 || death.end.exit_code != kPeerUnreachable; }, &candidates);
    int most = 0;
    for (const Death* death : candidates) most = std::max(most, DeathsOf(death->end.name));
    KeepIfAny([&](const Death& death) { return DeathsOf(death.end.name) == most; }, &candidates);
    std::vector<ProcessEnd> ends;
    for (const Death* death : candidates) ends.push_back(death->end);
    Problem problem = candidates[&FirstCause(ends) - ends.data()]->problem;
    if (most > 1) {
      problem.context = absl::StrCat("the first of its ", most, " deaths within ",
                                     absl::FormatDuration(options_.restarts.window), "; ", problem.context);
    }
    return problem;
  }

  static void KeepIfAny(const std::function<bool(const Death&)>& wanted, std::vector<const Death*>* deaths) {
    std::vector<const Death*> kept;
    std::copy_if(deaths->begin(), deaths->end(), std::back_inserter(kept), [&](const Death* death) { return wanted(*death); });
    if (!kept.empty()) *deaths = std::move(kept);
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
  std::deque<Death> deaths_;                // within the window, oldest first
  std::map<std::string, absl::Time> due_;   // when who starts again
  absl::optional<ProcessEnd> ending_;       // the death that ends the run
  absl::Time ended_at_;
  bool stopping_ = false;
  absl::Time kill_at_;
};

}  // namespace

std::string DescribeEnd(const ProcessEnd& end) {
  if (end.signal != 0) return absl::StrCat(end.name, " was killed by signal ", end.signal, " (", ::strsignal(end.signal), ")");
  if (end.exit_code == 0) return absl::StrCat(end.name, " ended before the run was finished");
  return absl::StrCat(end.name, " ended with exit code ", end.exit_code);
}

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
