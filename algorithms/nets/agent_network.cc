#include "algorithms/nets/agent_network.h"

#include <ATen/ATen.h>

#include "algorithms/nets/paper_network.h"
#include "algorithms/nets/shared_network.h"

namespace evenkeel {

at::Tensor AgentNetwork::InitialState(int64_t rows) const {
  return at::zeros({rows, shape_.state()}, parameters_[0].options().requires_grad(false));
}

std::unique_ptr<AgentNetwork> MakeAgentNetwork(const AgentNetworkShape& shape, at::TensorList parameters,
                                               MatrixPrecision precision) {
  if (shape.shared) return std::make_unique<SharedNetwork>(shape, parameters, precision);
  return std::make_unique<PaperNetwork>(shape, parameters, precision);
}

}  // namespace evenkeel
