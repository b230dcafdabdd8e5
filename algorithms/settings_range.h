// The checks of an experiment's settings that all algorithms make alike.
#ifndef EVENKEEL_ALGORITHMS_SETTINGS_RANGE_H_
#define EVENKEEL_ALGORITHMS_SETTINGS_RANGE_H_

#include <limits>

#include "absl/status/status.h"
#include "common/status_macros.h"

namespace evenkeel {

constexpr double kNoLimit = std::numeric_limits<double>::max();
constexpr double kTiny = 1e-12;  // smallest value that counts as positive

// OK if `present` and least <= value <= most; else INVALID_ARGUMENT names `field`, its value and the range.
absl::Status CheckRange(const char* field, bool present, double value, double least, double most);

}  // namespace evenkeel

// Returns from the calling function what CheckRange says of message.field(), unless it is OK. `path` is the message's place in
// the experiment, as a literal that ends with a dot.
#define EK_CHECK_FIELD(message, path, field, least, most)                                                            \
  EK_RETURN_IF_ERROR(::evenkeel::CheckRange(path #field, (message).has_##field(), static_cast<double>((message).field()), \
                                            least, most))

#endif  // EVENKEEL_ALGORITHMS_SETTINGS_RANGE_H_
