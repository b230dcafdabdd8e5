// A launch on Slurm: the batch script, and what sbatch and squeue answer. Pure.
//
// One array task per run. srun starts `evenkeel serve auto` once per host; each finds its role from its rank. The job ends
// when all hosts do. Preemption, the time limit (SIGUSR1 before it), a stall and a crash end it with an exit code that says
// whether it is to go on; it then requeues itself (a node's death makes Slurm requeue it) and resumes from the run folder.
#ifndef EVENKEEL_EXPERIMENTS_LAUNCH_SLURM_H_
#define EVENKEEL_EXPERIMENTS_LAUNCH_SLURM_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "experiments/launch/launch_request.h"

namespace evenkeel {

std::string RenderSlurmScript(const LaunchRequest& request);

// The job's id in the answer of `sbatch --parsable`: "123" or "123;cluster". INTERNAL quotes anything else.
absl::StatusOr<uint64_t> ParseSbatch(const std::string& answer);

// The state of each array task (0 for a job without an array) in the answer of
// `squeue --noheader --array --jobs=ID --format="%i %T %r"`: "123_0 RUNNING None" gives {0: "RUNNING"}, and another reason than
// None is added: "PENDING (BeginTime)". Lines that are none of these are left out.
std::map<int, std::string> ParseSqueue(const std::string& answer);

// Whether squeue, by its exit code and what it wrote to standard error, answered at all: it fails for a job that has left the
// queue some minutes ago ("Invalid job id specified"), which is an answer, and where the controller is away, which is none.
bool SqueueAnswered(int exit_code, const std::string& error);

// `text` as one word of a shell.
std::string ShellQuoted(const std::string& text);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LAUNCH_SLURM_H_
