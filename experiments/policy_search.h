// Training by search (es): candidates play whole episodes, the better ones shape the next generation. Runs in one process;
// its worlds are played on several threads.
#ifndef EVENKEEL_EXPERIMENTS_POLICY_SEARCH_H_
#define EVENKEEL_EXPERIMENTS_POLICY_SEARCH_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// One generation done.
struct SearchProgress {
  uint64_t generation = 0;        // generations done
  double best_cost = 0;           // of the candidates: mean over the scenarios of log(mean completion time, s)
  double mean_cost = 0;           // over the candidates
  double step = 0;                // of CMA-ES
};

struct PolicySearchOptions {
  const v1::Experiment* experiment = nullptr;  // of a run of es; fully resolved; outlives the call

  // What the candidates play, each fully resolved; the experiment itself if there is no training.suite. Agent and algorithm
  // settings are those of `experiment` everywhere.
  std::vector<v1::Experiment> scenarios;

  // RUN/search.state is replaced after every generation; RUN/search.jsonl gets a line per generation (one killed between the two has none); the policy goes to
  // RUN/policies/vGENERATIONS/policy.pb in the end.
  std::string run_folder;

  bool resume = false;                                       // go on from search.state if it is there
  std::function<void(const SearchProgress&)> progress;       // after each generation, on the calling thread; may be null
  std::function<bool()> go_on;                               // asked often, on any thread; false: stop soon
};

// Searches until algorithm.es.generations are done. In generation g every candidate plays the same traces, one for each of
// the algorithm.es.scenarios scenarios drawn for g: the list is cut into so many stretches, and one is drawn of each, so a
// list in order of kind gives every generation some of each. A candidate's cost is the mean over them of the log of the
// mean completion time, where a rejected flow counts as the slowest finished one of its trace. Traces are training
// traces and never repeat.
//
// At knots (algorithm.es.lbs_knots, server_knots; algorithms/es/es_knots.h) each block of the parameters has a search of its own: its
// candidates play the drawn scenarios of its pair of LBs and servers, and a block of which none is drawn stays as it is for that generation.
//
// Killed at any moment and resumed, it ends with the same policy, bit for bit. CANCELLED as soon as go_on() is false: the
// state holds the last whole generation. DATA_LOSS: search.state is damaged. INVALID_ARGUMENT: no scenarios; a scenario of no knot
// or a knot of no scenario; what the worlds or the policy refuse.
absl::Status SearchPolicy(const PolicySearchOptions& options);

// Whether SearchPolicy would take these scenarios with the experiment's knots: INVALID_ARGUMENT names a scenario of no knot or a
// knot of no scenario. For a check before anything starts.
absl::Status CheckKnotScenarios(const v1::Experiment& experiment, const std::vector<v1::Experiment>& scenarios);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_POLICY_SEARCH_H_
