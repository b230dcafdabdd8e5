#include "algorithms/value_learning/value_settings.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/observation_features.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::max();
constexpr double kTiny = 1e-12;  // smallest value that counts as positive

absl::Status CheckRange(const char* field, bool present, double value, double least, double most) {
  if (!present) return absl::InvalidArgumentError(absl::StrCat(field, " is not set"));
  if (value >= least && value <= most) return absl::OkStatus();
  const std::string range = most == kNoLimit ? absl::StrCat("at least ", least) : absl::StrCat(least, " to ", most);
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", value, ", expected ", range));
}

#define CHECK_FIELD(message, path, field, least, most) \
  EK_RETURN_IF_ERROR(CheckRange(path #field, (message).has_##field(), static_cast<double>((message).field()), least, most))

absl::Status CheckValue(const v1::Qmix& qmix) {
  CHECK_FIELD(qmix, "algorithm.qmix.", hidden, 1, 65536);
  CHECK_FIELD(qmix, "algorithm.qmix.", mixer_embed, 1, 65536);
  CHECK_FIELD(qmix, "algorithm.qmix.", hypernet_hidden, 1, 65536);
  CHECK_FIELD(qmix, "algorithm.qmix.", learning_rate, kTiny, 1);
  CHECK_FIELD(qmix, "algorithm.qmix.", discount, 0, 1);
  CHECK_FIELD(qmix, "algorithm.qmix.", td_lambda, 0, 1);
  CHECK_FIELD(qmix, "algorithm.qmix.", double_q, 0, 1);
  CHECK_FIELD(qmix, "algorithm.qmix.", target_interval_updates, 1, kNoLimit);
  CHECK_FIELD(qmix, "algorithm.qmix.", max_gradient_norm, kTiny, kNoLimit);
  CHECK_FIELD(qmix, "algorithm.qmix.", epsilon_start, 0, 1);
  CHECK_FIELD(qmix, "algorithm.qmix.", epsilon_end, 0, 1);
  CHECK_FIELD(qmix, "algorithm.qmix.", epsilon_episodes, 0, kNoLimit);
  return CheckRange("algorithm.qmix.mixer_state", qmix.has_mixer_state(), qmix.mixer_state(),
                    v1::Qmix::JOINT_OBSERVATION, v1::Qmix::JOINT_OBSERVATION);
}

absl::Status CheckExperiment(const v1::Experiment& experiment) {
  CHECK_FIELD(experiment, "", seed, 0, kNoLimit);
  CHECK_FIELD(experiment.training(), "training.", learner_threads, 1, 1024);
  const auto& levels = experiment.agent().action_levels();
  // Levels are stored in a byte each (Episode.levels).
  EK_RETURN_IF_ERROR(CheckRange("number of agent.action_levels", true, levels.size(), 1, 256));
  for (double level : levels) EK_RETURN_IF_ERROR(CheckRange("agent.action_levels", true, level, kTiny, 1e6));
  return absl::OkStatus();
}

#undef CHECK_FIELD

}  // namespace

double ValueSettings::Epsilon(uint64_t episode) const {
  if (episode >= epsilon_episodes) return epsilon_end;
  const double done = static_cast<double>(episode) / static_cast<double>(epsilon_episodes);
  return epsilon_start + (epsilon_end - epsilon_start) * done;
}

v1::PolicyShape ValueSettings::policy_shape() const {
  v1::PolicyShape result;
  result.set_servers(shape.servers);
  result.set_features(kFeatures);
  result.set_levels(shape.levels);
  result.set_hidden(hidden);
  return result;
}

absl::StatusOr<ValueSettings> ResolveValueSettings(const PolicyContext& context) {
  const v1::Experiment& experiment = *context.experiment;
  const v1::Qmix& qmix = experiment.algorithm().qmix();
  EK_RETURN_IF_ERROR(CheckExperiment(experiment));
  EK_RETURN_IF_ERROR(CheckValue(qmix));
  EK_RETURN_IF_ERROR(CheckRange("number of servers", true, context.servers, 1, 65536));
  EK_RETURN_IF_ERROR(CheckRange("topology.lbs", true, context.agents, 1, 65536));

  ValueSettings settings;
  settings.seed = experiment.seed();
  settings.action_levels.assign(experiment.agent().action_levels().begin(), experiment.agent().action_levels().end());
  settings.shape.agents = context.agents;
  settings.shape.servers = context.servers;
  settings.shape.levels = experiment.agent().action_levels_size();
  settings.hidden = qmix.hidden();
  settings.mixer_embed = qmix.mixer_embed();
  settings.hypernet_hidden = qmix.hypernet_hidden();
  settings.learning_rate = qmix.learning_rate();
  settings.discount = static_cast<float>(qmix.discount());
  settings.td_lambda = static_cast<float>(qmix.td_lambda());
  settings.double_q = qmix.double_q();
  settings.target_interval_updates = qmix.target_interval_updates();
  settings.max_gradient_norm = qmix.max_gradient_norm();
  settings.threads = experiment.training().learner_threads();
  settings.epsilon_start = qmix.epsilon_start();
  settings.epsilon_end = qmix.epsilon_end();
  settings.epsilon_episodes = qmix.epsilon_episodes();
  return settings;
}

}  // namespace evenkeel
