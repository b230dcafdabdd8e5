#include "algorithms/nets/parameter_views.h"

#include <ATen/ATen.h>

namespace evenkeel {

std::vector<at::Tensor> ParameterViews(const ParameterLayout& layout, const at::Tensor& flat, bool with_gradients) {
  std::vector<at::Tensor> views;
  for (size_t i = 0; i < layout.specs().size(); ++i) {
    const ParameterSpec& spec = layout.specs()[i];
    at::Tensor view = flat.detach().narrow(0, layout.offset(i), spec.size()).view(spec.shape);
    if (with_gradients) view.requires_grad_(true);
    views.push_back(view);
  }
  return views;
}

absl::Span<float> Values(const at::Tensor& tensor) {
  return absl::MakeSpan(tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel()));
}

}  // namespace evenkeel
