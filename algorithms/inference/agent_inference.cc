#include "algorithms/inference/agent_inference.h"

#include <algorithm>
#include <cassert>

#include "algorithms/nets/gru_gates.h"

namespace evenkeel {
namespace {

// Places in layers_. The memory layer is one of the first two of these, or the third.
enum Layer { kGruInput, kGruRecurrent, kMemoryless = kGruInput, kFc1 = 2, kFc2, kFc3, kFc4, kEncoder = 2, kOfOwn, kOfPooled, kHead };

// The parameters one after the other.
class Reader {
 public:
  explicit Reader(absl::Span<const float> flat) : flat_(flat) {}

  const float* Take(int64_t count) {
    const float* at = flat_.data() + taken_;
    taken_ += count;
    assert(taken_ <= static_cast<int64_t>(flat_.size()));
    return at;
  }

  void TakeInto(int64_t inputs, int64_t outputs, PackedLinear* layer) {
    const float* weight = Take(inputs * outputs);
    layer->Set(weight, inputs, Take(outputs));
  }

  bool done() const { return taken_ == static_cast<int64_t>(flat_.size()); }

 private:
  const absl::Span<const float> flat_;
  int64_t taken_ = 0;
};

// pooled [rows, hidden]: the mean over the servers of own [rows, servers, hidden].
void Pool(int64_t rows, int64_t servers, int64_t hidden, const float* own, float* pooled) {
  std::fill(pooled, pooled + rows * hidden, 0.0f);
  const float share = 1.0f / static_cast<float>(servers);
  for (int64_t row = 0; row < rows; ++row) {
    float* mean = pooled + row * hidden;
    for (int64_t server = 0; server < servers; ++server) {
      const float* of_server = own + (row * servers + server) * hidden;
      for (int64_t i = 0; i < hidden; ++i) mean[i] += of_server[i];
    }
    for (int64_t i = 0; i < hidden; ++i) mean[i] *= share;
  }
}

// own [rows, servers, hidden] = max(0, own + of_pooled [rows, hidden])
void AddPooled(int64_t rows, int64_t servers, int64_t hidden, const float* of_pooled, float* own) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* mean = of_pooled + row * hidden;
    for (int64_t server = 0; server < servers; ++server) {
      float* of_server = own + (row * servers + server) * hidden;
      for (int64_t i = 0; i < hidden; ++i) of_server[i] = std::max(of_server[i] + mean[i], 0.0f);
    }
  }
}

}  // namespace

AgentInference::Workspace::Workspace(const AgentNetworkShape& shape, int64_t rows) {
  const int64_t sequences = shape.shared ? rows * shape.servers : rows, each = sequences * shape.hidden;
  first_.resize(each);
  second_.resize(each);
  const int64_t widest = std::max(shape.shared ? shape.input / shape.servers : shape.input, shape.hidden);
  scratch_.resize(ProductScratch(widest));
  if (shape.shared) {
    pooled_.resize(rows * shape.hidden);
    of_pooled_.resize(rows * shape.hidden);
  }
  if (!shape.recurrent) return;
  gate_inputs_.resize(3 * each);
  gate_recurrent_.resize(3 * each);
  cache_.resize(4 * each);
}

AgentInference::AgentInference(const AgentNetworkShape& shape) : shape_(shape), recurrent_bias_(3 * shape.hidden) {
  const int64_t hidden = shape.hidden;
  layers_.emplace_back(hidden, shape.recurrent ? 3 * hidden : hidden);
  layers_.emplace_back(hidden, shape.recurrent ? 3 * hidden : 0);
  layers_.emplace_back(shape.shared ? shape.input / shape.servers : shape.input, hidden);
  layers_.emplace_back(hidden, hidden);
  layers_.emplace_back(hidden, hidden);
  layers_.emplace_back(hidden, shape.shared ? shape.levels : shape.servers * shape.levels);
}

void AgentInference::SetParameters(absl::Span<const float> flat) {
  Reader reader(flat);
  const int64_t hidden = shape_.hidden;
  if (shape_.shared) {
    reader.TakeInto(shape_.input / shape_.servers, hidden, &layers_[kEncoder]);
    // One layer of [own, pooled]: what it makes of the second half is the same for all servers and computed once.
    const float* weight = reader.Take(2 * hidden * hidden);
    layers_[kOfOwn].Set(weight, 2 * hidden, reader.Take(hidden));
    layers_[kOfPooled].Set(weight + hidden, 2 * hidden, nullptr);
  } else {
    reader.TakeInto(shape_.input, hidden, &layers_[kFc1]);
    reader.TakeInto(hidden, hidden, &layers_[kFc2]);
  }
  if (shape_.recurrent) {
    reader.TakeInto(hidden, 3 * hidden, &layers_[kGruInput]);
    // The gates add this bias themselves.
    layers_[kGruRecurrent].Set(reader.Take(3 * hidden * hidden), hidden, nullptr);
    const float* bias = reader.Take(3 * hidden);
    recurrent_bias_.assign(bias, bias + 3 * hidden);
  } else {
    reader.TakeInto(hidden, hidden, &layers_[kMemoryless]);
  }
  if (!shape_.shared) reader.TakeInto(hidden, hidden, &layers_[kFc3]);
  reader.TakeInto(hidden, shape_.shared ? shape_.levels : shape_.servers * shape_.levels, &layers_[kFc4]);
  assert(reader.done());
}

// The memory layer's output for `rows` sequences: their new state, or `unused` [rows, H], which it then has written.
const float* AgentInference::Remember(int64_t rows, const float* x, float* state, float* unused,
                                      Workspace* workspace) const {
  const int64_t hidden = shape_.hidden, each = rows * hidden;
  int32_t* scratch = workspace->scratch_.data();
  if (!shape_.recurrent) {
    layers_[kMemoryless].Apply(rows, /*relu=*/true, x, unused, scratch);
    return unused;
  }
  layers_[kGruInput].Apply(rows, /*relu=*/false, x, workspace->gate_inputs_.data(), scratch);
  layers_[kGruRecurrent].Apply(rows, /*relu=*/false, state, workspace->gate_recurrent_.data(), scratch);
  float* cache = workspace->cache_.data();
  GruGatesForward(rows, hidden, workspace->gate_inputs_.data(), workspace->gate_recurrent_.data(), recurrent_bias_.data(),
                  state, GruStepCache<float>{cache, cache + each, cache + 2 * each, cache + 3 * each}, state);
  return state;
}

void AgentInference::PaperStep(int64_t rows, const float* inputs, float* state, float* values, Workspace* workspace) const {
  float *first = workspace->first_.data(), *second = workspace->second_.data();
  int32_t* scratch = workspace->scratch_.data();
  layers_[kFc1].Apply(rows, /*relu=*/true, inputs, first, scratch);
  layers_[kFc2].Apply(rows, /*relu=*/true, first, second, scratch);
  const float* remembered = Remember(rows, second, state, first, workspace);
  layers_[kFc3].Apply(rows, /*relu=*/true, remembered, second, scratch);
  layers_[kFc4].Apply(rows, /*relu=*/false, second, values, scratch);
}

void AgentInference::SharedStep(int64_t rows, const float* inputs, float* state, float* values, Workspace* workspace) const {
  const int64_t servers = shape_.servers, sequences = rows * servers;
  float *own = workspace->first_.data(), *context = workspace->second_.data();
  int32_t* scratch = workspace->scratch_.data();
  layers_[kEncoder].Apply(sequences, /*relu=*/true, inputs, own, scratch);
  Pool(rows, servers, shape_.hidden, own, workspace->pooled_.data());
  layers_[kOfPooled].Apply(rows, /*relu=*/false, workspace->pooled_.data(), workspace->of_pooled_.data(), scratch);
  layers_[kOfOwn].Apply(sequences, /*relu=*/false, own, context, scratch);
  AddPooled(rows, servers, shape_.hidden, workspace->of_pooled_.data(), context);
  layers_[kHead].Apply(sequences, /*relu=*/false, Remember(sequences, context, state, own, workspace), values, scratch);
}

void AgentInference::Step(int64_t rows, const float* inputs, float* state, float* values, Workspace* workspace) const {
  if (shape_.shared) {
    SharedStep(rows, inputs, state, values, workspace);
  } else {
    PaperStep(rows, inputs, state, values, workspace);
  }
}

}  // namespace evenkeel
