// One stored episode as bytes: the key and the value of format "evenkeel-replay/1".
#ifndef EVENKEEL_REPLAY_EPISODE_RECORD_H_
#define EVENKEEL_REPLAY_EPISODE_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// 8 bytes, so that they sort as the numbers do.
std::string BigEndian(uint64_t value);

// Nothing unless `bytes` are 8.
absl::optional<uint64_t> FromBigEndian(absl::string_view bytes);

// "e" and the number, big endian.
std::string EpisodeKey(uint64_t number);

// The number in `key`; nothing if it is no episode's.
absl::optional<uint64_t> EpisodeOfKey(absl::string_view key);

// The CRC-32C of the serialized episode, 4 bytes little endian, then the serialized episode.
std::string EncodeEpisode(const v1::Episode& episode);

// The same into `value`, whatever was in it; large episodes one after the other then use the same memory.
void EncodeEpisodeInto(const v1::Episode& episode, std::string* value);

// DATA_LOSS tells the expected and the found checksum of `value`.
absl::Status CheckEpisodeValue(absl::string_view value);

// DATA_LOSS: the checksum is wrong, or it is not episode `number`.
absl::StatusOr<v1::Episode> DecodeEpisode(uint64_t number, absl::string_view value);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EPISODE_RECORD_H_
