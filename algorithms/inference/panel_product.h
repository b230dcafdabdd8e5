// A few rows times a packed matrix. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_INFERENCE_PANEL_PRODUCT_H_
#define EVENKEEL_ALGORITHMS_INFERENCE_PANEL_PRODUCT_H_

#include <cstdint>

namespace evenkeel {

inline constexpr int64_t kPanelWidth = 16;  // outputs in a panel
inline constexpr int64_t kGroupPanels = 4;  // panels that lie interleaved
inline constexpr int64_t kRowsAtOnce = 4;
inline constexpr int64_t kAhead = 12;  // inputs: how far ahead a row on its own asks for weights

// Size of the scratch of layers of up to so many inputs: the inputs that count, of each row on its own.
constexpr int64_t ProductScratch(int64_t inputs) { return (kRowsAtOnce - 1) * (inputs + kAhead); }

// A layer's weights as they are read: groups of up to kGroupPanels panels of kPanelWidth outputs, per group
// [inputs, panels, kPanelWidth], so that a row walks through each group once and in order. Outputs beyond the last are zeros.
struct PackedWeights {
  int64_t inputs = 0;
  int64_t outputs = 0;
  const float* groups = nullptr;  // on a 64-byte boundary
  const float* bias = nullptr;    // [panels, kPanelWidth], on a 64-byte boundary

  int64_t panels() const { return (outputs + kPanelWidth - 1) / kPanelWidth; }
};

// y [rows, outputs] = bias + x [rows, inputs] W^T, with `relu` max(0, that). The instructions are the best that this
// processor has; with the same ones a row's results are the same bits however many rows there are (but for the sign of a 0).
// REQUIRES: finite weights. scratch [ProductScratch(inputs)] is written. Allocates nothing.
void PanelProduct(const PackedWeights& weights, int64_t rows, bool relu, const float* x, float* y, int32_t* scratch);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_INFERENCE_PANEL_PRODUCT_H_
