// Where a trainer computes (v1::Training.device).
#ifndef EVENKEEL_ALGORITHMS_COMPUTE_DEVICE_H_
#define EVENKEEL_ALGORITHMS_COMPUTE_DEVICE_H_

#include <string>

#include <c10/core/Device.h>

#include "absl/status/statusor.h"

namespace evenkeel {

// The device that `name` names: "cpu" (also if empty), "cuda" (the first) or "cuda:N". INVALID_ARGUMENT: another name.
// FAILED_PRECONDITION: this LibTorch or this machine has no such device; the message says which LibTorch this is, what devices it
// sees, and what to set. A CUDA device computes in float32 as the CPU does: for the whole process, cuDNN no longer rounds to TF32.
absl::StatusOr<c10::Device> ComputeDevice(const std::string& name);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_COMPUTE_DEVICE_H_
