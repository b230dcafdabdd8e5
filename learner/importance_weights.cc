#include "learner/importance_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace evenkeel {

double ImportanceExponent(const v1::ReplayTable& table, uint64_t update, uint64_t updates) {
  const double start = table.importance_exponent_start(), end = table.importance_exponent_end();
  if (update + 1 >= updates) return end;
  return start + (end - start) * static_cast<double>(update) / static_cast<double>(updates - 1);
}

absl::StatusOr<std::vector<float>> ImportanceWeights(absl::Span<const v1::SampledItem> batch, double exponent) {
  double least = std::numeric_limits<double>::infinity();
  for (const v1::SampledItem& item : batch) {
    if (!(item.probability() > 0) || !std::isfinite(item.probability())) {
      return absl::InternalError(absl::StrCat("replay drew item ", item.key(), " with probability ", item.probability(),
                                              ", expected above 0: is it of the same build?"));
    }
    least = std::min(least, item.probability());
  }
  std::vector<float> weights;
  weights.reserve(batch.size());
  for (const v1::SampledItem& item : batch) {
    weights.push_back(static_cast<float>(std::pow(least / item.probability(), exponent)));
  }
  return weights;
}

}  // namespace evenkeel
