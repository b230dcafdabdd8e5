#include "algorithms/value_learning/value_settings.h"

#include "algorithms/nets/matrix_precision.h"
#include "algorithms/settings_range.h"
#include "algorithms/training_precision.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

absl::Status CheckQmix(const v1::Qmix& qmix) {
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", hidden, 1, 65536);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", mixer_embed, 1, 65536);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", hypernet_hidden, 1, 65536);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", learning_rate, kTiny, 1);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", discount, 0, 1);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", td_lambda, 0, 1);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", double_q, 0, 1);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", target_interval_updates, 1, kNoLimit);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", max_gradient_norm, kTiny, kNoLimit);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", epsilon_start, 0, 1);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", epsilon_end, 0, 1);
  EK_CHECK_FIELD(qmix, "algorithm.qmix.", epsilon_episodes, 0, kNoLimit);
  return CheckRange("algorithm.qmix.mixer_state", qmix.has_mixer_state(), qmix.mixer_state(),
                    v1::Qmix::JOINT_OBSERVATION, v1::Qmix::JOINT_OBSERVATION);
}

}  // namespace

double Epsilon(const v1::Qmix& settings, uint64_t episode) {
  if (episode >= settings.epsilon_episodes()) return settings.epsilon_end();
  const double done = static_cast<double>(episode) / static_cast<double>(settings.epsilon_episodes());
  return settings.epsilon_start() + (settings.epsilon_end() - settings.epsilon_start()) * done;
}

absl::StatusOr<ValueSettings> ResolveValueSettings(const PolicyContext& context, Mixing mixing) {
  const v1::Qmix& qmix = context.experiment->algorithm().qmix();
  EK_RETURN_IF_ERROR(CheckQmix(qmix));
  EK_CHECK_FIELD(context.experiment->training(), "training.", learner_threads, 1, 1024);
  ValueSettings settings;
  EK_ASSIGN_OR_RETURN(settings.agent, ResolveAgentSettings(context, qmix.hidden()));
  settings.mixing = mixing;
  settings.mixer_embed = qmix.mixer_embed();
  settings.hypernet_hidden = qmix.hypernet_hidden();
  settings.learning_rate = qmix.learning_rate();
  settings.discount = static_cast<float>(qmix.discount());
  settings.td_lambda = static_cast<float>(qmix.td_lambda());
  settings.double_q = qmix.double_q();
  settings.target_interval_updates = qmix.target_interval_updates();
  settings.max_gradient_norm = qmix.max_gradient_norm();
  settings.threads = context.experiment->training().learner_threads();
  EK_ASSIGN_OR_RETURN(settings.precision, TrainingPrecision(context.experiment->training(), CpuMultipliesBfloat16()));
  settings.cache_targets = context.experiment->training().cache_targets();
  return settings;
}

}  // namespace evenkeel
