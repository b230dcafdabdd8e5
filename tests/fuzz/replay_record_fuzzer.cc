// A stored episode, as it is and under the checksum that fits it. Seeds have no checksum.
#include "replay/episode_record.h"
#include "replay/episode_validation.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input = evenkeel::Text(data, size);
  evenkeel::DecodeEpisode(7, input).IgnoreError();
  evenkeel::EpisodeOfKey(input);
  evenkeel::v1::Episode parsed;
  if (!evenkeel::Parse(data, size, &parsed)) return 0;
  const auto episode = evenkeel::DecodeEpisode(parsed.number(), evenkeel::EncodeEpisode(parsed));
  if (!episode.ok()) ::abort();
  evenkeel::ValidateEpisode(*episode).IgnoreError();
  return 0;
}
