// Worlds of algorithms that play with one LB (AlgorithmInfo::one_lb).
#ifndef EVENKEEL_EXPERIMENTS_ONE_LB_H_
#define EVENKEEL_EXPERIMENTS_ONE_LB_H_

#include "protos/experiment.pb.h"

namespace evenkeel {

// One LB that gets all flows. When they arrive and their work stay the same: which LB a flow goes to has a
// random stream of its own.
inline void UseOneLb(v1::Topology* topology) {
  topology->set_lbs(1);
  topology->clear_lb_shares();
}

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_ONE_LB_H_
