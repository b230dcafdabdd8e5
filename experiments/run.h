// One run from start to table: processes, progress, evaluation, results on disk.
#ifndef EVENKEEL_EXPERIMENTS_RUN_H_
#define EVENKEEL_EXPERIMENTS_RUN_H_

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"
#include "common/clock.h"
#include "experiments/evaluate.h"
#include "experiments/problem.h"
#include "experiments/run_folder.h"
#include "experiments/supervisor.h"
#include "experiments/topology.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct RunContext {
  std::string program;          // the evenkeel binary, for the children
  std::ostream* log = nullptr;  // progress and messages
  bool terminal = false;        // `log` is one: draw a live bar
  Clock* clock = nullptr;
  HostShare share;              // of the run's processes
  std::vector<v1::Experiment> scenarios;  // es: what it is trained on (training.suite); empty: the experiment itself
};

// Builds a world of each kind once, so that what they refuse is told before anything starts. NOT_FOUND: a
// trace that cannot be read, with file and line.
absl::Status CheckWorlds(const v1::Experiment& experiment);

// How the training part of a run ended.
struct TrainingReport {
  SupervisionOutcome outcome = SupervisionOutcome::kFinished;
  std::optional<Problem> problem;  // kFailed: the first cause
};

// Plays (and, for a learned algorithm, trains) the experiment in `folder` until training.episodes are done;
// at once if they are. Starts the processes, shows progress, and leaves none of them behind. `resume`: go on
// with what an earlier attempt left. State and logs go to the folder. An error: a process could not be
// started, or the folder not be written to; none runs then.
//
// Forks: neither gRPC nor LibTorch may have been used in this process.
absl::StatusOr<TrainingReport> Train(const v1::Experiment& experiment, const AlgorithmInfo& algorithm,
                                     RunFolder* folder, bool resume, const RunContext& context);

// The part of Train on a host that has agents only (context.share.rank > 0): blocks until they have been sent away by the
// coordinator, wherever it is. Logs go to RUN/hosts/RANK.
absl::StatusOr<TrainingReport> PlayAgents(const v1::Experiment& experiment, const AlgorithmInfo& algorithm,
                                          const std::string& run_folder, const RunContext& context);

// Where the policy that `experiment` trains in `run_folder` is when training has ended.
std::string TrainedPolicyPath(const v1::Experiment& experiment, const std::string& run_folder);

// The trained policy against every control (or evaluation.policies) on the held-out traces. `policy_path`: of
// a learned algorithm. FAILED_PRECONDITION or DATA_LOSS: the file is no policy, damaged, or of another
// algorithm or shape. Blocks; shows its progress.
absl::StatusOr<Evaluation> EvaluateAgainstControls(const v1::Experiment& experiment,
                                                   const AlgorithmInfo& algorithm,
                                                   const std::string& policy_path, const RunContext& context);

// Writes evaluation.{json,csv,txt} and then RESULT.json into the run folder.
absl::Status WriteResults(const Evaluation& evaluation, const v1::Experiment& experiment,
                          const AlgorithmInfo& algorithm, RunFolder* folder);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_RUN_H_
