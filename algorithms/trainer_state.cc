#include "algorithms/trainer_state.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/crc32c.h"

namespace evenkeel {

std::string PackTrainerState(const v1::PolicyParameters& state) {
  const std::string body = state.SerializeAsString();
  const uint32_t checksum = Crc32c(body);
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&checksum), sizeof(checksum)), body);
}

absl::StatusOr<v1::PolicyParameters> UnpackTrainerState(const std::string& bytes) {
  uint32_t checksum = 0;
  v1::PolicyParameters state;
  if (bytes.size() < sizeof(checksum)) return absl::DataLossError("the learner state is cut short");
  std::memcpy(&checksum, bytes.data(), sizeof(checksum));
  const absl::string_view body = absl::string_view(bytes).substr(sizeof(checksum));
  if (Crc32c(body) != checksum || !state.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::DataLossError(absl::StrCat("the learner state is damaged: its checksum is not ", checksum));
  }
  return state;
}

}  // namespace evenkeel
