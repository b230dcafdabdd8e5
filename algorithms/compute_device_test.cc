#include "algorithms/compute_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <torch/cuda.h>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

TEST(ComputeDevice, TheCpuIsAlwaysThereAndTheDefault) {
  EXPECT_EQ(ComputeDevice("cpu").value(), c10::Device(c10::kCPU));
  EXPECT_EQ(ComputeDevice("").value(), c10::Device(c10::kCPU));
}

TEST(ComputeDevice, AnotherNameIsRefusedWithThoseThatThereAre) {
  for (const char* name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1000"}) {
    const absl::Status status = ComputeDevice(name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr("expected cpu, cuda or cuda:N"));
  }
}

TEST(ComputeDevice, ACudaDeviceIsGivenIfAndOnlyIfItIsThere) {
  const int devices = torch::cuda::is_available() ? static_cast<int>(torch::cuda::device_count()) : 0;
  EXPECT_EQ(ComputeDevice("cuda").ok(), devices > 0);
  const absl::Status status = ComputeDevice(absl::StrCat("cuda:", devices)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("set training.device to \"cpu\""));
  EXPECT_THAT(std::string(status.message()), HasSubstr("this is LibTorch "));
}

}  // namespace
}  // namespace evenkeel
