// The tensors of a ParameterLayout as views of one flat tensor: copying, saving and updating a network is one operation
// on the flat tensor, and the network sees it at once.
#ifndef EVENKEEL_ALGORITHMS_NETS_PARAMETER_VIEWS_H_
#define EVENKEEL_ALGORITHMS_NETS_PARAMETER_VIEWS_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "algorithms/parameter_layout.h"

namespace evenkeel {

// One view per tensor of `layout`, in order. `flat` [layout.size()] keeps no gradients; the views are leaves that do if
// `with_gradients`.
std::vector<at::Tensor> ParameterViews(const ParameterLayout& layout, const at::Tensor& flat, bool with_gradients);

// The elements of a contiguous float tensor.
absl::Span<float> Values(const at::Tensor& tensor);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_PARAMETER_VIEWS_H_
