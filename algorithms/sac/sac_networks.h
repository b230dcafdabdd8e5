// The networks of the SAC family: an actor, and two critics of the same kind, of which the lesser value counts.
#ifndef EVENKEEL_ALGORITHMS_SAC_SAC_NETWORKS_H_
#define EVENKEEL_ALGORITHMS_SAC_SAC_NETWORKS_H_

#include <array>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/batch.h"
#include "algorithms/nets/agent_network.h"
#include "algorithms/parameter_layout.h"
#include "algorithms/sac/sac_settings.h"

namespace evenkeel {

// Both critics, one after the other: "critic1." and "critic2.".
ParameterLayout CriticLayout(const SacSettings& settings);

// AgentLayout (learned_policy.h), the actor's, then CriticLayout: initial values are drawn for both in this order.
ParameterLayout SacLayout(const SacSettings& settings);

// Two critics that share nothing, so that the lesser of their values errs on the low side (Fujimoto et al. 2018). Each is an
// agent's network whose values are what a level of a head is worth. Central critics read more than an actor does:
//   PAPER: the LB's input and what a mixer reads, the scaled observations of all LBs;
//   SHARED: the server's row and the mean of ReLU(FC(row)) [H] over all servers of all LBs, of any number.
// Thread-safe as long as nobody changes the parameters.
class TwinCritics {
 public:
  // The parameters are views of `flat` [CriticLayout.size()]: changing the tensor changes them.
  TwinCritics(const SacSettings& settings, const at::Tensor& flat, bool with_gradients);

  // Values [rows, B m, n, L] of both at the first `rows` rows of the batch, hidden states starting at zero.
  std::array<at::Tensor, 2> Forward(const Batch& batch, int64_t rows) const;

  const std::vector<at::Tensor>& parameters() const { return parameters_; }

 private:
  struct Critic {
    std::unique_ptr<AgentNetwork> network;
    std::vector<at::Tensor> pool;  // weight and bias; central and SHARED only
  };

  at::Tensor InputsOf(const Critic& critic, const Batch& batch, int64_t rows) const;

  const Critics kind_;
  const MatrixPrecision precision_;
  const std::vector<at::Tensor> parameters_;
  std::array<Critic, 2> critics_;
};

// All networks of a trainer, as views of its parameters. The targets take no gradients.
struct SacNetworks {
  SacNetworks(const SacSettings& settings, const at::Tensor& actor_flat, const at::Tensor& critic_flat,
              const at::Tensor& target_flat);

  std::vector<at::Tensor> actor_parameters;
  std::unique_ptr<AgentNetwork> actor;
  TwinCritics critics;
  TwinCritics targets;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SAC_SAC_NETWORKS_H_
