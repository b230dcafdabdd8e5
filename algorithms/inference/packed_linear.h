// A fully connected layer for a few rows at a time, its weights packed once and read many times. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_INFERENCE_PACKED_LINEAR_H_
#define EVENKEEL_ALGORITHMS_INFERENCE_PACKED_LINEAR_H_

#include <cstdint>
#include <vector>

#include "algorithms/inference/panel_product.h"

namespace evenkeel {

// Movable. Apply is thread-safe as long as nobody calls Set.
class PackedLinear {
 public:
  // All weights 0 at first.
  PackedLinear(int64_t inputs, int64_t outputs);

  // Takes over weight [outputs, inputs], whose rows lie `stride` floats apart, and bias [outputs], or zeros if it is null.
  void Set(const float* weight, int64_t stride, const float* bias);

  // y [rows, outputs] from x [rows, inputs]; with `relu` max(0, y). y and x do not overlap. scratch
  // [ProductScratch(inputs)] is written. Allocates nothing.
  void Apply(int64_t rows, bool relu, const float* x, float* y, int32_t* scratch) const {
    PanelProduct(view_, rows, relu, x, y, scratch);
  }

 private:
  // 16 floats on a 64-byte boundary, which std::vector's allocator respects since C++17.
  struct alignas(64) Panel {
    float values[kPanelWidth];
  };

  std::vector<Panel> groups_;
  std::vector<Panel> bias_;
  PackedWeights view_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_INFERENCE_PACKED_LINEAR_H_
