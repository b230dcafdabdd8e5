// The bytes of Trainer::SaveState: parameters and moments as named tensors, guarded by a checksum. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_TRAINER_STATE_H_
#define EVENKEEL_ALGORITHMS_TRAINER_STATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// `state` serialised, preceded by the CRC-32C of its bytes.
std::string PackTrainerState(const v1::PolicyParameters& state);

// What PackTrainerState packed. DATA_LOSS: cut short or damaged.
absl::StatusOr<v1::PolicyParameters> UnpackTrainerState(const std::string& bytes);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_TRAINER_STATE_H_
