#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "algorithms/registry.h"
#include "cli/commands.h"
#include "cli/eval_suite.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

struct EvalFlags {
  std::string target;  // RUN or EXP; empty with --suite
  std::string suite;
  std::vector<std::string> policies;
  std::string algorithm;
  std::string out;
  std::optional<uint64_t> seed;
  uint32_t seeds = 0;
  std::vector<std::string> set;
  OutputFormat format = OutputFormat::kTable;
};

std::vector<std::string> Settings(const EvalFlags& flags) {
  std::vector<std::string> settings = flags.set;
  if (flags.seeds > 0) settings.push_back(absl::StrCat("evaluation.seeds=", flags.seeds));
  return settings;
}

int Play(const v1::Experiment& experiment, const std::string& policy, OutputFormat format) {
  const absl::StatusOr<const AlgorithmInfo*> algorithm = FindAlgorithm(experiment.algorithm().name());
  if (!algorithm.ok()) return Fail(algorithm.status());
  const absl::StatusOr<Evaluation> evaluation =
      EvaluateAgainstControls(experiment, **algorithm, policy, MakeRunContext());
  if (!evaluation.ok()) return Fail(evaluation.status());
  std::cout << RenderEvaluation(*evaluation, format);
  return kExitDone;
}

int EvaluateRun(const EvalFlags& flags) {
  const absl::StatusOr<std::string> folder = FindRunFolder(flags.target, "runs");
  if (!folder.ok()) return Fail(folder.status());
  const absl::StatusOr<v1::Experiment> stored = ReadResolvedExperiment(*folder + "/config.textproto");
  if (!stored.ok()) return Fail(stored.status());
  std::vector<Problem> problems;
  const std::optional<ConfigLayer> config =
      ResolveResumption(*stored, Settings(flags), RegisteredAlgorithms(), &problems);
  if (!config) return Fail(problems);
  const std::string policy = TrainedPolicyPath(*stored, *folder);
  const absl::StatusOr<const AlgorithmInfo*> algorithm = FindAlgorithm(stored->algorithm().name());
  const bool learned = algorithm.ok() && (*algorithm)->kind == AlgorithmKind::kLearned;
  if (learned && absl::IsNotFound(ReadPolicyFile(policy).status())) {
    return Fail(absl::NotFoundError(absl::StrCat(*folder, " has no trained policy yet (", ReadState(*folder),
                                                 "); finish it with: evenkeel resume ", *folder)));
  }
  return Play(config->values, learned ? policy : "", flags.format);
}

int EvaluateExperiment(const EvalFlags& flags) {
  ExperimentFlags experiment;
  experiment.experiment = flags.target;
  experiment.set = Settings(flags);
  experiment.seed = flags.seed;
  experiment.algorithm = flags.algorithm;
  const std::string policy_path = flags.policies.empty() ? "" : flags.policies[0];
  if (!policy_path.empty()) {
    const absl::StatusOr<v1::PolicyParameters> policy = ReadPolicy(policy_path);
    if (!policy.ok()) return Fail(policy.status());
    experiment.algorithm = policy->algorithm();
  }
  std::vector<Problem> problems;
  const std::optional<ConfigLayer> config = Resolve(experiment, &problems);
  if (!config) return Fail(problems);
  return Play(config->values, policy_path, flags.format);
}

int EvaluateSuiteOf(const EvalFlags& flags) {
  SuiteFlags suite;
  suite.suite = flags.suite;
  suite.policies = flags.policies;
  suite.controls = absl::StrSplit(flags.algorithm, ',', absl::SkipEmpty());
  suite.set = Settings(flags);
  if (flags.seed) suite.set.push_back(absl::StrCat("seed=", *flags.seed));
  suite.format = flags.format;
  suite.out = flags.out;
  return EvaluateSuite(suite);
}

// Which flags go together.
void Check(const EvalFlags& flags) {
  const bool suite = !flags.suite.empty();
  if (suite != flags.target.empty())
    throw CLI::ValidationError("eval", "give a run, an experiment or --suite");
  if (suite) return;
  if (flags.policies.size() > 1) throw CLI::ValidationError("--policy", "several policies need --suite");
  if (!flags.policies.empty() && !flags.algorithm.empty())
    throw CLI::ValidationError("--algo", "excludes --policy without --suite");
  if (!flags.out.empty()) throw CLI::ValidationError("--out", "needs --suite");
}

int Evaluate(const EvalFlags& flags) {
  if (!flags.suite.empty()) return EvaluateSuiteOf(flags);
  return flags.policies.empty() && flags.algorithm.empty() ? EvaluateRun(flags) : EvaluateExperiment(flags);
}

}  // namespace

void AddEvalCommand(CLI::App* app, int* exit_code) {
  CLI::App* eval =
      app->add_subcommand("eval", "play a policy and every control on held-out traces, without exploring");
  auto flags = std::make_shared<EvalFlags>();
  eval->add_option("TARGET", flags->target, "a run; with --policy or --algo, an experiment")->type_name("");
  eval->add_option("--suite", flags->suite,
                   "in every scenario of a suite, shipped (quick, large, ...) or a file")
      ->type_name("NAME");
  eval->add_option("--policy", flags->policies,
                   "a policy file; with --suite LABEL=FILE too, and may be repeated: files of one algorithm "
                   "or label are "
                   "its training seeds")
      ->type_name("FILE")
      ->allow_extra_args(false);
  eval->add_option("--algo", flags->algorithm,
                   "an algorithm that needs no training; with --suite a list, instead of all: sed,arc,oracle")
      ->type_name("NAME");
  eval->add_option("--out", flags->out, "with --suite: write the recording to DIR/SUITE.json")
      ->type_name("DIR");
  eval->add_option("--seed", flags->seed, "root of every random stream (with --policy or --algo)")
      ->type_name("N");
  eval->add_option("--seeds", flags->seeds, "number of held-out traces")->type_name("N");
  AddSetFlag(eval, &flags->set);
  AddOutputFlag(eval, &flags->format);
  eval->callback([flags, exit_code] {
    Check(*flags);
    *exit_code = Evaluate(*flags);
  });
}

}  // namespace evenkeel
