// Experiments with a small learner of values in them, for tests.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_FOR_TEST_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_FOR_TEST_H_

#include "algorithms/episode_for_test.h"
#include "algorithms/team_for_test.h"
#include "algorithms/torch_process.h"
#include "algorithms/value_learning/value_settings.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// Every setting that learners of values ask for: 16 hidden units, levels 1, 1.5 and 2, one thread. Also limits LibTorch to one
// thread, as a main does: its idle threads would spin against those of other tests.
inline v1::Experiment ValueExperiment(v1::Network::Kind network = v1::Network::PAPER) {
  UseOneTorchThread();
  v1::Experiment experiment = AgentExperiment(kTestLevels, network);
  experiment.mutable_training()->set_learner_threads(1);
  v1::Qmix* qmix = experiment.mutable_algorithm()->mutable_qmix();
  qmix->set_hidden(16);
  qmix->set_mixer_embed(8);
  qmix->set_hypernet_hidden(12);
  qmix->set_learning_rate(1e-3);
  qmix->set_discount(0.9);
  qmix->set_td_lambda(0);
  qmix->set_double_q(true);
  qmix->set_target_interval_updates(200);
  qmix->set_max_gradient_norm(10);
  qmix->set_epsilon_start(1);
  qmix->set_epsilon_end(0.05);
  qmix->set_epsilon_episodes(50);
  qmix->set_mixer_state(v1::Qmix::JOINT_OBSERVATION);
  return experiment;
}

inline ValueSettings SettingsOf(const v1::Experiment& experiment, Mixing mixing = Mixing::kMonotonic) {
  return ResolveValueSettings(ContextOf(experiment), mixing).value();
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_FOR_TEST_H_
