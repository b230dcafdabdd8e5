#include "algorithms/value_learning/value_benchmark.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "algorithms/nets/product_rate.h"
#include "algorithms/value_learning/value_learning.h"
#include "algorithms/value_learning/value_networks.h"
#include "algorithms/value_learning/value_reference.h"
#include "algorithms/value_learning/value_settings.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

struct Scale {
  const char* name;
  int agents, servers, hidden, steps;
  int warm_up, repetitions;
};

constexpr Scale kModerate{"moderate", 2, 7, 128, 240, 2, 9};
constexpr Scale kLarge{"large", 6, 24, 512, 120, 1, 3};
constexpr int kLevels = 6, kEpisodes = 12;
constexpr int kStored = 24, kUpdatesPerTarget = 12;  // of the cached targets: 12 x 12 / 24 = 6 draws of each

// defaults.textproto as far as learning goes, with one thread.
v1::Experiment ExperimentOf(const Scale& scale) {
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
  qmix->set_hidden(scale.hidden);
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

v1::Episode RandomEpisode(const Scale& scale, uint64_t number) {
  Rng rng(1, {number});
  const size_t heads = scale.agents * scale.servers, steps = scale.steps;
  v1::Episode episode;
  episode.set_number(number);
  episode.set_steps(scale.steps);
  episode.set_agents(scale.agents);
  episode.set_servers(scale.servers);
  episode.set_features(kFeatures);
  episode.set_observations(Floats((steps + 1) * heads * kFeatures, &rng));
  for (size_t i = 0; i < steps * heads; ++i) episode.mutable_levels()->push_back(static_cast<char>(rng.Below(kLevels)));
  episode.set_weights(Floats(steps * heads, &rng));
  episode.set_rewards(Floats(steps, &rng));
  episode.set_mask(std::string(steps * scale.agents, 1));
  return episode;
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double ElapsedSeconds() { return absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()); }

// Seconds of one update by `clock`.
absl::StatusOr<double> TimeUpdate(double (*clock)(), Trainer* trainer, absl::Span<const v1::Episode* const> batch) {
  const double begin = clock();
  EK_RETURN_IF_ERROR(trainer->Update(batch).status());
  return clock() - begin;
}

// What is measured at one scale, with the episodes to do it on.
class Bench {
 public:
  Bench(const Scale& scale, int episodes) : scale_(scale), experiment_(ExperimentOf(scale)) {
    for (int number = 0; number < episodes; ++number) episodes_.push_back(RandomEpisode(scale, number));
    context_.experiment = &experiment_;
    context_.agents = scale.agents;
    context_.servers = scale.servers;
    context_.nominal_weights.assign(scale.servers, 1.0f);
  }
  Bench(const Bench&) = delete;  // the context points to the experiment
  Bench& operator=(const Bench&) = delete;

  absl::Status MeasureUpdate(std::vector<BenchmarkResult>* results);
  absl::Status MeasureCores(std::vector<BenchmarkResult>* results);
  absl::Status MeasureCachedTargets(std::vector<BenchmarkResult>* results);
  absl::Status MeasureBfloat16(std::vector<BenchmarkResult>* results);

 private:
  absl::StatusOr<std::unique_ptr<Trainer>> MakeTrainer() const {
    return MakeValueTrainer("qmix", Mixing::kMonotonic, context_);
  }

  // An update of `one` over an update of `other`, each the median by `clock`, in turns.
  absl::StatusOr<double> MedianRatio(double (*clock)(), Trainer* one, Trainer* other) const;

  std::vector<const v1::Episode*> FirstEpisodes() const {
    std::vector<const v1::Episode*> batch;
    for (int i = 0; i < kEpisodes; ++i) batch.push_back(&episodes_[i]);
    return batch;
  }

  const Scale scale_;
  v1::Experiment experiment_;
  PolicyContext context_;
  std::vector<v1::Episode> episodes_;
};

absl::Status Bench::MeasureUpdate(std::vector<BenchmarkResult>* results) {
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer, MakeTrainer());
  EK_ASSIGN_OR_RETURN(const ValueSettings settings, ResolveValueSettings(context_, Mixing::kMonotonic));
  ReferenceLearner reference(settings);
  const std::vector<const v1::Episode*> batch = FirstEpisodes();
  const std::vector<MatrixProduct> products =
      ProductsOfUpdate(settings.agent.network, MixerShapeOf(settings), scale_.agents, kEpisodes, scale_.steps);
  std::vector<double> ours_s, reference_s, rates;
  for (int repetition = 0; repetition < scale_.warm_up + scale_.repetitions; ++repetition) {
    EK_ASSIGN_OR_RETURN(const double ours, TimeUpdate(ThreadCpuSeconds, trainer.get(), batch));
    const double begin = ThreadCpuSeconds();
    reference.Update(batch);
    const double end = ThreadCpuSeconds();
    if (repetition < scale_.warm_up) continue;
    ours_s.push_back(ours);
    reference_s.push_back(end - begin);
    rates.push_back(MeasureProductRate(products));
  }
  const double ours = Median(ours_s), plain = Median(reference_s);
  results->push_back({absl::StrCat("learner.update_ms.", scale_.name), 1e3 * ours, "ms"});
  results->push_back({absl::StrCat("learner.reference_ms.", scale_.name), 1e3 * plain, "ms"});
  results->push_back({absl::StrCat("learner.speedup.", scale_.name), plain / ours, "x"});
  results->push_back({absl::StrCat("learner.gemm_share.", scale_.name), Flops(products) / ours / Median(rates), "of 1"});
  return absl::OkStatus();
}

absl::StatusOr<double> Bench::MedianRatio(double (*clock)(), Trainer* one, Trainer* other) const {
  const std::vector<const v1::Episode*> batch = FirstEpisodes();
  std::vector<double> one_s, other_s;
  for (int repetition = 0; repetition < scale_.warm_up + scale_.repetitions; ++repetition) {
    EK_ASSIGN_OR_RETURN(const double of_one, TimeUpdate(clock, one, batch));
    EK_ASSIGN_OR_RETURN(const double of_other, TimeUpdate(clock, other, batch));
    if (repetition < scale_.warm_up) continue;
    one_s.push_back(of_one);
    other_s.push_back(of_other);
  }
  return Median(one_s) / Median(other_s);
}

absl::Status Bench::MeasureCores(std::vector<BenchmarkResult>* results) {
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> one, MakeTrainer());
  experiment_.mutable_training()->set_learner_threads(2);
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> two, MakeTrainer());
  experiment_.mutable_training()->set_learner_threads(1);
  EK_ASSIGN_OR_RETURN(const double gain, MedianRatio(ElapsedSeconds, one.get(), two.get()));
  results->push_back({"learner.cores_gain", gain, "x"});
  return absl::OkStatus();
}

absl::Status Bench::MeasureCachedTargets(std::vector<BenchmarkResult>* results) {
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> without, MakeTrainer());
  experiment_.mutable_training()->set_cache_targets(true);
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> with, MakeTrainer());
  experiment_.mutable_training()->set_cache_targets(false);
  Rng rng(2);
  double without_s = 0, with_s = 0;
  for (int update = 0; update < kUpdatesPerTarget; ++update) {
    std::vector<const v1::Episode*> batch;
    for (int i = 0; i < kEpisodes; ++i) batch.push_back(&episodes_[rng.Below(episodes_.size())]);
    EK_ASSIGN_OR_RETURN(const double computed, TimeUpdate(ThreadCpuSeconds, without.get(), batch));
    EK_ASSIGN_OR_RETURN(const double cached, TimeUpdate(ThreadCpuSeconds, with.get(), batch));
    without_s += computed;
    with_s += cached;
  }
  results->push_back({absl::StrCat("learner.cached_targets_gain.", scale_.name), without_s / with_s, "x"});
  return absl::OkStatus();
}

absl::Status Bench::MeasureBfloat16(std::vector<BenchmarkResult>* results) {
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> float32, MakeTrainer());
  experiment_.mutable_training()->set_matrix_precision(v1::Training::BFLOAT16);
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> bfloat16, MakeTrainer());
  experiment_.mutable_training()->clear_matrix_precision();
  EK_ASSIGN_OR_RETURN(const double gain, MedianRatio(ThreadCpuSeconds, float32.get(), bfloat16.get()));
  results->push_back({absl::StrCat("learner.bf16_gain.", scale_.name), gain, "x"});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkLearner() {
  std::vector<BenchmarkResult> results;
  Bench moderate(kModerate, kStored);
  EK_RETURN_IF_ERROR(moderate.MeasureUpdate(&results));
  EK_RETURN_IF_ERROR(moderate.MeasureCores(&results));
  EK_RETURN_IF_ERROR(moderate.MeasureCachedTargets(&results));
  EK_RETURN_IF_ERROR(moderate.MeasureBfloat16(&results));
  Bench large(kLarge, kEpisodes);
  EK_RETURN_IF_ERROR(large.MeasureUpdate(&results));
  EK_RETURN_IF_ERROR(large.MeasureBfloat16(&results));
  return results;
}

}  // namespace evenkeel
