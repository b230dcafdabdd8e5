#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <ATen/ATen.h>

#include "absl/strings/str_cat.h"
#include "algorithms/adam.h"
#include "algorithms/batch.h"
#include "algorithms/compute_device.h"
#include "algorithms/learned_policy.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/parameters.h"
#include "algorithms/sum_over_episodes.h"
#include "algorithms/trainer_state.h"
#include "algorithms/value_learning/target_cache.h"
#include "algorithms/value_learning/value_learning.h"
#include "algorithms/value_learning/value_loss.h"
#include "algorithms/value_learning/value_networks.h"
#include "algorithms/value_learning/value_settings.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Sequences that are computed at once by one thread: bounds its memory (at 240 steps and width 128 about 0.2 GB), and is
// enough for the matrix products to run at full speed.
constexpr int64_t kSequencesAtOnce = 128;

// Of cached target values: about 6,000 episodes at the paper's moderate scale, 1,300 at its large one.
constexpr size_t kTargetCacheBytes = size_t{512} << 20;

double CountSteps(absl::Span<const v1::Episode* const> episodes) {
  double steps = 0;
  for (const v1::Episode* episode : episodes) steps += episode->steps();
  return steps;
}

double Norm(absl::Span<const float> values) {
  double squares = 0;
  for (float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares);
}

void Copy(absl::Span<const float> from, absl::Span<float> to) { std::copy(from.begin(), from.end(), to.begin()); }

class ValueTrainer : public Trainer {
 public:
  ValueTrainer(std::string algorithm, ValueSettings settings, at::Device device)
      : algorithm_(std::move(algorithm)),
        settings_(std::move(settings)),
        layout_(JointLayout(settings_)),
        online_flat_(at::empty({layout_.size()})),
        target_flat_(at::empty({layout_.size()})),
        online_on_device_(online_flat_.to(device)),
        target_on_device_(target_flat_.to(device)),
        online_(settings_, online_on_device_, /*with_gradients=*/true),
        target_(settings_, target_on_device_, /*with_gradients=*/false),
        adam_(layout_.size(), settings_.learning_rate) {
    if (settings_.cache_targets) cache_.emplace(settings_.agent, kTargetCacheBytes);
    Copy(layout_.Initial(Rng(settings_.agent.experiment.seed(), {kInitStream})), Values(online_flat_));
    Copy(Values(online_flat_), Values(target_flat_));
    OnlineChanged();
    TargetChanged();
  }

  absl::StatusOr<UpdateMetrics> Update(absl::Span<const v1::Episode* const> batch,
                                       absl::Span<const float> weights) override;

  uint64_t updates() const override { return updates_; }

  v1::PolicyParameters Export() const override {
    return ExportPolicy(settings_.agent, algorithm_, updates_,
                        AgentPart(online_flat_));
  }

  absl::StatusOr<std::string> SaveState() const override;
  absl::Status RestoreState(const std::string& state) override;

 private:
  ValueGradient GradientOver(absl::Span<const v1::Episode* const> batch, absl::Span<const float> weights) const;
  absl::Span<const float> AgentPart(const at::Tensor& flat) const {
    return Values(flat).first(AgentLayout(settings_.agent).size());
  }
  // Carry what has changed in a flat tensor on to whoever computes with it.
  void OnlineChanged();
  void TargetChanged();

  const std::string algorithm_;
  const ValueSettings settings_;
  const ParameterLayout layout_;
  at::Tensor online_flat_;
  at::Tensor target_flat_;
  at::Tensor online_on_device_;  // the same tensors if the device is the CPU
  at::Tensor target_on_device_;
  ValueNetworks online_;
  ValueNetworks target_;
  std::optional<TargetCache> cache_;
  Adam adam_;
  uint64_t updates_ = 0;
};

void ValueTrainer::OnlineChanged() {
  if (!online_on_device_.is_same(online_flat_)) online_on_device_.copy_(online_flat_);
}

void ValueTrainer::TargetChanged() {
  if (!target_on_device_.is_same(target_flat_)) target_on_device_.copy_(target_flat_);
  if (cache_.has_value()) cache_->Renew(AgentPart(target_flat_));
}

ValueGradient ValueTrainer::GradientOver(absl::Span<const v1::Episode* const> batch,
                                         absl::Span<const float> weights) const {
  const BatchShape& shape = settings_.agent.shape;
  const int64_t sequences = shape.agents * (shape.shared() ? shape.servers : 1);
  const size_t at_once = static_cast<size_t>(std::max<int64_t>(1, kSequencesAtOnce / sequences));
  const double valid_steps = CountSteps(batch);
  return SumOverEpisodes<ValueGradient>(
      batch, settings_.threads, at_once, [&](absl::Span<const v1::Episode* const> part, size_t first) {
        const Batch of_part = MakeBatch(part, settings_.agent, weights.subspan(first, part.size()));
        if (!cache_.has_value()) return ComputeGradient(of_part, online_, target_, settings_, valid_steps);
        const std::vector<float> target_values = cache_->ValuesOf(part);
        return ComputeGradient(of_part, online_, target_, settings_, valid_steps, &target_values);
      });
}

absl::StatusOr<UpdateMetrics> ValueTrainer::Update(absl::Span<const v1::Episode* const> batch,
                                                   absl::Span<const float> weights) {
  if (batch.empty()) return absl::InvalidArgumentError("the batch has no episode");
  EK_RETURN_IF_ERROR(CheckEpisodes(batch, settings_.agent.shape));
  if (cache_.has_value()) cache_->Prepare(batch, settings_.threads);
  const ValueGradient gradient = GradientOver(batch, weights);
  const double norm = Norm(Values(gradient.flat));
  if (!std::isfinite(gradient.squared_error) || !std::isfinite(norm)) {
    return absl::InternalError(absl::StrCat("update ", updates_ + 1, ": the sum of squared errors is ",
                                            gradient.squared_error, " and the gradient's norm is ", norm,
                                            "; lower algorithm.qmix.learning_rate or look at the rewards"));
  }
  ++updates_;
  const double clip = norm > settings_.max_gradient_norm ? settings_.max_gradient_norm / norm : 1.0;
  adam_.Step(updates_, static_cast<float>(clip), Values(gradient.flat), Values(online_flat_));
  OnlineChanged();
  if (updates_ % settings_.target_interval_updates == 0) {
    Copy(Values(online_flat_), Values(target_flat_));
    TargetChanged();
  }
  const double steps = CountSteps(batch);
  UpdateMetrics metrics{{"loss", gradient.squared_error / steps},
                        {"td_error_abs", gradient.absolute_error / steps},
                        {"q_mean", gradient.chosen / steps},
                        {"target_mean", gradient.target / steps},
                        {"gradient_norm", norm}};
  for (size_t i = 0; i < batch.size(); ++i) {
    metrics[absl::StrCat("td_error_abs.", i)] = gradient.absolute_errors[i] / std::max(1.0, CountSteps(batch.subspan(i, 1)));
  }
  return metrics;
}

// The state is PolicyParameters with four sets of tensors.
absl::StatusOr<std::string> ValueTrainer::SaveState() const {
  v1::PolicyParameters state;
  state.set_algorithm(algorithm_);
  state.set_version(updates_);
  *state.mutable_shape() = settings_.agent.policy_shape();
  AppendTensors(layout_, "online/", Values(online_flat_), &state);
  AppendTensors(layout_, "target/", Values(target_flat_), &state);
  AppendTensors(layout_, "adam_mean/", adam_.mean(), &state);
  AppendTensors(layout_, "adam_variance/", adam_.variance(), &state);
  return PackTrainerState(state);
}

absl::Status ValueTrainer::RestoreState(const std::string& bytes) {
  EK_ASSIGN_OR_RETURN(const v1::PolicyParameters state, UnpackTrainerState(bytes));
  EK_RETURN_IF_ERROR(CheckShape(state, algorithm_, settings_.agent.policy_shape()));
  std::vector<float> online(layout_.size()), target(layout_.size());
  Adam adam(layout_.size(), settings_.learning_rate);
  EK_RETURN_IF_ERROR(ReadTensors(state, layout_, "online/", absl::MakeSpan(online)));
  EK_RETURN_IF_ERROR(ReadTensors(state, layout_, "target/", absl::MakeSpan(target)));
  EK_RETURN_IF_ERROR(ReadTensors(state, layout_, "adam_mean/", adam.mean()));
  EK_RETURN_IF_ERROR(ReadTensors(state, layout_, "adam_variance/", adam.variance()));
  Copy(online, Values(online_flat_));
  Copy(target, Values(target_flat_));
  OnlineChanged();
  TargetChanged();
  adam_ = std::move(adam);
  updates_ = state.version();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Trainer>> MakeValueTrainer(const std::string& algorithm, Mixing mixing,
                                                          const PolicyContext& context) {
  EK_ASSIGN_OR_RETURN(ValueSettings settings, ResolveValueSettings(context, mixing));
  EK_ASSIGN_OR_RETURN(const at::Device device, ComputeDevice(context.experiment->training().device()));
  if (device.is_cuda()) SetGruPrecisionOnCuda(settings.precision);
  return std::make_unique<ValueTrainer>(algorithm, std::move(settings), device);
}

}  // namespace evenkeel
