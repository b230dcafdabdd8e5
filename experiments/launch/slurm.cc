#include "experiments/launch/slurm.h"

#include <iterator>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace evenkeel {
namespace {

std::string Options(const LaunchRequest& request) {
  std::vector<std::string> options = {
      absl::StrCat("--job-name=", request.name),
      absl::StrCat("--nodes=", request.hosts),
      "--ntasks-per-node=1",
      "--requeue",
      "--open-mode=append",
      absl::StrCat("--signal=USR1@", request.signal_seconds),
      absl::StrCat("--output=", request.log_folder, "/slurm-%", request.runs.size() > 1 ? "A_%a" : "j", ".log"),
  };
  if (request.runs.size() > 1) options.push_back(absl::StrCat("--array=0-", request.runs.size() - 1));
  if (!request.partition.empty()) options.push_back(absl::StrCat("--partition=", request.partition));
  if (!request.time_limit.empty()) options.push_back(absl::StrCat("--time=", request.time_limit));
  options.insert(options.end(), request.options.begin(), request.options.end());
  std::string text;
  for (const std::string& option : options) absl::StrAppend(&text, "#SBATCH ", option, "\n");
  return text;
}

}  // namespace

std::string ShellQuoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string RenderSlurmScript(const LaunchRequest& request) {
  std::string runs;
  for (const std::string& run : request.runs) absl::StrAppend(&runs, "  ", ShellQuoted(run), "\n");
  // srun gives the highest exit code of its tasks. Hosts that lost the others end by themselves (barrier.stall_after_seconds), so
  // nothing is killed early: the learner gets to write its checkpoint. But srun waits for ever for a node that came back without
  // its task.
  return absl::StrCat("#!/bin/bash\n# Written by `evenkeel launch`.\n", Options(request), "\nruns=(\n", runs, ")\n",
                      "run=${runs[${SLURM_ARRAY_TASK_ID:-0}]}\n",
                      "job=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}}\n",
                      "job=${job:-$SLURM_JOB_ID}\n",
                      request.tls_folder.empty() ? "" : absl::StrCat("export EVENKEEL_TLS=", ShellQuoted(request.tls_folder), "\n"),
                      "echo \"evenkeel: job $job, start ${SLURM_RESTART_COUNT:-0}, on $SLURM_JOB_NODELIST: $run\"\n",
                      "rm -f \"$run/exit\"\n", "srun --kill-on-bad-exit=0 ", ShellQuoted(request.program), " serve auto --run \"$run\" &\n", "step=$!\n",
                      "while kill -0 $step 2> /dev/null && ! [ -s \"$run/exit\" ]; do sleep 1; done\n", "for second in {1..",
                      request.follow_seconds, "}; do kill -0 $step 2> /dev/null && sleep 1; done\n",
                      "kill -KILL $step 2> /dev/null\n", "wait $step\n", "code=$?\n",
                      "[ -s \"$run/exit\" ] && code=$(cat \"$run/exit\")  # what rank 0 says counts\n",
                      "requeues=$run/requeues\n", "again=no\n", "case $code in\n", "  0) ;;\n", "  ",
                      kPreemptedExitCode, ") again=yes ;;                # preempted, or the time is up: the state is saved\n", "  ",
                      absl::StrJoin(kFinalExitCodes, "|"), ") ;;  # another try would end the same\n",
                      "  *) echo \"$(date +%s) $code\" >> \"$requeues\"\n",
                      "     [ \"$(wc -l < \"$requeues\")\" -le ", request.max_requeues, " ] && again=yes ;;\n", "esac\n",
                      "echo \"evenkeel: job $job ended with exit code $code; again: $again\"\n",
                      "[ $again = yes ] && scontrol requeue \"$job\"\n", "exit $code\n");
}

absl::StatusOr<uint64_t> ParseSbatch(const std::string& answer) {
  const std::vector<std::string> parts = absl::StrSplit(absl::StripAsciiWhitespace(answer), ';');
  uint64_t id = 0;
  if (absl::SimpleAtoi(parts[0], &id) && id > 0) return id;
  return absl::InternalError(absl::StrCat("sbatch answered \"", answer, "\", expected the number of a job"));
}

std::map<int, std::string> ParseSqueue(const std::string& answer) {
  std::map<int, std::string> states;
  for (absl::string_view line : absl::StrSplit(answer, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::MaxSplits(' ', 2), absl::SkipEmpty());
    if (words.size() < 2) continue;
    const std::vector<std::string> id = absl::StrSplit(words[0], '_');
    int task = 0;
    uint64_t job = 0;
    if (id.size() > 2 || !absl::SimpleAtoi(id[0], &job) || (id.size() == 2 && !absl::SimpleAtoi(id[1], &task))) continue;
    const bool reason = words.size() == 3 && words[2] != "None";
    states[task] = reason ? absl::StrCat(words[1], " (", words[2], ")") : words[1];
  }
  return states;
}

bool SqueueAnswered(int exit_code, const std::string& error) {
  return exit_code == 0 || absl::StrContains(error, "Invalid job id");
}

}  // namespace evenkeel
