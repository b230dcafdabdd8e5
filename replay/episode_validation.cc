#include "replay/episode_validation.h"

#include <cmath>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Their product stays below 2^62, so no size below can overflow.
constexpr uint64_t kMaxSteps = 1 << 20;
constexpr uint64_t kMaxAgents = 1 << 14;
constexpr uint64_t kMaxServers = 1 << 16;
constexpr uint64_t kMaxFeatures = 1 << 10;

// Where a fault is: the start of each error.
std::string Place(const v1::Episode& episode, absl::string_view column) {
  return absl::StrCat("episode ", episode.number(), ": ", column, ": ");
}

absl::Status CheckSize(const v1::Episode& episode, absl::string_view name, uint64_t value, uint64_t max) {
  if (value >= 1 && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(Place(episode, name), "expected 1 to ", max, ", found ", value));
}

absl::Status CheckBytes(const v1::Episode& episode, absl::string_view name, const std::string& column,
                        absl::string_view shape, uint64_t expected) {
  if (column.size() == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(Place(episode, name), "expected ", expected, " bytes for ",
                                                 shape, " with T=", episode.steps(), " m=", episode.agents(),
                                                 " n=", episode.servers(), " F=", episode.features(),
                                                 ", found ", column.size()));
}

absl::Status CheckFinite(const v1::Episode& episode, absl::string_view name, const std::string& column) {
  for (size_t offset = 0; offset < column.size(); offset += sizeof(float)) {
    float value;
    std::memcpy(&value, column.data() + offset, sizeof(value));
    if (!std::isfinite(value)) {
      return absl::InvalidArgumentError(absl::StrCat(Place(episode, name), "expected finite values, found ",
                                                     value, " at index ", offset / sizeof(float)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMask(const v1::Episode& episode) {
  for (size_t i = 0; i < episode.mask().size(); ++i) {
    const auto value = static_cast<unsigned char>(episode.mask()[i]);
    if (value > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(Place(episode, "mask"), "expected 0 or 1, found ", value, " at index ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateEpisode(const v1::Episode& episode) {
  EK_RETURN_IF_ERROR(CheckSize(episode, "steps", episode.steps(), kMaxSteps));
  EK_RETURN_IF_ERROR(CheckSize(episode, "agents", episode.agents(), kMaxAgents));
  EK_RETURN_IF_ERROR(CheckSize(episode, "servers", episode.servers(), kMaxServers));
  EK_RETURN_IF_ERROR(CheckSize(episode, "features", episode.features(), kMaxFeatures));
  const uint64_t steps = episode.steps();
  const uint64_t seen = uint64_t{episode.agents()} * episode.servers();
  const uint64_t observations = (steps + 1) * seen * episode.features() * sizeof(float);
  const uint64_t per_head = 1 + sizeof(float) + (episode.head_rewards().empty() ? 0 : sizeof(float));
  const uint64_t all = observations + steps * (seen * per_head + sizeof(float) + episode.agents());
  if (all > kMaxEpisodeBytes) {
    return absl::InvalidArgumentError(absl::StrCat("episode ", episode.number(), ": expected at most ",
                                                   kMaxEpisodeBytes,
                                                   " bytes in all columns, found sizes that ask for ", all));
  }
  EK_RETURN_IF_ERROR(
      CheckBytes(episode, "observations", episode.observations(), "float32 [T+1, m, n, F]", observations));
  EK_RETURN_IF_ERROR(CheckBytes(episode, "levels", episode.levels(), "uint8 [T, m, n]", steps * seen));
  EK_RETURN_IF_ERROR(
      CheckBytes(episode, "weights", episode.weights(), "float32 [T, m, n]", steps * seen * sizeof(float)));
  EK_RETURN_IF_ERROR(CheckBytes(episode, "rewards", episode.rewards(), "float32 [T]", steps * sizeof(float)));
  if (!episode.head_rewards().empty()) {
    EK_RETURN_IF_ERROR(CheckBytes(episode, "head_rewards", episode.head_rewards(), "float32 [T, m, n] or nothing",
                                  steps * seen * sizeof(float)));
    EK_RETURN_IF_ERROR(CheckFinite(episode, "head_rewards", episode.head_rewards()));
  }
  EK_RETURN_IF_ERROR(CheckBytes(episode, "mask", episode.mask(), "uint8 [T, m]", steps * episode.agents()));
  EK_RETURN_IF_ERROR(CheckFinite(episode, "observations", episode.observations()));
  EK_RETURN_IF_ERROR(CheckFinite(episode, "weights", episode.weights()));
  EK_RETURN_IF_ERROR(CheckFinite(episode, "rewards", episode.rewards()));
  return CheckMask(episode);
}

}  // namespace evenkeel
