#include "algorithms/settings_range.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace evenkeel {

absl::Status CheckRange(const char* field, bool present, double value, double least, double most) {
  if (!present) return absl::InvalidArgumentError(absl::StrCat(field, " is not set"));
  if (value >= least && value <= most) return absl::OkStatus();
  const std::string range = most == kNoLimit ? absl::StrCat("at least ", least) : absl::StrCat(least, " to ", most);
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, ", expected ", range));
}

}  // namespace evenkeel
