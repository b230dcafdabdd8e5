// What an agent's network reads and gives, and how wide its layers are. Free of LibTorch and of messages.
#ifndef EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_SHAPE_H_
#define EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_SHAPE_H_

#include <cstdint>

namespace evenkeel {

struct AgentNetworkShape {
  bool shared = false;  // v1::Network::SHARED, else PAPER
  bool recurrent = true;
  int64_t input = 0;    // width of an agent's input in one step; SHARED: n rows of input / n each
  int64_t hidden = 0;   // H, width of every inner layer
  int64_t servers = 0;  // n heads
  int64_t levels = 0;   // L values per head

  // Width of what an agent remembers from step to step: H, SHARED n x H, without memory 0.
  int64_t state() const {
    if (!recurrent) return 0;
    return shared ? servers * hidden : hidden;
  }
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_SHAPE_H_
