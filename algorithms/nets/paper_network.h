// The paper's network: FC, FC, GRU, FC, FC over all servers at once, with a head per server (paper Fig. 4, method.md A5). It
// fits one number of servers, and knows them by their place.
#ifndef EVENKEEL_ALGORITHMS_NETS_PAPER_NETWORK_H_
#define EVENKEEL_ALGORITHMS_NETS_PAPER_NETWORK_H_

#include "algorithms/nets/agent_network.h"

namespace evenkeel {

class PaperNetwork : public AgentNetwork {
 public:
  PaperNetwork(const AgentNetworkShape& shape, at::TensorList parameters, MatrixPrecision precision);
  at::Tensor Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const override;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_PAPER_NETWORK_H_
