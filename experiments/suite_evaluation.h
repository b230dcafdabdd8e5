// Every policy and every control, in every scenario of a suite.
#ifndef EVENKEEL_EXPERIMENTS_SUITE_EVALUATION_H_
#define EVENKEEL_EXPERIMENTS_SUITE_EVALUATION_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/play_traces.h"
#include "experiments/recording.h"
#include "experiments/suite.h"

namespace evenkeel {

struct SuiteEvaluationRequest {
  const ResolvedSuite* suite = nullptr;  // outlives the call
  std::vector<Entrant> policies;  // trained ones, with parameters; equal labels are the training seeds of one
  int threads = 2;                // entrants played at once; changes no figure

  // Both on the calling thread; may be null. `progress` is called a few times a second at most.
  std::function<void(const std::string& scenario, double share_done)> progress;
  std::function<void(const Evaluation& evaluation)> done;  // after each scenario
};

// Evaluates the policies and each scenario's DefaultEntrants in every scenario, one after the other. Blocks
// until done. FAILED_PRECONDITION, before anything is played: a policy is for another number of servers.
// Errors of Evaluate name the scenario.
absl::StatusOr<Recording> EvaluateSuite(const SuiteEvaluationRequest& request);

// A policy a row and a scenario a column: the mean job completion time as a multiple of the bound's and, in
// brackets where it is not 0, rejected flows in percent. What is not known is "-". Ends with a newline.
std::string RenderSummary(const Recording& recording);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_SUITE_EVALUATION_H_
