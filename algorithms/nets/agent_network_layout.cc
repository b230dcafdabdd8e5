#include "algorithms/nets/agent_network_layout.h"

#include "algorithms/nets/linear_layout.h"

namespace evenkeel {
namespace {

void AppendMemoryLayer(const std::string& name, int64_t hidden, bool recurrent, std::vector<ParameterSpec>* specs) {
  if (!recurrent) return AppendLinear(name + ".memoryless", hidden, hidden, specs);
  AppendLinear(name + ".gru.input", hidden, 3 * hidden, specs);
  AppendLinear(name + ".gru.recurrent", hidden, 3 * hidden, specs);
}

std::vector<ParameterSpec> PaperNetworkParameters(const std::string& name, const AgentNetworkShape& shape) {
  const int64_t hidden = shape.hidden;
  std::vector<ParameterSpec> specs;
  AppendLinear(name + ".fc1", shape.input, hidden, &specs);
  AppendLinear(name + ".fc2", hidden, hidden, &specs);
  AppendMemoryLayer(name, hidden, shape.recurrent, &specs);
  AppendLinear(name + ".fc3", hidden, hidden, &specs);
  AppendLinear(name + ".fc4", hidden, shape.servers * shape.levels, &specs);
  return specs;
}

std::vector<ParameterSpec> SharedNetworkParameters(const std::string& name, const AgentNetworkShape& shape) {
  const int64_t hidden = shape.hidden;
  std::vector<ParameterSpec> specs;
  AppendLinear(name + ".encoder", shape.input / shape.servers, hidden, &specs);
  AppendLinear(name + ".context", 2 * hidden, hidden, &specs);
  AppendMemoryLayer(name, hidden, shape.recurrent, &specs);
  AppendLinear(name + ".head", hidden, shape.levels, &specs);
  return specs;
}

}  // namespace

std::vector<ParameterSpec> AgentNetworkParameters(const std::string& name, const AgentNetworkShape& shape) {
  return shape.shared ? SharedNetworkParameters(name, shape) : PaperNetworkParameters(name, shape);
}

}  // namespace evenkeel
