#include "algorithms/value_learning/value_benchmark.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "algorithms/value_learning/value_learning.h"
#include "algorithms/value_learning/value_reference.h"
#include "algorithms/value_learning/value_settings.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr int kAgents = 2, kServers = 7, kLevels = 6, kEpisodes = 12, kSteps = 240;
constexpr int kWarmUp = 2, kRepetitions = 9;

// defaults.textproto as far as learning goes, with one thread.
v1::Experiment ModerateExperiment() {
  v1::Experiment experiment;
  experiment.set_seed(1);
  experiment.mutable_training()->set_learner_threads(1);
  v1::Agent* agent = experiment.mutable_agent();
  agent->set_step_interval_seconds(0.25);
  agent->set_base_weight(v1::Agent::ONE);
  for (int level = 0; level < kLevels; ++level) agent->add_action_levels(1 + 0.2 * level);
  v1::Network* network = experiment.mutable_algorithm()->mutable_network();
  network->set_kind(v1::Network::PAPER);
  network->set_recurrent(true);
  network->set_identity(true);
  v1::Qmix* qmix = experiment.mutable_algorithm()->mutable_qmix();
  qmix->set_hidden(128);
  qmix->set_mixer_embed(32);
  qmix->set_hypernet_hidden(64);
  qmix->set_learning_rate(1e-3);
  qmix->set_discount(0.99);
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

std::string Floats(size_t count, Rng* rng) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(rng->Uniform());
  return std::string(reinterpret_cast<const char*>(values.data()), count * sizeof(float));
}

v1::Episode RandomEpisode(uint64_t number) {
  Rng rng(1, {number});
  constexpr size_t kHeads = kAgents * kServers;
  v1::Episode episode;
  episode.set_number(number);
  episode.set_steps(kSteps);
  episode.set_agents(kAgents);
  episode.set_servers(kServers);
  episode.set_features(kFeatures);
  episode.set_observations(Floats((kSteps + 1) * kHeads * kFeatures, &rng));
  for (size_t i = 0; i < kSteps * kHeads; ++i) episode.mutable_levels()->push_back(static_cast<char>(rng.Below(kLevels)));
  episode.set_weights(Floats(kSteps * kHeads, &rng));
  episode.set_rewards(Floats(kSteps, &rng));
  episode.set_mask(std::string(kSteps * kAgents, 1));
  return episode;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

}  // namespace

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkLearner() {
  const v1::Experiment experiment = ModerateExperiment();
  PolicyContext context;
  context.experiment = &experiment;
  context.agents = kAgents;
  context.servers = kServers;
  context.nominal_weights.assign(kServers, 1.0f);
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer, MakeValueTrainer("qmix", Mixing::kMonotonic, context));
  EK_ASSIGN_OR_RETURN(const ValueSettings settings, ResolveValueSettings(context, Mixing::kMonotonic));
  ReferenceLearner reference(settings);
  std::vector<v1::Episode> episodes;
  for (uint64_t number = 0; number < kEpisodes; ++number) episodes.push_back(RandomEpisode(number));
  std::vector<const v1::Episode*> batch;
  for (const v1::Episode& episode : episodes) batch.push_back(&episode);

  std::vector<double> ours_ms, reference_ms;
  for (int repetition = 0; repetition < kWarmUp + kRepetitions; ++repetition) {
    const absl::Time begin = absl::Now();
    EK_RETURN_IF_ERROR(trainer->Update(batch).status());
    const absl::Time between = absl::Now();
    reference.Update(batch);
    const absl::Time end = absl::Now();
    if (repetition < kWarmUp) continue;
    ours_ms.push_back(absl::ToDoubleMilliseconds(between - begin));
    reference_ms.push_back(absl::ToDoubleMilliseconds(end - between));
  }
  return std::vector<BenchmarkResult>{{"learner.update_ms.moderate", Median(ours_ms), "ms"},
                                      {"learner.reference_ms.moderate", Median(reference_ms), "ms"},
                                      {"learner.speedup.moderate", Median(reference_ms) / Median(ours_ms), "x"}};
}

}  // namespace evenkeel
