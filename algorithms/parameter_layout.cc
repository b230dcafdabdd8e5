#include "algorithms/parameter_layout.h"

#include <utility>

namespace evenkeel {

int64_t ParameterSpec::size() const {
  int64_t size = 1;
  for (int64_t extent : shape) size *= extent;
  return size;
}

ParameterLayout::ParameterLayout(std::vector<ParameterSpec> specs) : specs_(std::move(specs)) {
  for (const ParameterSpec& spec : specs_) {
    offsets_.push_back(size_);
    size_ += spec.size();
  }
}

std::vector<float> ParameterLayout::Initial(Rng rng) const {
  std::vector<float> flat;
  flat.reserve(size_);
  for (const ParameterSpec& spec : specs_) {
    for (int64_t i = 0; i < spec.size(); ++i) {
      flat.push_back(static_cast<float>((2.0 * rng.Uniform() - 1.0) * spec.init_bound));
    }
  }
  return flat;
}

}  // namespace evenkeel
