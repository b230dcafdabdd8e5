// Where a trainer computes (v1::Training.device).
#ifndef EVENKEEL_ALGORITHMS_COMPUTE_DEVICE_H_
#define EVENKEEL_ALGORITHMS_COMPUTE_DEVICE_H_

#include <string>

#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

// The device that `name` names: "cpu" (also if empty), "cuda" (the first) or "cuda:N". INVALID_ARGUMENT: another name.
// FAILED_PRECONDITION: this LibTorch or this machine has no such device; the message says which LibTorch this is, what devices it
// sees, and what to set.
absl::StatusOr<c10::Device> ComputeDevice(const std::string& name);

// How cuDNN multiplies the float matrices of a GRU on CUDA, for the whole process: as they are (kFloat32), else rounded to TF32,
// which has three bits more than bfloat16. LibTorch's own default is TF32. Changes nothing on the CPU.
void SetGruPrecisionOnCuda(MatrixPrecision precision);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_COMPUTE_DEVICE_H_
