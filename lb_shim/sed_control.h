// From what an agent sets (floats) to what the data plane computes with (sed.h, fixed point).
#ifndef EVENKEEL_LB_SHIM_SED_CONTROL_H_
#define EVENKEEL_LB_SHIM_SED_CONTROL_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "lb_shim/sed.h"
#include "protos/control.pb.h"

namespace evenkeel {

// INVALID_ARGUMENT, naming what is wrong and its value, unless `controls` is one ServerControl for each of
// `servers`: weights finite and >= 0 with at least one above 0, biases finite; and exchange_gain,
// exchange_fresh_gain and exchange_fresh_seconds are finite and not negative, exchange_smoothing in [0, 1).
absl::Status CheckControls(const v1::Controls& controls, int servers);

// Fills *table; its candidates are the servers j of weight > 0 with available[j] != 0. The bias of server j
// is its control's plus exchanged[j], flows, or its control's alone where `exchanged` is empty. TRUE_COUNTS is
// the same rule on other counts and fills it alike, LEAST_ADDED_DELAY uses no more than the candidates.
//
// Precision: the real score of a pick exceeds the least real score by at most 8e-7 of the larger of the two
// in size and 7e-7 flows / weight, for |1 + bias| <= 2^30 flows and weights within a factor of 744 of the
// largest available one. Beyond these bounds the values saturate.
//
// REQUIRES: CheckControls(controls, available.size()) is OK; at most SED_MAX_SERVERS servers; `exchanged` has a
// finite entry per server or none.
void FillSedTable(const v1::Controls& controls, const std::vector<uint8_t>& available,
                  absl::Span<const double> exchanged, sed_table* table);

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_SED_CONTROL_H_
