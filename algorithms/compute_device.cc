#include "algorithms/compute_device.h"

#include <ATen/Context.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

// The N of "cuda:N", 0 of "cuda"; -1 if `name` is neither.
int CudaIndex(const std::string& name) {
  int index = 0;
  if (name == "cuda") return 0;
  const bool numbered = absl::StartsWith(name, "cuda:") && absl::SimpleAtoi(name.substr(5), &index) && index >= 0 && index < 128;
  return numbered ? index : -1;
}

}  // namespace

absl::StatusOr<c10::Device> ComputeDevice(const std::string& name) {
  if (name.empty() || name == "cpu") return c10::Device(c10::kCPU);
  const int index = CudaIndex(name);
  if (index < 0) {
    return absl::InvalidArgumentError(absl::StrCat("training.device is \"", name, "\", expected cpu, cuda or cuda:N"));
  }
  const int devices = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  if (index < devices) return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
  return absl::FailedPreconditionError(absl::StrCat(
      "training.device is \"", name, "\", but this is LibTorch ", TORCH_VERSION, " and it sees ", devices,
      " CUDA devices here: set training.device to \"cpu\"", devices > 0 ? absl::StrCat(" or up to \"cuda:", devices - 1, "\"") : "",
      ", or build with EVENKEEL_LIBTORCH=FOLDER of a LibTorch for CUDA and run where its driver is"));
}

void SetGruPrecisionOnCuda(MatrixPrecision precision) {
  at::globalContext().setAllowTF32CuDNN(precision != MatrixPrecision::kFloat32);
}

}  // namespace evenkeel
