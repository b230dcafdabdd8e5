// Builds small episodes for tests of learning algorithms.
#ifndef EVENKEEL_ALGORITHMS_EPISODE_FOR_TEST_H_
#define EVENKEEL_ALGORITHMS_EPISODE_FOR_TEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/batch.h"
#include "algorithms/feature_scaling.h"
#include "common/rng.h"
#include "protos/transition.pb.h"

namespace evenkeel {

inline std::string Bytes(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

// A cut (not terminated) episode of `steps` steps, every agent present: plausible random observations, random levels,
// rewards in [0, 1). The same `number` gives the same episode.
inline v1::Episode RandomEpisode(uint64_t number, const BatchShape& shape, uint32_t steps) {
  Rng rng(977, {number});
  v1::Episode episode;
  episode.set_number(number);
  episode.set_steps(steps);
  episode.set_agents(shape.agents);
  episode.set_servers(shape.servers);
  episode.set_features(kFeatures);
  const int64_t heads = shape.agents * shape.servers;
  std::vector<float> observations;
  for (int64_t i = 0; i < (steps + 1) * heads; ++i) {
    observations.push_back(static_cast<float>(rng.Below(20)));
    for (int feature = 1; feature < kPaperFeatures; ++feature) {
      observations.push_back(static_cast<float>(rng.Exponential(0.2)));
    }
    observations.push_back(static_cast<float>(rng.Uniform() * 20));  // mean_open_flows
    for (int i = 0; i < 2; ++i) observations.push_back(static_cast<float>(rng.Below(10)));  // flows_sent, flows_finished
    observations.push_back(static_cast<float>(rng.Exponential(1)));  // flow_duration_sum
    observations.push_back(0);                                       // others_open_flows
    observations.push_back(1);                                       // available
  }
  episode.set_observations(Bytes(observations));
  for (int64_t i = 0; i < steps * heads; ++i) episode.mutable_levels()->push_back(static_cast<char>(rng.Below(shape.levels)));
  episode.set_weights(Bytes(std::vector<float>(steps * heads, 1.0f)));
  std::vector<float> rewards;
  for (uint32_t i = 0; i < steps; ++i) rewards.push_back(static_cast<float>(rng.Uniform()));
  episode.set_rewards(Bytes(rewards));
  episode.set_mask(std::string(steps * shape.agents, 1));
  return episode;
}

inline std::vector<const v1::Episode*> Pointers(const std::vector<v1::Episode>& episodes) {
  std::vector<const v1::Episode*> pointers;
  for (const v1::Episode& episode : episodes) pointers.push_back(&episode);
  return pointers;
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_EPISODE_FOR_TEST_H_
