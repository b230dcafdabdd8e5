// A fully connected layer: its two parameters and its function.
#ifndef EVENKEEL_ALGORITHMS_NETS_LINEAR_H_
#define EVENKEEL_ALGORITHMS_NETS_LINEAR_H_

#include <cmath>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "algorithms/parameters.h"

namespace evenkeel {

// Appends NAME.weight [outputs, inputs] and NAME.bias [outputs], initial bound 1/sqrt(inputs) as torch::nn::Linear.
inline void AppendLinear(const std::string& name, int64_t inputs, int64_t outputs, std::vector<ParameterSpec>* specs) {
  const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
  specs->push_back({name + ".weight", {outputs, inputs}, bound});
  specs->push_back({name + ".bias", {outputs}, bound});
}

// x [rows, inputs] -> [rows, outputs].
inline at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::addmm(bias, x, weight.t());
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_LINEAR_H_
