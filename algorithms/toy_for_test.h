// The toy that learners must learn: the wanted level of a head is 2 if its server has ten or more open flows, else 0; the reward
// of a step is the share of heads that chose it. Data are random actions only, so that a greedy policy must come from
// what was learned.
#ifndef EVENKEEL_ALGORITHMS_TOY_FOR_TEST_H_
#define EVENKEEL_ALGORITHMS_TOY_FOR_TEST_H_

#include <gtest/gtest.h>

#include <vector>

#include "algorithms/algorithm.h"
#include "algorithms/episode_for_test.h"
#include "algorithms/team_for_test.h"

namespace evenkeel {

constexpr uint32_t kToySteps = 10;

inline int WantedLevel(const v1::Episode& episode, int64_t step_and_head) {
  return reinterpret_cast<const float*>(episode.observations().data())[step_and_head * kFeatures] >= 10 ? 2 : 0;
}

// With `shift` the reward of a step is that of so many steps later, around the end: the same rewards, shuffled in time. As
// steps are drawn independently, they then say nothing about what was done.
inline v1::Episode ToyEpisode(uint64_t number, uint32_t shift) {
  constexpr int kHeads = kTestAgents * kTestServers;
  v1::Episode episode = RandomEpisode(number, kTestShape, kToySteps);
  std::vector<float> rewards(kToySteps);
  for (size_t at = 0; at < episode.levels().size(); ++at) {
    const bool right = episode.levels()[at] == WantedLevel(episode, static_cast<int64_t>(at));
    rewards[(at / kHeads + kToySteps - shift) % kToySteps] += (right ? 1.0f : 0.0f) / kHeads;
  }
  episode.set_rewards(Bytes(rewards));
  return episode;
}

// Eight of 200 episodes, in turns.
inline std::vector<v1::Episode> ToyBatch(uint64_t update, bool shuffled) {
  std::vector<v1::Episode> episodes;
  for (uint64_t i = 0; i < 8; ++i) {
    const uint64_t number = (update * 8 + i) % 200;
    episodes.push_back(ToyEpisode(number, shuffled ? 1 + number % 9 : 0));
  }
  return episodes;
}

// What agent `agent` saw in `step`.
inline v1::Observation SeenIn(const v1::Episode& episode, int step, int agent) {
  const auto* raw = reinterpret_cast<const float*>(episode.observations().data());
  v1::Observation observation;
  for (int server = 0; server < kTestServers; ++server) {
    const float* row = raw + ((step * kTestAgents + agent) * kTestServers + server) * kFeatures;
    observation.add_open_flows(row[0]);
    observation.add_flow_duration_mean(row[1]);
    observation.add_flow_duration_p90(row[2]);
    observation.add_flow_duration_std(row[3]);
    observation.add_flow_duration_mean_decayed(row[4]);
    observation.add_flow_duration_p90_decayed(row[5]);
    observation.add_mean_open_flows(row[kMeanOpenFlows]);
    observation.add_flows_sent(row[kFlowsSent]);
    observation.add_flows_finished(row[kFlowsFinished]);
    observation.add_flows_rejected(0);
    observation.add_flow_duration_sum(row[kFlowDurationSum]);
    observation.add_available(row[kAvailable]);
  }
  return observation;
}

// Share of the heads of agent 1 that `policy` gives the wanted level, greedily, in episodes not trained on. Chance is 1/3; to
// choose always 0 or always 2 gives 1/2.
inline double ShareRight(Policy* policy) {
  constexpr int kAgent = 1;
  int right = 0, heads = 0;
  for (uint64_t number = 1000; number < 1020; ++number) {
    const v1::Episode episode = ToyEpisode(number, 0);
    policy->BeginRound({0, 1, false});
    for (int step = 0; step < static_cast<int>(kToySteps); ++step) {
      const v1::Observation seen = SeenIn(episode, step, kAgent);
      const v1::Observation* pointer = &seen;
      v1::Action action;
      EXPECT_TRUE(policy->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
      for (int server = 0; server < kTestServers; ++server, ++heads) {
        const int wanted = WantedLevel(episode, (step * kTestAgents + kAgent) * kTestServers + server);
        right += static_cast<int>(action.levels(server)) == wanted;
      }
    }
  }
  return static_cast<double>(right) / heads;
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_TOY_FOR_TEST_H_
