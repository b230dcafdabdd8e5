// Episodes for tests: valid, and different for each number.
#ifndef EVENKEEL_REPLAY_TEST_EPISODE_H_
#define EVENKEEL_REPLAY_TEST_EPISODE_H_

#include <cstdint>
#include <string>

#include "common/rng.h"
#include "protos/transition.pb.h"

namespace evenkeel {

struct TestEpisodeShape {
  uint32_t steps = 3;
  uint32_t agents = 2;
  uint32_t servers = 3;
  uint32_t features = 6;
};

// 240 KB, as performance figures of replay are told for: T=240, m=4, n=8.
inline constexpr TestEpisodeShape kLargeEpisode = {240, 4, 8, 6};

// The episode `number`: the same bytes whenever it is made.
inline v1::Episode MakeTestEpisode(uint64_t number, const TestEpisodeShape& shape = {}) {
  Rng rng(number);
  const auto floats = [&rng](uint64_t count) {
    std::string column;
    for (uint64_t i = 0; i < count; ++i) {
      const float value = static_cast<float>(rng.Uniform());
      column.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    return column;
  };
  const auto bytes = [&rng](uint64_t count, uint64_t below) {
    std::string column;
    for (uint64_t i = 0; i < count; ++i) column.push_back(static_cast<char>(rng.Below(below)));
    return column;
  };
  const uint64_t seen = uint64_t{shape.agents} * shape.servers;
  v1::Episode episode;
  episode.set_number(number);
  episode.set_round(number / 4);
  episode.set_world(number % 4);
  episode.set_trace_seed(1000 + number);
  episode.set_policy_version(25 * number);
  episode.set_steps(shape.steps);
  episode.set_agents(shape.agents);
  episode.set_servers(shape.servers);
  episode.set_features(shape.features);
  episode.set_observations(floats((shape.steps + 1) * seen * shape.features));
  episode.set_levels(bytes(shape.steps * seen, 6));
  episode.set_weights(floats(shape.steps * seen));
  episode.set_rewards(floats(shape.steps));
  episode.set_mask(bytes(uint64_t{shape.steps} * shape.agents, 2));
  return episode;
}

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_TEST_EPISODE_H_
