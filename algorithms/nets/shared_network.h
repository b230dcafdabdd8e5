// One encoder applied per server: FC and ReLU of the server's own row of inputs, beside the mean of these over the servers FC
// and ReLU, GRU, FC. Its parameters fit any number of servers and LBs, and to permute the servers' rows is to permute
// their values (Zaheer et al. 2017, "Deep Sets"). Every server has a memory of its own.
#ifndef EVENKEEL_ALGORITHMS_NETS_SHARED_NETWORK_H_
#define EVENKEEL_ALGORITHMS_NETS_SHARED_NETWORK_H_

#include "algorithms/nets/agent_network.h"

namespace evenkeel {

class SharedNetwork : public AgentNetwork {
 public:
  SharedNetwork(const AgentNetworkShape& shape, at::TensorList parameters, MatrixPrecision precision);
  at::Tensor Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const override;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_SHARED_NETWORK_H_
