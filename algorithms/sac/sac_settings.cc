#include "algorithms/sac/sac_settings.h"

#include <cmath>

#include "algorithms/nets/matrix_precision.h"
#include "algorithms/settings_range.h"
#include "algorithms/training_precision.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

absl::Status CheckSac(const v1::Sac& sac) {
  EK_CHECK_FIELD(sac, "algorithm.sac.", hidden, 1, 65536);
  EK_CHECK_FIELD(sac, "algorithm.sac.", actor_learning_rate, kTiny, 1);
  EK_CHECK_FIELD(sac, "algorithm.sac.", critic_learning_rate, kTiny, 1);
  EK_CHECK_FIELD(sac, "algorithm.sac.", temperature_learning_rate, 0, 1);
  EK_CHECK_FIELD(sac, "algorithm.sac.", discount, 0, 1);
  EK_CHECK_FIELD(sac, "algorithm.sac.", target_rate, kTiny, 1);
  EK_CHECK_FIELD(sac, "algorithm.sac.", target_entropy_share, 0, 1);
  EK_CHECK_FIELD(sac, "algorithm.sac.", initial_temperature, kTiny, kNoLimit);
  EK_CHECK_FIELD(sac, "algorithm.sac.", max_gradient_norm, kTiny, kNoLimit);
  EK_CHECK_FIELD(sac, "algorithm.sac.", burn_in_steps, 0, kNoLimit);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SacSettings> ResolveSacSettings(const PolicyContext& context, Critics critics) {
  const v1::Sac& sac = context.experiment->algorithm().sac();
  EK_RETURN_IF_ERROR(CheckSac(sac));
  EK_CHECK_FIELD(context.experiment->training(), "training.", learner_threads, 1, 1024);
  SacSettings settings;
  EK_ASSIGN_OR_RETURN(settings.agent, ResolveAgentSettings(context, sac.hidden()));
  settings.critics = critics;
  settings.actor_learning_rate = sac.actor_learning_rate();
  settings.critic_learning_rate = sac.critic_learning_rate();
  settings.temperature_learning_rate = sac.temperature_learning_rate();
  settings.discount = static_cast<float>(sac.discount());
  settings.target_rate = static_cast<float>(sac.target_rate());
  settings.target_entropy = sac.target_entropy_share() * std::log(static_cast<double>(settings.agent.shape.levels));
  settings.initial_temperature = sac.initial_temperature();
  settings.max_gradient_norm = sac.max_gradient_norm();
  settings.burn_in_steps = sac.burn_in_steps();
  settings.threads = context.experiment->training().learner_threads();
  EK_ASSIGN_OR_RETURN(settings.precision, TrainingPrecision(context.experiment->training(), CpuMultipliesBfloat16()));
  return settings;
}

}  // namespace evenkeel
