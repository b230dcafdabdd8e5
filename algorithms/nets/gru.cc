#include "algorithms/nets/gru.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "algorithms/nets/gru_gates.h"

namespace evenkeel {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// What the steps leave behind: reset, update, candidate, candidate_recurrent, each [S, N, H], where S is T if a
// backward pass will follow and 1 (overwritten by every step) if not.
at::Tensor MakeCache(const at::Tensor& gate_inputs, int64_t hidden, bool keep) {
  return at::empty({4, keep ? gate_inputs.size(0) : 1, gate_inputs.size(1), hidden}, gate_inputs.options());
}

template <typename T>
GruStepCache<T> CacheOfStep(const at::Tensor& cache, int64_t step) {
  const int64_t step_size = cache.size(2) * cache.size(3);
  const int64_t plane = cache.size(1) * step_size;
  T* base = cache.data_ptr<T>() + (cache.size(1) == 1 ? 0 : step) * step_size;
  return {base, base + plane, base + 2 * plane, base + 3 * plane};
}

template <typename T>
at::Tensor RunForward(const at::Tensor& gate_inputs, const at::Tensor& initial, const at::Tensor& weight,
                      const at::Tensor& bias, const at::Tensor& cache) {
  const int64_t steps = gate_inputs.size(0), rows = gate_inputs.size(1), hidden = initial.size(1);
  const at::Tensor states = at::empty({steps, rows, hidden}, gate_inputs.options());
  const at::Tensor weight_transposed = weight.t();
  at::Tensor gate_recurrent = at::empty({rows, 3 * hidden}, gate_inputs.options());
  at::Tensor before = initial;
  for (int64_t step = 0; step < steps; ++step) {
    at::mm_out(gate_recurrent, before, weight_transposed);
    const at::Tensor after = states.select(0, step);
    GruGatesForward(rows, hidden, gate_inputs.data_ptr<T>() + step * rows * 3 * hidden,
                    gate_recurrent.template data_ptr<T>(), bias.data_ptr<T>(), before.data_ptr<T>(),
                    CacheOfStep<T>(cache, step), after.data_ptr<T>());
    before = after;
  }
  return states;
}

// Gradients with respect to gate_inputs [T, N, 3H] and, per step, to the recurrent gate values [T, N, 3H].
template <typename T>
void RunBackward(const at::Tensor& states_gradient, const at::Tensor& initial, const at::Tensor& weight,
                 const at::Tensor& states, const at::Tensor& cache, const at::Tensor& d_inputs,
                 const at::Tensor& d_recurrent) {
  const int64_t steps = states.size(0), rows = states.size(1), hidden = states.size(2);
  at::Tensor d_state = at::zeros({rows, hidden}, states.options());
  for (int64_t step = steps - 1; step >= 0; --step) {
    const T* before = step == 0 ? initial.data_ptr<T>() : states.data_ptr<T>() + (step - 1) * rows * hidden;
    const at::Tensor d_recurrent_step = d_recurrent.select(0, step);
    GruGatesBackward(rows, hidden, CacheOfStep<T>(cache, step), before,
                     states_gradient.data_ptr<T>() + step * rows * hidden, d_state.data_ptr<T>(),
                     d_inputs.data_ptr<T>() + step * rows * 3 * hidden, d_recurrent_step.data_ptr<T>());
    if (step > 0) d_state.addmm_(d_recurrent_step, weight);
  }
}

at::Tensor Forward(const at::Tensor& gate_inputs, const at::Tensor& initial, const at::Tensor& weight,
                   const at::Tensor& bias, const at::Tensor& cache) {
  return gate_inputs.scalar_type() == at::kDouble ? RunForward<double>(gate_inputs, initial, weight, bias, cache)
                                                  : RunForward<float>(gate_inputs, initial, weight, bias, cache);
}

class GruFunction : public torch::autograd::Function<GruFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate_inputs, const at::Tensor& initial,
                            const at::Tensor& weight, const at::Tensor& bias) {
    const at::Tensor cache = MakeCache(gate_inputs, initial.size(1), /*keep=*/true);
    const at::Tensor states = Forward(gate_inputs, initial, weight, bias, cache);
    context->save_for_backward({initial, weight, states, cache});
    return states;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &initial = saved[0], &weight = saved[1], &states = saved[2], &cache = saved[3];
    const int64_t steps = states.size(0), rows = states.size(1), hidden = states.size(2);
    const at::Tensor d_inputs = at::empty({steps, rows, 3 * hidden}, states.options());
    const at::Tensor d_recurrent = at::empty({steps, rows, 3 * hidden}, states.options());
    const auto run = states.scalar_type() == at::kDouble ? RunBackward<double> : RunBackward<float>;
    run(gradients[0].contiguous(), initial, weight, states, cache, d_inputs, d_recurrent);
    at::Tensor d_weight = at::mm(d_recurrent[0].t(), initial);
    if (steps > 1) {
      const at::Tensor later = d_recurrent.narrow(0, 1, steps - 1).reshape({-1, 3 * hidden});
      d_weight.addmm_(later.t(), states.narrow(0, 0, steps - 1).reshape({-1, hidden}));
    }
    return {d_inputs, at::Tensor(), d_weight, d_recurrent.sum(at::IntArrayRef({0, 1}))};
  }
};

}  // namespace

at::Tensor GruSequence(const at::Tensor& gate_inputs, const at::Tensor& initial, const at::Tensor& weight,
                       const at::Tensor& bias) {
  const at::Tensor contiguous = gate_inputs.contiguous();
  const bool needs_gradient = at::GradMode::is_enabled() &&
                              (gate_inputs.requires_grad() || weight.requires_grad() || bias.requires_grad());
  if (needs_gradient) return GruFunction::apply(contiguous, initial, weight, bias);
  return Forward(contiguous, initial, weight, bias, MakeCache(contiguous, initial.size(1), /*keep=*/false));
}

}  // namespace evenkeel
