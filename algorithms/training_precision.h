// How a trainer multiplies matrices (v1::Training.matrix_precision). Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_TRAINING_PRECISION_H_
#define EVENKEEL_ALGORITHMS_TRAINING_PRECISION_H_

#include <string>

#include "absl/status/statusor.h"
#include "algorithms/nets/matrix_precision.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// FLOAT32, or nothing said: kFloat32. BFLOAT16: kBfloat16, but kRoundedFloat32 where training.device is the CPU and that
// multiplies no bfloat16 (`cpu_has_bfloat16`: CpuMultipliesBfloat16()). INVALID_ARGUMENT: another value.
absl::StatusOr<MatrixPrecision> TrainingPrecision(const v1::Training& training, bool cpu_has_bfloat16);

// One line, without a line end, that says that BFLOAT16 saves no time where TrainingPrecision is kRoundedFloat32, and what to do;
// empty elsewhere.
std::string RoundedPrecisionWarning(const v1::Training& training, bool cpu_has_bfloat16);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_TRAINING_PRECISION_H_
