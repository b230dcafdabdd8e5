// `evenkeel`, the one binary. It parses, calls and prints; what it calls is elsewhere.
#include <glog/logging.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "experiments/problem.h"

namespace {

// 0 info (default), 1 warning, 2 error.
int LogLevel() {
  int level = 0;
  const char* text = std::getenv("EVENKEEL_LOG_LEVEL");
  return text != nullptr && absl::SimpleAtoi(text, &level) ? level : 0;
}

int FailToParse(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error, std::cout, std::cerr);  // --help
  evenkeel::Problem problem;
  problem.code = "E0201";
  problem.message = error.what();
  problem.advice = "see evenkeel --help, or evenkeel VERB --help";
  std::cerr << evenkeel::RenderProblem(problem);
  return evenkeel::kExitBadFlag;
}

}  // namespace

int main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = LogLevel();
  google::InitGoogleLogging(argv[0]);
  // Debian's Abseil looks for deadlocks at every lock, which costs the barrier a few percent of its time.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

  int exit_code = evenkeel::kExitDone;
  CLI::App app("Evenkeel: load balancing learned by several agents, trained in a simulated cluster.",
               "evenkeel");
  app.require_subcommand(1);
  evenkeel::AddRunCommands(&app, &exit_code);
  evenkeel::AddEvalCommand(&app, &exit_code);
  evenkeel::AddCompareCommands(&app, &exit_code);
  evenkeel::AddInfoCommands(&app);
  evenkeel::AddConfigCommands(&app, &exit_code);
  evenkeel::AddLaunchCommand(&app, &exit_code);
  evenkeel::AddServeCommand(&app, &exit_code);
  evenkeel::AddDebugCommand(&app, &exit_code);
  evenkeel::AddBenchCommand(&app, &exit_code);
  evenkeel::AddCertsCommand(&app, &exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return FailToParse(app, error);
  }
  return exit_code;
}
