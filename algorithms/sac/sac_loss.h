// The losses of a batch of whole episodes: of the critics, of the actor, and the entropy that the temperature is held against.
#ifndef EVENKEEL_ALGORITHMS_SAC_SAC_LOSS_H_
#define EVENKEEL_ALGORITHMS_SAC_SAC_LOSS_H_

#include <array>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "algorithms/batch.h"
#include "algorithms/sac/sac_networks.h"
#include "algorithms/sac/sac_settings.h"

namespace evenkeel {

// What a head's policy is worth with its entropy (Christodoulou 2019, eq. 10), [..., L] and [..., L] to [...]:
//   V = sum over levels of pi (Q - temperature log pi)
// Exact, not sampled: its gradient in log_policy carries the values. -V, Q held fixed, is the actor's loss (eq. 12).
at::Tensor SoftValues(const at::Tensor& log_policy, const at::Tensor& values, double temperature);

// What the losses are made of, per head [T, B m, n].
struct HeadTerms {
  std::array<at::Tensor, 2> chosen;  // value of what was done by either critic, differentiable in that critic
  at::Tensor targets;                // what it should have been: r + discount V(next), V by the lesser target critic
  at::Tensor soft_values;            // V by the lesser critic, differentiable in the actor only
  at::Tensor entropies;              // nats
  at::Tensor counts;                 // 1 if the head counts in this step, else 0
};

// All hidden states start at zero with each episode, and all networks see every row from the first to the last. V(next) is that
// of row t+1, 0 if the task ended with step t. A head counts in the valid steps in which its agent took part, but not in
// the first burn_in_steps of an episode: those only warm the networks' memory (gradients of later steps do flow through them).
HeadTerms ComputeTerms(const Batch& batch, const SacNetworks& networks, const SacSettings& settings, double temperature);

// How many heads count, over all steps of `episodes`: the sum of `counts` of their batch.
double CountHeads(absl::Span<const v1::Episode* const> episodes, const SacSettings& settings);

// Gradients of mean losses, and sums over the heads that count. Figures of critics are means of the two. What the gradients
// are of counts an episode batch.importance times: squared_error and soft_value. All else is plain.
struct SacGradient {
  at::Tensor actor;    // [AgentLayout.size()] of the mean of -V
  at::Tensor critics;  // [CriticLayout.size()] of the mean of half the squared error of one critic plus half that of the other
  double squared_error = 0;
  double absolute_error = 0;
  std::vector<double> absolute_errors;  // [B] of each episode, in order; they add up to absolute_error
  double chosen = 0;
  double target = 0;
  double soft_value = 0;
  double entropy = 0;

  void Add(const SacGradient& other);
};

// `heads` is what the sums are divided by: CountHeads of the whole batch, of which `batch` may be a part. Deterministic;
// thread-safe as long as nobody changes the parameters.
SacGradient ComputeGradient(const Batch& batch, const SacNetworks& networks, const SacSettings& settings,
                            double temperature, double heads);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SAC_SAC_LOSS_H_
