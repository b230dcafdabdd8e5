#include "algorithms/algorithm.h"

namespace evenkeel {

absl::Status Policy::Load(const v1::PolicyParameters& parameters) {
  return absl::UnimplementedError(
      "this algorithm learns nothing and takes no parameters, but was given those of \"" +
      parameters.algorithm() + "\"");
}

absl::StatusOr<UpdateMetrics> Trainer::Update(absl::Span<const v1::Episode* const> batch) {
  return Update(batch, std::vector<float>(batch.size(), 1.0f));
}

}  // namespace evenkeel
