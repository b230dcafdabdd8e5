#include "algorithms/training_precision.h"

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

bool OnCpu(const v1::Training& training) { return training.device().empty() || training.device() == "cpu"; }

}  // namespace

absl::StatusOr<MatrixPrecision> TrainingPrecision(const v1::Training& training, bool cpu_has_bfloat16) {
  if (!training.has_matrix_precision()) return MatrixPrecision::kFloat32;
  switch (training.matrix_precision()) {
    case v1::Training::FLOAT32:
      return MatrixPrecision::kFloat32;
    case v1::Training::BFLOAT16:
      return OnCpu(training) && !cpu_has_bfloat16 ? MatrixPrecision::kRoundedFloat32 : MatrixPrecision::kBfloat16;
    default:
      return absl::InvalidArgumentError(absl::StrCat("training.matrix_precision is ", training.matrix_precision(),
                                                     ", expected FLOAT32 (1) or BFLOAT16 (2)"));
  }
}

std::string RoundedPrecisionWarning(const v1::Training& training, bool cpu_has_bfloat16) {
  const absl::StatusOr<MatrixPrecision> precision = TrainingPrecision(training, cpu_has_bfloat16);
  if (!precision.ok() || *precision != MatrixPrecision::kRoundedFloat32) return "";
  return "training.matrix_precision is BFLOAT16, but this CPU multiplies no bfloat16 (it lacks AVX512_BF16): operands are rounded "
         "and multiplied as float, which takes longer than FLOAT32 and saves nothing; set FLOAT32, or train where the CPU has it";
}

}  // namespace evenkeel
