// How many operations an update's matrix products take, and how fast this machine multiplies matrices of such shapes: what an
// update could take at best.
#ifndef EVENKEEL_ALGORITHMS_NETS_PRODUCT_RATE_H_
#define EVENKEEL_ALGORITHMS_NETS_PRODUCT_RATE_H_

#include <cstdint>
#include <vector>

#include "algorithms/nets/agent_network_shape.h"
#include "algorithms/nets/mixer.h"

namespace evenkeel {

// [rows, inner] x [inner, outer], `times` times. A product of the backward pass has the same three extents in another order and
// counts as one more time.
struct MatrixProduct {
  int64_t rows = 0, inner = 0, outer = 0;
  double times = 0;

  double flops() const { return 2.0 * static_cast<double>(rows * inner * outer) * times; }
};

// Those of one update of qmix with the recurrent PAPER network and the monotonic mixer, on `episodes` episodes of `steps` steps of
// `agents` agents each. The online network's layers are computed forward, for the gradient of the weights and for that of
// their inputs (not where these are data), the target network's forward: 4 (3) times in all. An agent's layers see steps+1
// rows per episode and agent, the GRU's recurrent layer one of them at a time, the mixer's layers `steps` per episode.
std::vector<MatrixProduct> ProductsOfUpdate(const AgentNetworkShape& agent, const MixerShape& mixer, int64_t agents,
                                            int64_t episodes, int64_t steps);

double Flops(const std::vector<MatrixProduct>& products);

// FLOP/s of at::mm, float, on the calling thread, over the shapes of `products` that make up a tenth of their FLOPs or more each,
// in the proportion of their FLOPs. Takes about 10 ms a shape. CPU time, as below.
double MeasureProductRate(const std::vector<MatrixProduct>& products);

// CPU time that the calling thread has used, s: unlike the time of day it is the same when others use the machine, too.
double ThreadCpuSeconds();

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_PRODUCT_RATE_H_
