// Named parameters in one flat vector. Free of LibTorch and of messages.
#ifndef EVENKEEL_ALGORITHMS_PARAMETER_LAYOUT_H_
#define EVENKEEL_ALGORITHMS_PARAMETER_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/rng.h"

namespace evenkeel {

// One parameter tensor.
struct ParameterSpec {
  std::string name;            // unique in its layout, e.g. "agent.fc1.weight"
  std::vector<int64_t> shape;  // row-major
  double init_bound = 0;       // initial values are uniform in [-init_bound, init_bound]

  int64_t size() const;  // number of elements
};

// The parameters of a network in order, as they lie in one flat vector. Immutable.
class ParameterLayout {
 public:
  explicit ParameterLayout(std::vector<ParameterSpec> specs);

  const std::vector<ParameterSpec>& specs() const { return specs_; }
  int64_t size() const { return size_; }                         // elements of all tensors together
  int64_t offset(size_t index) const { return offsets_[index]; }  // of tensor `index` in the flat vector

  // Fresh initial values: one draw per element in order, so a seed gives the same values with every LibTorch.
  std::vector<float> Initial(Rng rng) const;

 private:
  std::vector<ParameterSpec> specs_;
  std::vector<int64_t> offsets_;
  int64_t size_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_PARAMETER_LAYOUT_H_
