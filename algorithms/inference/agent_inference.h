// The step of an agent's network as actors compute it: the same function as nets/agent_network.h, without LibTorch.
#ifndef EVENKEEL_ALGORITHMS_INFERENCE_AGENT_INFERENCE_H_
#define EVENKEEL_ALGORITHMS_INFERENCE_AGENT_INFERENCE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "algorithms/inference/packed_linear.h"
#include "algorithms/nets/agent_network_shape.h"

namespace evenkeel {

// Step is thread-safe as long as nobody calls SetParameters and each thread has a workspace of its own.
class AgentInference {
 public:
  // What a step writes on its way. Holds for up to the rows that it was made for.
  class Workspace {
   public:
    Workspace(const AgentNetworkShape& shape, int64_t rows);

   private:
    friend class AgentInference;
    std::vector<float> first_, second_, pooled_, of_pooled_, gate_inputs_, gate_recurrent_, cache_;
    std::vector<int32_t> scratch_;
  };

  // All parameters are 0 at first.
  explicit AgentInference(const AgentNetworkShape& shape);

  // Takes over all parameters, in the order of AgentNetworkParameters (nets/agent_network_layout.h).
  // REQUIRES: as many as that layout has, all finite.
  void SetParameters(absl::Span<const float> flat);

  // values [rows, n, L] from inputs [rows, input]; a row is an agent in a world. `state` [rows, shape.state()] is what the rows
  // remember and is replaced by what they remember after the step; zeros before the first. Without memory it may be null.
  // Allocates nothing and never blocks. A row's results are the same bits whatever the other rows are and however many, but for
  // the sign of a 0.
  void Step(int64_t rows, const float* inputs, float* state, float* values, Workspace* workspace) const;

  const AgentNetworkShape& shape() const { return shape_; }

 private:
  void PaperStep(int64_t rows, const float* inputs, float* state, float* values, Workspace* workspace) const;
  void SharedStep(int64_t rows, const float* inputs, float* state, float* values, Workspace* workspace) const;
  const float* Remember(int64_t rows, const float* x, float* state, float* unused, Workspace* workspace) const;

  const AgentNetworkShape shape_;
  std::vector<PackedLinear> layers_;   // as in the .cc
  std::vector<float> recurrent_bias_;  // [3H]
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_INFERENCE_AGENT_INFERENCE_H_
