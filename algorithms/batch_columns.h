// Columns of a batch as tensors, by pointing at them.
#ifndef EVENKEEL_ALGORITHMS_BATCH_COLUMNS_H_
#define EVENKEEL_ALGORITHMS_BATCH_COLUMNS_H_

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

namespace evenkeel {

// A tensor of `shape` that reads `column`, which must outlive it; on another device than the CPU a copy. LibTorch takes no const
// pointer: write nothing to it.
inline at::Tensor Column(const std::vector<float>& column, at::IntArrayRef shape, at::Device device = at::kCPU) {
  return at::from_blob(const_cast<float*>(column.data()), shape, at::kFloat).to(device);
}

inline at::Tensor Column(const std::vector<int64_t>& column, at::IntArrayRef shape, at::Device device = at::kCPU) {
  return at::from_blob(const_cast<int64_t*>(column.data()), shape, at::kLong).to(device);
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_BATCH_COLUMNS_H_
