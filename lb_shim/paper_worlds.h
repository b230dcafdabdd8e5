// The paper's two scales, without bursts, for this folder's benchmark and tests.
#ifndef EVENKEEL_LB_SHIM_PAPER_WORLDS_H_
#define EVENKEEL_LB_SHIM_PAPER_WORLDS_H_

#include "protos/experiment.pb.h"

namespace evenkeel {

// 2 LBs, 4 servers of 2 vCPUs and 3 of 4, 690.9 flows/s of wiki (52 ms) and static (1.7 ms) pages.
v1::Experiment ModerateExperiment();

// 6 LBs, 12 servers of 4 vCPUs and 12 of 8, 398.5 flows/s of exponential work, mean 265 ms. The vCPUs of a
// server together do 0.83 of what they would each do alone (hyper-threads): 88 % load.
v1::Experiment LargeExperiment();

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_PAPER_WORLDS_H_
