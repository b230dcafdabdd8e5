// The small team on which learners are tested: two LBs before three servers, three levels.
#ifndef EVENKEEL_ALGORITHMS_TEAM_FOR_TEST_H_
#define EVENKEEL_ALGORITHMS_TEAM_FOR_TEST_H_

#include <cstdint>
#include <vector>

#include "algorithms/algorithm.h"
#include "algorithms/batch_shape.h"
#include "algorithms/episode_for_test.h"
#include "protos/experiment.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

constexpr int kTestAgents = 2;
constexpr int kTestServers = 3;
constexpr int kTestLevels = 3;
inline const BatchShape kTestShape = {kTestAgents, kTestServers, kTestLevels};

// `experiment` must outlive what is made with the context.
inline PolicyContext ContextOf(const v1::Experiment& experiment, int agent = 0) {
  return ContextFor(kTestShape, experiment, agent);
}

// Four random episodes of different lengths, all steps with all agents.
inline std::vector<v1::Episode> FourEpisodes() {
  std::vector<v1::Episode> episodes;
  for (uint64_t number = 0; number < 4; ++number) episodes.push_back(RandomEpisode(number, kTestShape, 5 + 2 * number));
  return episodes;
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_TEAM_FOR_TEST_H_
