#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>

#include "absl/strings/str_cat.h"
#include "algorithms/adam.h"
#include "algorithms/batch.h"
#include "algorithms/compute_device.h"
#include "algorithms/learned_policy.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/parameters.h"
#include "algorithms/sac/sac.h"
#include "algorithms/sac/sac_loss.h"
#include "algorithms/sac/sac_networks.h"
#include "algorithms/sac/sac_settings.h"
#include "algorithms/sum_over_episodes.h"
#include "algorithms/trainer_state.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Sequences that are computed at once by one thread: bounds its memory. Half of what learning by values takes at once, as
// three networks keep what their backward pass needs instead of one.
constexpr int64_t kSequencesAtOnce = 64;

double Norm(absl::Span<const float> values) {
  double squares = 0;
  for (float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

void Copy(absl::Span<const float> from, absl::Span<float> to) { std::copy(from.begin(), from.end(), to.begin()); }

class SacTrainer : public Trainer {
 public:
  SacTrainer(std::string algorithm, SacSettings settings, at::Device device)
      : algorithm_(std::move(algorithm)),
        settings_(std::move(settings)),
        actor_layout_(AgentLayout(settings_.agent)),
        critic_layout_(CriticLayout(settings_)),
        temperature_layout_(std::vector<ParameterSpec>{{"log_temperature", {1}, 0}}),
        actor_flat_(at::empty({actor_layout_.size()})),
        critic_flat_(at::empty({critic_layout_.size()})),
        target_flat_(at::empty({critic_layout_.size()})),
        log_temperature_(1, static_cast<float>(std::log(settings_.initial_temperature))),
        actor_on_device_(actor_flat_.to(device)),
        critic_on_device_(critic_flat_.to(device)),
        target_on_device_(target_flat_.to(device)),
        networks_(settings_, actor_on_device_, critic_on_device_, target_on_device_),
        actor_adam_(actor_layout_.size(), settings_.actor_learning_rate),
        critic_adam_(critic_layout_.size(), settings_.critic_learning_rate),
        temperature_adam_(1, settings_.temperature_learning_rate) {
    const std::vector<float> initial =
        SacLayout(settings_).Initial(Rng(settings_.agent.experiment.seed(), {kInitStream}));
    Copy(absl::MakeConstSpan(initial).first(actor_layout_.size()), Values(actor_flat_));
    Copy(absl::MakeConstSpan(initial).subspan(actor_layout_.size()), Values(critic_flat_));
    Copy(Values(critic_flat_), Values(target_flat_));
    CopyToDevice();
  }

  absl::StatusOr<UpdateMetrics> Update(absl::Span<const v1::Episode* const> batch,
                                       absl::Span<const float> weights) override;

  uint64_t updates() const override { return updates_; }

  v1::PolicyParameters Export() const override {
    return ExportPolicy(settings_.agent, algorithm_, updates_, Values(actor_flat_));
  }

  absl::StatusOr<std::string> SaveState() const override;
  absl::Status RestoreState(const std::string& state) override;

 private:
  double temperature() const { return std::exp(static_cast<double>(log_temperature_[0])); }
  SacGradient GradientOver(absl::Span<const v1::Episode* const> batch, absl::Span<const float> weights,
                           double heads) const;
  float Clip(double norm) const {
    return norm > settings_.max_gradient_norm ? static_cast<float>(settings_.max_gradient_norm / norm) : 1.0f;
  }
  void MoveTargets();
  // Carries what has changed in the flat tensors on to the networks.
  void CopyToDevice();

  const std::string algorithm_;
  const SacSettings settings_;
  const ParameterLayout actor_layout_;
  const ParameterLayout critic_layout_;
  const ParameterLayout temperature_layout_;
  at::Tensor actor_flat_;
  at::Tensor critic_flat_;
  at::Tensor target_flat_;
  std::vector<float> log_temperature_;  // [1]
  at::Tensor actor_on_device_;          // the flat tensors themselves if the device is the CPU
  at::Tensor critic_on_device_;
  at::Tensor target_on_device_;
  SacNetworks networks_;
  Adam actor_adam_;
  Adam critic_adam_;
  Adam temperature_adam_;
  uint64_t updates_ = 0;
};

SacGradient SacTrainer::GradientOver(absl::Span<const v1::Episode* const> batch, absl::Span<const float> weights,
                                     double heads) const {
  const BatchShape& shape = settings_.agent.shape;
  const int64_t sequences = shape.agents * (shape.shared() ? shape.servers : 1);
  const size_t at_once = static_cast<size_t>(std::max<int64_t>(1, kSequencesAtOnce / sequences));
  return SumOverEpisodes<SacGradient>(
      batch, settings_.threads, at_once, [&](absl::Span<const v1::Episode* const> part, size_t first) {
        const Batch of_part = MakeBatch(part, settings_.agent, weights.subspan(first, part.size()));
        return ComputeGradient(of_part, networks_, settings_, temperature(), heads);
      });
}

void SacTrainer::MoveTargets() {
  const absl::Span<const float> online = Values(critic_flat_);
  const absl::Span<float> target = Values(target_flat_);
  for (size_t i = 0; i < target.size(); ++i) target[i] += settings_.target_rate * (online[i] - target[i]);
}

void SacTrainer::CopyToDevice() {
  if (actor_on_device_.is_same(actor_flat_)) return;
  actor_on_device_.copy_(actor_flat_);
  critic_on_device_.copy_(critic_flat_);
  target_on_device_.copy_(target_flat_);
}

absl::StatusOr<UpdateMetrics> SacTrainer::Update(absl::Span<const v1::Episode* const> batch,
                                                 absl::Span<const float> weights) {
  if (batch.empty()) return absl::InvalidArgumentError("the batch has no episode");
  EK_RETURN_IF_ERROR(CheckEpisodes(batch, settings_.agent.shape));
  const double heads = CountHeads(batch, settings_);
  if (heads == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("update ", updates_ + 1, ": no agent took part in any step after the first ", settings_.burn_in_steps,
                     " of an episode; lower algorithm.sac.burn_in_steps or play longer episodes"));
  }
  const SacGradient gradient = GradientOver(batch, weights, heads);
  const double actor_norm = Norm(Values(gradient.actor)), critic_norm = Norm(Values(gradient.critics));
  if (!std::isfinite(gradient.squared_error) || !std::isfinite(critic_norm) || !std::isfinite(actor_norm)) {
    return absl::InternalError(
        absl::StrCat("update ", updates_ + 1, ": the sum of squared errors is ", gradient.squared_error,
                     ", the norm of the critics' gradient ", critic_norm, " and of the actor's ", actor_norm,
                     "; lower the learning rates of algorithm.sac or look at the rewards"));
  }
  UpdateMetrics metrics{{"loss", gradient.squared_error / heads},
                        {"td_error_abs", gradient.absolute_error / heads},
                        {"q_mean", gradient.chosen / heads},
                        {"target_mean", gradient.target / heads},
                        {"gradient_norm", critic_norm},
                        {"actor_loss", -gradient.soft_value / heads},
                        {"actor_gradient_norm", actor_norm},
                        {"entropy", gradient.entropy / heads},
                        {"temperature", temperature()}};
  for (size_t i = 0; i < batch.size(); ++i) {
    const double of_episode = CountHeads(batch.subspan(i, 1), settings_);
    metrics[absl::StrCat("td_error_abs.", i)] = gradient.absolute_errors[i] / std::max(1.0, of_episode);
  }
  ++updates_;
  actor_adam_.Step(updates_, Clip(actor_norm), Values(gradient.actor), Values(actor_flat_));
  critic_adam_.Step(updates_, Clip(critic_norm), Values(gradient.critics), Values(critic_flat_));
  // The slope of log(temperature) x (entropy - its target): too little entropy raises the temperature.
  const float excess = static_cast<float>(gradient.entropy / heads - settings_.target_entropy);
  temperature_adam_.Step(updates_, 1.0f, absl::MakeConstSpan(&excess, 1), absl::MakeSpan(log_temperature_));
  MoveTargets();
  CopyToDevice();
  return metrics;
}

absl::StatusOr<std::string> SacTrainer::SaveState() const {
  v1::PolicyParameters state;
  state.set_algorithm(algorithm_);
  state.set_version(updates_);
  *state.mutable_shape() = settings_.agent.policy_shape();
  AppendTensors(actor_layout_, "actor/", Values(actor_flat_), &state);
  AppendTensors(actor_layout_, "actor_mean/", actor_adam_.mean(), &state);
  AppendTensors(actor_layout_, "actor_variance/", actor_adam_.variance(), &state);
  AppendTensors(critic_layout_, "critics/", Values(critic_flat_), &state);
  AppendTensors(critic_layout_, "critics_mean/", critic_adam_.mean(), &state);
  AppendTensors(critic_layout_, "critics_variance/", critic_adam_.variance(), &state);
  AppendTensors(critic_layout_, "targets/", Values(target_flat_), &state);
  AppendTensors(temperature_layout_, "temperature/", log_temperature_, &state);
  AppendTensors(temperature_layout_, "temperature_mean/", temperature_adam_.mean(), &state);
  AppendTensors(temperature_layout_, "temperature_variance/", temperature_adam_.variance(), &state);
  return PackTrainerState(state);
}

absl::Status SacTrainer::RestoreState(const std::string& bytes) {
  EK_ASSIGN_OR_RETURN(const v1::PolicyParameters state, UnpackTrainerState(bytes));
  EK_RETURN_IF_ERROR(CheckShape(state, algorithm_, settings_.agent.policy_shape()));
  std::vector<float> actor(actor_layout_.size()), critics(critic_layout_.size()), targets(critic_layout_.size());
  std::vector<float> log_temperature(1);
  Adam actor_adam(actor_layout_.size(), settings_.actor_learning_rate);
  Adam critic_adam(critic_layout_.size(), settings_.critic_learning_rate);
  Adam temperature_adam(1, settings_.temperature_learning_rate);
  EK_RETURN_IF_ERROR(ReadTensors(state, actor_layout_, "actor/", absl::MakeSpan(actor)));
  EK_RETURN_IF_ERROR(ReadTensors(state, actor_layout_, "actor_mean/", actor_adam.mean()));
  EK_RETURN_IF_ERROR(ReadTensors(state, actor_layout_, "actor_variance/", actor_adam.variance()));
  EK_RETURN_IF_ERROR(ReadTensors(state, critic_layout_, "critics/", absl::MakeSpan(critics)));
  EK_RETURN_IF_ERROR(ReadTensors(state, critic_layout_, "critics_mean/", critic_adam.mean()));
  EK_RETURN_IF_ERROR(ReadTensors(state, critic_layout_, "critics_variance/", critic_adam.variance()));
  EK_RETURN_IF_ERROR(ReadTensors(state, critic_layout_, "targets/", absl::MakeSpan(targets)));
  EK_RETURN_IF_ERROR(ReadTensors(state, temperature_layout_, "temperature/", absl::MakeSpan(log_temperature)));
  EK_RETURN_IF_ERROR(ReadTensors(state, temperature_layout_, "temperature_mean/", temperature_adam.mean()));
  EK_RETURN_IF_ERROR(ReadTensors(state, temperature_layout_, "temperature_variance/", temperature_adam.variance()));
  Copy(actor, Values(actor_flat_));
  Copy(critics, Values(critic_flat_));
  Copy(targets, Values(target_flat_));
  CopyToDevice();
  log_temperature_ = std::move(log_temperature);
  actor_adam_ = std::move(actor_adam);
  critic_adam_ = std::move(critic_adam);
  temperature_adam_ = std::move(temperature_adam);
  updates_ = state.version();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> MakeSacTrainer(const std::string& algorithm, Critics critics,
                                                        const PolicyContext& context) {
  EK_ASSIGN_OR_RETURN(SacSettings settings, ResolveSacSettings(context, critics));
  EK_ASSIGN_OR_RETURN(const at::Device device, ComputeDevice(context.experiment->training().device()));
  if (device.is_cuda()) SetGruPrecisionOnCuda(settings.precision);
  return std::make_unique<SacTrainer>(algorithm, std::move(settings), device);
}

}  // namespace evenkeel
