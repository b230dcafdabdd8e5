// Experiments with a small learner of the SAC family in them, for tests.
#ifndef EVENKEEL_ALGORITHMS_SAC_SAC_FOR_TEST_H_
#define EVENKEEL_ALGORITHMS_SAC_SAC_FOR_TEST_H_

#include <string>
#include <tuple>
#include <vector>

#include "algorithms/episode_for_test.h"
#include "algorithms/sac/critics.h"
#include "algorithms/team_for_test.h"
#include "algorithms/torch_process.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// Every setting that the family asks for: 16 hidden units, levels 1, 1.5 and 2, one thread. Also limits LibTorch to one
// thread, as a main does: its idle threads would spin against those of other tests.
inline v1::Experiment SacExperiment(v1::Network::Kind network = v1::Network::PAPER) {
  UseOneTorchThread();
  v1::Experiment experiment = AgentExperiment(kTestLevels, network);
  experiment.mutable_training()->set_learner_threads(1);
  v1::Sac* sac = experiment.mutable_algorithm()->mutable_sac();
  sac->set_hidden(16);
  sac->set_actor_learning_rate(1e-3);
  sac->set_critic_learning_rate(1e-3);
  sac->set_temperature_learning_rate(1e-3);
  sac->set_discount(0.9);
  sac->set_target_rate(0.01);
  sac->set_target_entropy_share(0.98);
  sac->set_initial_temperature(0.1);
  sac->set_max_gradient_norm(10);
  sac->set_burn_in_steps(0);
  return experiment;
}

// What learners of the family differ in, for tests of all of them.
using Kind = std::tuple<Critics, v1::Network::Kind>;

inline std::vector<Kind> AllKinds() {
  std::vector<Kind> kinds;
  for (Critics critics : {Critics::kIndependent, Critics::kCentral}) {
    for (v1::Network::Kind network : {v1::Network::PAPER, v1::Network::SHARED}) kinds.emplace_back(critics, network);
  }
  return kinds;
}

inline std::string NameOfKind(const Kind& kind) {
  return (std::get<0>(kind) == Critics::kCentral ? "central_" : "independent_") +
         v1::Network::Kind_Name(std::get<1>(kind));
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SAC_SAC_FOR_TEST_H_
