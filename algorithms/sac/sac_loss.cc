#include "algorithms/sac/sac_loss.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/batch_columns.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/td_targets.h"

namespace evenkeel {
namespace {

// [T+1, B m, n, L]
at::Tensor LogPolicy(const Batch& batch, const AgentNetwork& actor) {
  const int64_t sequences = batch.episodes * batch.shape.agents;
  const at::Tensor initial = actor.InitialState(sequences);
  const at::Tensor inputs = Column(batch.inputs, {batch.steps + 1, sequences, batch.shape.input()}, initial.device());
  return at::log_softmax(actor.Forward(inputs, initial), 3);
}

at::Tensor Lesser(const std::array<at::Tensor, 2>& values) { return at::minimum(values[0].detach(), values[1].detach()); }

at::Tensor Targets(const Batch& batch, const at::Tensor& log_policy, const TwinCritics& critics, float discount,
                   double temperature) {
  const at::NoGradGuard no_gradients;
  const at::Tensor values = Lesser(critics.Forward(batch, batch.steps + 1));
  const at::Tensor next = SoftValues(log_policy.narrow(0, 1, batch.steps), values.narrow(0, 1, batch.steps), temperature);
  const std::vector<float> targets = TdTargets(batch, Values(next.contiguous().cpu()), discount, /*lambda=*/0);
  return Column(targets, next.sizes()).clone().to(next.device());
}

// On the CPU.
at::Tensor Counts(const Batch& batch, int64_t burn_in_steps) {
  const at::Tensor valid = Column(batch.valid, {batch.steps, batch.episodes, 1});
  const at::Tensor present =
      Column(batch.present, {batch.steps + 1, batch.episodes, batch.shape.agents}).narrow(0, 0, batch.steps);
  const at::Tensor counts = valid * present;
  counts.narrow(0, 0, std::min(burn_in_steps, batch.steps)).zero_();
  const int64_t sequences = batch.episodes * batch.shape.agents;
  return counts.view({batch.steps, sequences, 1}).expand({batch.steps, sequences, batch.shape.servers});
}

// [1, B m, 1]
at::Tensor Importance(const Batch& batch) {
  return Column(batch.importance, {1, batch.episodes, 1})
      .expand({1, batch.episodes, batch.shape.agents})
      .reshape({1, batch.episodes * batch.shape.agents, 1});
}

// The sums of a column per head over each episode.
std::vector<double> SumsOfEpisodes(const Batch& batch, const at::Tensor& column) {
  const at::Tensor heads = column.reshape({batch.steps, batch.episodes, batch.shape.agents * batch.shape.servers});
  const at::Tensor sums = heads.sum(at::IntArrayRef({0, 2}), /*keepdim=*/false, at::kDouble).contiguous().cpu();
  return {sums.data_ptr<double>(), sums.data_ptr<double>() + batch.episodes};
}

at::Tensor Flatten(absl::Span<const at::Tensor> tensors) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape({-1}));
  return at::cat(flat);
}

// Sums of what counts, each of one column per head.
class Tally {
 public:
  explicit Tally(const at::Tensor& counts) : counts_(counts) {}
  double operator()(const at::Tensor& column) const { return (column * counts_).sum(at::kDouble).item<double>(); }

 private:
  const at::Tensor counts_;
};

}  // namespace

at::Tensor SoftValues(const at::Tensor& log_policy, const at::Tensor& values, double temperature) {
  return (log_policy.exp() * (values - temperature * log_policy)).sum(-1);
}

HeadTerms ComputeTerms(const Batch& batch, const SacNetworks& networks, const SacSettings& settings,
                       double temperature) {
  const at::Tensor log_policy = LogPolicy(batch, *networks.actor);
  const at::Tensor levels = Column(
      batch.levels, {batch.steps, batch.episodes * batch.shape.agents, batch.shape.servers, 1}, log_policy.device());
  const at::Tensor done = log_policy.narrow(0, 0, batch.steps);  // of the steps that were taken, without the last row
  const std::array<at::Tensor, 2> values = networks.critics.Forward(batch, batch.steps);
  HeadTerms terms;
  for (size_t i = 0; i < 2; ++i) terms.chosen[i] = values[i].gather(3, levels).squeeze(3);
  terms.targets = Targets(batch, log_policy.detach(), networks.targets, settings.discount, temperature);
  terms.soft_values = SoftValues(done, Lesser(values), temperature);
  terms.entropies = -(done.detach().exp() * done.detach()).sum(3);
  terms.counts = Counts(batch, settings.burn_in_steps).to(log_policy.device());
  return terms;
}

double CountHeads(absl::Span<const v1::Episode* const> episodes, const SacSettings& settings) {
  double present = 0;
  for (const v1::Episode* episode : episodes) {
    const int64_t first = std::min<int64_t>(settings.burn_in_steps, episode->steps());
    const auto begin = episode->mask().begin() + first * settings.agent.shape.agents;
    present += std::count_if(begin, episode->mask().end(), [](char took_part) { return took_part != 0; });
  }
  return present * settings.agent.shape.servers;
}

void SacGradient::Add(const SacGradient& other) {
  actor.add_(other.actor);
  critics.add_(other.critics);
  squared_error += other.squared_error;
  absolute_error += other.absolute_error;
  absolute_errors.insert(absolute_errors.end(), other.absolute_errors.begin(), other.absolute_errors.end());
  chosen += other.chosen;
  target += other.target;
  soft_value += other.soft_value;
  entropy += other.entropy;
}

SacGradient ComputeGradient(const Batch& batch, const SacNetworks& networks, const SacSettings& settings,
                            double temperature, double heads) {
  const HeadTerms terms = ComputeTerms(batch, networks, settings, temperature);
  const at::Tensor error1 = terms.chosen[0] - terms.targets, error2 = terms.chosen[1] - terms.targets;
  const at::Tensor critic_losses = 0.5 * (error1.square() + error2.square());
  const at::Tensor counts_in_loss = terms.counts * Importance(batch).to(terms.counts.device());
  // One backward pass: the soft values hold the critics fixed, the errors do not know the actor.
  const at::Tensor loss = ((critic_losses - terms.soft_values) * counts_in_loss).sum() / heads;
  std::vector<at::Tensor> parameters = networks.actor_parameters;
  for (const at::Tensor& parameter : networks.critics.parameters()) parameters.push_back(parameter);
  const std::vector<at::Tensor> gradients = torch::autograd::grad({loss}, parameters);
  const size_t of_actor = networks.actor_parameters.size();

  const at::NoGradGuard no_gradients;
  const Tally sum(terms.counts), sum_in_loss(counts_in_loss);
  const at::Tensor absolute_errors = 0.5 * (error1.abs() + error2.abs());
  SacGradient result;
  result.actor = Flatten(absl::MakeConstSpan(gradients).first(of_actor)).cpu();
  result.critics = Flatten(absl::MakeConstSpan(gradients).subspan(of_actor)).cpu();
  result.squared_error = sum_in_loss(critic_losses);
  result.absolute_error = sum(absolute_errors);
  result.absolute_errors = SumsOfEpisodes(batch, absolute_errors * terms.counts);
  result.chosen = sum(0.5 * (terms.chosen[0] + terms.chosen[1]));
  result.target = sum(terms.targets);
  result.soft_value = sum_in_loss(terms.soft_values);
  result.entropy = sum(terms.entropies);
  return result;
}

}  // namespace evenkeel
