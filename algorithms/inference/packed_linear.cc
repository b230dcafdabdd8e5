#include "algorithms/inference/packed_linear.h"

#include <algorithm>

namespace evenkeel {

PackedLinear::PackedLinear(int64_t inputs, int64_t outputs) {
  view_.inputs = inputs;
  view_.outputs = outputs;
  groups_.resize(view_.panels() * inputs);
  bias_.resize(view_.panels());
  view_.groups = groups_.data()->values;  // stays where it is when the vectors move
  view_.bias = bias_.data()->values;
}

void PackedLinear::Set(const float* weight, int64_t stride, const float* bias) {
  for (int64_t output = 0; output < view_.outputs; ++output) {
    const int64_t panel = output / kPanelWidth, lane = output % kPanelWidth;
    const int64_t first = panel - panel % kGroupPanels, width = std::min(view_.panels() - first, kGroupPanels);
    Panel* of_panel = &groups_[first * view_.inputs + panel - first];
    for (int64_t k = 0; k < view_.inputs; ++k) of_panel[k * width].values[lane] = weight[output * stride + k];
    bias_[panel].values[lane] = bias == nullptr ? 0.0f : bias[output];
  }
}

}  // namespace evenkeel
