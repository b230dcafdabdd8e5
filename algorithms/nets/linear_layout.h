// The parameters of a fully connected layer. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_NETS_LINEAR_LAYOUT_H_
#define EVENKEEL_ALGORITHMS_NETS_LINEAR_LAYOUT_H_

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/parameter_layout.h"

namespace evenkeel {

// Appends NAME.weight [outputs, inputs] and NAME.bias [outputs], initial bound 1/sqrt(inputs) as torch::nn::Linear.
inline void AppendLinear(const std::string& name, int64_t inputs, int64_t outputs, std::vector<ParameterSpec>* specs) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
  specs->push_back({name + ".weight", {outputs, inputs}, bound});
  specs->push_back({name + ".bias", {outputs}, bound});
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_LINEAR_LAYOUT_H_
