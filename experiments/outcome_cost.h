// One number for what a policy did to its flows, that a search can minimise without being led astray.
#ifndef EVENKEEL_EXPERIMENTS_OUTCOME_COST_H_
#define EVENKEEL_EXPERIMENTS_OUTCOME_COST_H_

#include <vector>

#include "experiments/play_traces.h"

namespace evenkeel {

// The mean over the traces of the log of the mean completion time in seconds, so that one overloaded trace does not decide
// alone; a rejected flow counts as the slowest finished one of its trace, so that rejecting more never wins by its
// survivors. Infinite if no flow of a trace finished. REQUIRES: not empty.
double MeanLogCost(const std::vector<TraceOutcome>& outcomes);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_OUTCOME_COST_H_
