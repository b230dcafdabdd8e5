// Which algorithm is better, asked honestly: same held-out arrivals for all, several seeds, intervals, bounds
// marked.
#ifndef EVENKEEL_EXPERIMENTS_EVALUATE_H_
#define EVENKEEL_EXPERIMENTS_EVALUATE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"
#include "experiments/play_traces.h"
#include "experiments/statistics.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct EvaluationRequest {
  const v1::Experiment* experiment = nullptr;  // fully resolved; outlives the call
  // Labels are distinct, but for those of one algorithm with parameters: they are the training seeds of one
  // row.
  std::vector<Entrant> entrants;
  int threads = 2;                             // entrants played at once; changes no figure

  // Called on the calling thread, a few times a second at most, with the share done, 0..1; the last call
  // has 1. May be null.
  std::function<void(double share_done)> progress;
};

// One trace of one entrant. Times in seconds; NaN if no flow finished.
struct TraceRow {
  uint64_t seed = 0;
  double jct_mean_s = 0;
  double jct_p50_s = 0;
  double jct_p90_s = 0;
  double jct_p99_s = 0;
  uint64_t flows_finished = 0;
  uint64_t flows_rejected = 0;
  double fairness = 0;            // product fairness of the servers' mean flow durations, 0..1
  double jain = 0;                // Jain's index of the same
  double utilisation_spread = 0;  // busiest server's busy share less the least busy one's, 0..1
};

// The flows of one class over all traces; the mean is that of the traces' means, percentiles are of all flows
// together.
struct ClassRow {
  std::string name;
  Estimate jct_mean_s;  // 95 % interval over the traces
  double jct_p50_s = 0;
  double jct_p90_s = 0;
  double jct_p99_s = 0;
  uint64_t flows_finished = 0;
  uint64_t flows_rejected = 0;
};

// One entrant. The mean, fairness, jain and spread are means over the traces; percentiles are of all flows
// together. Of several training seeds: the mean over them of each figure, the sum of the flows, and no
// interval per class.
struct EvaluationRow {
  std::string label;
  std::string algorithm;
  AlgorithmKind kind = AlgorithmKind::kHeuristic;
  std::string note;        // what a reader must know of it; may be empty
  int training_seeds = 0;  // of a learned policy; else 0

  Estimate jct_mean_s;  // 95 % interval over the traces, and the training seeds where there are several
  double jct_p50_s = 0;
  double jct_p90_s = 0;
  double jct_p99_s = 0;
  uint64_t flows_finished = 0;
  uint64_t flows_rejected = 0;
  Estimate versus_baseline_percent;  // of jct_mean_s, paired; negative is faster. NaN without a baseline
  double gap_closed_percent = 0;  // how much of the way from the baseline's mean to the bound's. NaN without
                                  // them, or where the bound is not the faster one
  double over_bound_percent = 0;  // by how much the mean exceeds the bound's. NaN without a bound
  double fairness = 0;
  double jain = 0;
  double utilisation_spread = 0;
  std::vector<ClassRow> classes;
  std::vector<TraceRow> traces;  // one per seed, in order
  std::vector<std::vector<double>> trained_jct_mean_s;  // [training seeds][traces], where there are several
};

struct Evaluation {
  std::string experiment;  // its name
  uint64_t first_seed = 0;
  int seeds = 0;
  double seconds = 0;         // per trace
  double warmup_seconds = 0;  // of them not counted
  std::string
      baseline;       // label that versus_baseline_percent refers to; empty: "sed" was not among the entrants
  std::string bound;  // label of the bound with the least mean; empty: there was none
  std::vector<EvaluationRow> rows;  // in the order of the entrants
};

// The row called `label`, or null.
const EvaluationRow* FindRow(const Evaluation& evaluation, const std::string& label);

// By how many percent the mean completion time of `row` exceeds that of `baseline` on the same traces, with
// the interval of the paired bootstrap, over the training seeds too where there are several. REQUIRES: the
// same traces.
Estimate VersusPercent(const EvaluationRow& row, const EvaluationRow& baseline, uint64_t seed);

// An entrant per name in experiment.evaluation.policies or, if that is empty, per registered algorithm that
// needs no training. NOT_FOUND as FindAlgorithm; INVALID_ARGUMENT for a learned one.
absl::StatusOr<std::vector<Entrant>> DefaultEntrants(const v1::Experiment& experiment);

// Plays every entrant on the held-out traces evaluation.first_seed .. + evaluation.seeds - 1. Every entrant
// meets the same arrivals. For sed_static the exponent is first chosen on training traces
// (static_exponent.h). Blocks until done. As soon as an entrant fails the others stop; the error names it.
// INVALID_ARGUMENT: no entrants, equal labels, no threads.
absl::StatusOr<Evaluation> Evaluate(const EvaluationRequest& request);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_EVALUATE_H_
