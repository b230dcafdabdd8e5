#include "algorithms/nets/product_rate.h"

#include <time.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace evenkeel {
namespace {

constexpr double kDominates = 0.1;
constexpr double kMeasuredSeconds = 0.01;

double RateOf(const MatrixProduct& product) {
  const c10::InferenceMode inference;
  const at::Tensor a = at::rand({product.rows, product.inner}), b = at::rand({product.inner, product.outer});
  at::Tensor c = at::empty({product.rows, product.outer});
  at::mm_out(c, a, b);  // faults its pages in
  const double begin = ThreadCpuSeconds();
  double end = begin;
  MatrixProduct done = product;
  for (done.times = 0; end - begin < kMeasuredSeconds; end = ThreadCpuSeconds()) {
    at::mm_out(c, a, b);
    ++done.times;
  }
  return done.flops() / (end - begin);
}

}  // namespace

std::vector<MatrixProduct> ProductsOfUpdate(const AgentNetworkShape& agent, const MixerShape& mixer, int64_t agents,
                                            int64_t episodes, int64_t steps) {
  const int64_t sequences = episodes * agents, rows = (steps + 1) * sequences, mixed = steps * episodes;
  const int64_t hidden = agent.hidden, inner = mixer.hypernet_hidden;
  const double each_step = static_cast<double>(steps);
  return {
      {rows, agent.input, hidden, 3},
      {rows, hidden, hidden, 4},
      {rows, hidden, 3 * hidden, 4},
      {sequences, hidden, 3 * hidden, 2 * (each_step + 1) + 2 * each_step},
      {rows, hidden, hidden, 4},
      {rows, hidden, agent.servers * agent.levels, 4},
      {mixed, mixer.state, inner, 3},
      {mixed, inner, mixer.heads * mixer.embed, 4},
      {mixed, mixer.state, mixer.embed, 3},
      {mixed, mixer.state, inner, 3},
      {mixed, inner, mixer.embed, 4},
      {mixed, mixer.state, mixer.embed, 3},
      {mixed, mixer.embed, 1, 4},
  };
}

double Flops(const std::vector<MatrixProduct>& products) {
  double flops = 0;
  for (const MatrixProduct& product : products) flops += product.flops();
  return flops;
}

double MeasureProductRate(const std::vector<MatrixProduct>& products) {
  const double all = Flops(products);
  double flops = 0, seconds = 0;
  for (const MatrixProduct& product : products) {
    if (product.flops() < kDominates * all) continue;
    flops += product.flops();
    seconds += product.flops() / RateOf(product);
  }
  return flops / seconds;
}

double ThreadCpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace evenkeel
