// Small recordings made by hand.
#ifndef EVENKEEL_EXPERIMENTS_RECORDINGS_FOR_TEST_H_
#define EVENKEEL_EXPERIMENTS_RECORDINGS_FOR_TEST_H_

#include <string>
#include <vector>

#include "experiments/recording.h"

namespace evenkeel {

// A policy with these means on the traces, seconds; percentiles are 1, 2 and 4 times the mean.
inline EvaluationRow RowForTest(const std::string& label, AlgorithmKind kind,
                                const std::vector<double>& means_s) {
  EvaluationRow row;
  row.label = row.algorithm = label;
  row.kind = kind;
  row.training_seeds = kind == AlgorithmKind::kLearned ? 1 : 0;
  row.jct_mean_s = MeanEstimate(means_s);
  row.jct_p50_s = row.jct_mean_s.value;
  row.jct_p90_s = 2 * row.jct_mean_s.value;
  row.jct_p99_s = 4 * row.jct_mean_s.value;
  row.flows_finished = 1000;
  row.fairness = 0.5;
  row.jain = 0.9;
  row.utilisation_spread = 0.1;
  for (size_t i = 0; i < means_s.size(); ++i) {
    TraceRow trace;
    trace.seed = 1000000 + i;
    trace.jct_mean_s = means_s[i];
    row.traces.push_back(trace);
  }
  return row;
}

// sed at 0.3 s and the oracle at 0.25 s on average, on two traces.
inline Evaluation EvaluationForTest(const std::string& scenario) {
  Evaluation evaluation;
  evaluation.experiment = scenario;
  evaluation.first_seed = 1000000;
  evaluation.seeds = 2;
  evaluation.seconds = 60;
  evaluation.warmup_seconds = 10;
  evaluation.baseline = "sed";
  evaluation.bound = "oracle";
  evaluation.rows = {RowForTest("sed", AlgorithmKind::kHeuristic, {0.29, 0.31}),
                     RowForTest("oracle", AlgorithmKind::kBound, {0.24, 0.26})};
  evaluation.rows[0].over_bound_percent = 20;
  evaluation.rows[1].gap_closed_percent = 100;
  return evaluation;
}

inline Recording RecordingForTest(const std::string& source, const std::vector<std::string>& scenarios) {
  Recording recording;
  recording.source = source;
  recording.suite = "tried";
  recording.summary = "a suite for tests";
  for (const std::string& scenario : scenarios) recording.evaluations.push_back(EvaluationForTest(scenario));
  return recording;
}

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_RECORDINGS_FOR_TEST_H_
