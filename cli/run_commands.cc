#include <map>

#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/go_on.h"
#include "cli/tls_flags.h"

namespace evenkeel {
namespace {

constexpr char kRunsRoot[] = "runs";

struct RunFlags {
  ExperimentFlags experiment;
  std::string out;
  ResumePolicy resume = ResumePolicy::kNever;
  OutputFormat format = OutputFormat::kTable;
  TlsFlags tls;
};

struct ResumeFlags {
  std::string run;
  std::vector<std::string> set;
  OutputFormat format = OutputFormat::kTable;
  TlsFlags tls;
};

int Run(const RunFlags& flags) {
  const absl::Status peers = ApplyTlsFlags(flags.tls);
  if (!peers.ok()) return Fail(peers);
  OpenRun run;
  const int exit_code = Prepare(flags.experiment, flags.out, flags.resume, &run);
  return exit_code == kExitDone ? GoOn(std::move(run), flags.format) : exit_code;
}

int Resume(const ResumeFlags& flags) {
  const absl::Status peers = ApplyTlsFlags(flags.tls);
  if (!peers.ok()) return Fail(peers);
  const absl::StatusOr<std::string> path = FindRunFolder(flags.run, kRunsRoot);
  if (!path.ok()) return Fail(path.status());
  OpenRun run;
  const int exit_code = TakeOver(*path, [&](const v1::Experiment& stopped, std::vector<Problem>* problems) {
    return ResolveResumption(stopped, flags.set, RegisteredAlgorithms(), problems);
  }, &run);
  return exit_code == kExitDone ? GoOn(std::move(run), flags.format) : exit_code;
}

}  // namespace

void AddRunCommands(CLI::App* app, int* exit_code) {
  CLI::App* run = app->add_subcommand("run", "train (if the algorithm learns), evaluate, print one table");
  auto run_flags = std::make_shared<RunFlags>();
  AddExperimentFlags(run, &run_flags->experiment);
  AddOutputFlag(run, &run_flags->format);
  static const auto* const policies = new std::map<std::string, ResumePolicy>{
      {"never", ResumePolicy::kNever}, {"auto", ResumePolicy::kAuto}, {"must", ResumePolicy::kMust}};
  run->add_option("--out", run_flags->out, "run folder (default: runs/NAME/ALGO-sSEED)")->type_name("DIR");
  run->add_option("--resume", run_flags->resume,
                  "never (default), auto or must continue an existing run folder")
      ->transform(CLI::CheckedTransformer(*policies))
      ->type_name("POLICY");
  AddTlsFlags(run, &run_flags->tls);
  run->callback([run_flags, exit_code] { *exit_code = Run(*run_flags); });

  CLI::App* resume = app->add_subcommand("resume", "continue a run that was stopped");
  auto resume_flags = std::make_shared<ResumeFlags>();
  resume->add_option("RUN", resume_flags->run, "a path in the run folder, or a unique prefix below runs/")
      ->required()
      ->type_name("");
  AddSetFlag(resume, &resume_flags->set);
  AddOutputFlag(resume, &resume_flags->format);
  AddTlsFlags(resume, &resume_flags->tls);
  resume->callback([resume_flags, exit_code] { *exit_code = Resume(*resume_flags); });
}

}  // namespace evenkeel
