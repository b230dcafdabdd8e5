// The decision of sed.h at the speed that user space can have: the same picks, with vector instructions where
// the CPU has them.
#ifndef EVENKEEL_LB_SHIM_SED_PICK_H_
#define EVENKEEL_LB_SHIM_SED_PICK_H_

#include <cstdint>

#include "lb_shim/sed.h"

namespace evenkeel {

// Returns exactly sed_pick(&table, open_flows, random). AVX2 and BMI2 (found at run time) serve up to
// SED_BLOCK servers by shortest expected delay; anything else is passed on.
int SedPick(const sed_table& table, const uint32_t* open_flows, uint64_t random);

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_SED_PICK_H_
