// Recorded evaluations side by side, paired on the same traces, and conditions on them for continuous
// integration.
#ifndef EVENKEEL_EXPERIMENTS_COMPARISON_H_
#define EVENKEEL_EXPERIMENTS_COMPARISON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/recording.h"

namespace evenkeel {

// Figures that can be compared: jct_mean, jct_p50, jct_p90, jct_p99 (s) and rejected (% of all flows).
const std::vector<std::string>& ComparisonMetrics();

struct ComparisonCell {
  double value = 0;          // of the metric; NaN where the policy did not take part
  Estimate versus_baseline;  // %, of the metric; an interval for jct_mean only, NaN for the baseline itself
};

struct ComparisonRow {
  std::string label;
  AlgorithmKind kind = AlgorithmKind::kHeuristic;
  std::vector<ComparisonCell> cells;  // one per scenario
};

struct Comparison {
  std::string baseline;
  std::string metric;
  std::vector<std::string> scenarios;
  std::vector<ComparisonRow> rows;  // in the order in which they were found
};

// The recordings' evaluations by scenario: those of one name become one, with every policy once (where two
// recordings hold different results for one learned label, the second is called "LABEL (SOURCE)").
//
// FAILED_PRECONDITION, naming both files and the scenario: their traces differ (seeds, seconds, warm-up), or
// the baseline came out differently on them or is missing in one, so that it is not known that they are the
// same.
absl::StatusOr<std::vector<Evaluation>> JoinRecordings(const std::vector<Recording>& recordings,
                                                       const std::string& baseline);

// INVALID_ARGUMENT: an unknown metric. NOT_FOUND: a scenario without the baseline; lists its policies.
absl::StatusOr<Comparison> Compare(const std::vector<Evaluation>& scenarios, const std::string& baseline,
                                   const std::string& metric);

// The scenarios in which `condition` is true, by name. It is SIDE OP SIDE with OP one of < <= > >=, a SIDE
// being factors joined by '*', a factor a number or LABEL.METRIC: "qmix.jct_mean > sed.jct_mean*1.01".
// INVALID_ARGUMENT: it does not read so. NOT_FOUND: a label is in none of the scenarios. A figure that is not
// known makes the condition true: a gate does not pass on what was not measured. Scenarios that lack one of
// the labels are left out.
absl::StatusOr<std::vector<std::string>> ScenariosWhere(const std::string& condition,
                                                        const std::vector<Evaluation>& scenarios);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_COMPARISON_H_
