#include "algorithms/algorithm.h"

namespace evenkeel {

absl::Status Policy::Load(const v1::PolicyParameters& parameters) {
  return absl::UnimplementedError(
      "this algorithm learns nothing and takes no parameters, but was given those of \"" +
      parameters.algorithm() + "\"");
}

}  // namespace evenkeel
