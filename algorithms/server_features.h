// What the policies that serve any number of servers and LBs read: a row of inputs per server, made from what one LB saw,
// all relative to its own averages and of order one. Free of LibTorch; used alike by actors and by learners.
#ifndef EVENKEEL_ALGORITHMS_SERVER_FEATURES_H_
#define EVENKEEL_ALGORITHMS_SERVER_FEATURES_H_

#include <vector>

#include "absl/types/span.h"
#include "common/observation_features.h"

namespace evenkeel {

// The inputs of one server, in order (affinity.md section 1). "Relative to its share": divided by the server's nominal
// share of what the LB has everywhere. Slow and fast are exponential averages over kSlowSeconds and kFastSeconds.
enum ServerInput {
  kInputBase,          // log of the base weight over that of a fair part (arcs: which servers are this LB's own)
  kInputNominal,       // log of the nominal weight over the mean one
  kInputDuration,      // log of the slow mean duration over that of all servers
  kInputSojourn,       // log of (open-flow seconds / flows finished), slow, over that of all: sees flows that still run
  kInputCountFast,     // log of the average own count relative to its share, fast
  kInputCountSlow,     // the same, slow
  kInputSentFast,      // log of the flows sent relative to its share, fast
  kInputSentSlow,      // the same, slow
  kInputOpen,          // log(1 + open flows)
  kInputAverage,       // log(1 + slow average count)
  kInputOthers,        // log(1 + the others' open flows as exchanged)
  kInputLastWeight,    // log of the weight set last over the mean one
  kInputLoad,          // log(1 + own open flows on all servers) - 3, the same for every server
  kInputLbs,           // log(m) / 2, the same for every server
  kServerInputs
};

inline constexpr double kSlowSeconds = 15;
inline constexpr double kFastSeconds = 1.5;

// Follows one LB through one episode. Not thread-safe.
class ServerFeatures {
 public:
  struct Options {
    int agents = 1;              // m
    double step_seconds = 0.25;  // agent.step_interval_seconds
    bool identity = true;        // false: inputs that tell LBs apart (base, sent, last weight) are 0
    std::vector<float> nominal_weights;  // [n] above 0
  };

  explicit ServerFeatures(Options options);

  // The inputs of a step [n, kServerInputs], row-major, from raw observations [n, kFeatures], the base weights [n] that
  // hold now, and the weights [n] set at the step before (null at the first). All inputs are finite.
  void Step(const float* raw, absl::Span<const float> base_weights, const float* last_weights, float* inputs);

 private:
  struct Averages {
    double duration_sum = 0, finished = 0, open_seconds = 0;  // slow, discounted sums
    double count_fast = 0, count_slow = 0;                    // flows
    double sent_fast = 0, sent_slow = 0;                      // flows a step
  };

  const Options options_;
  const double slow_keep_, fast_keep_;
  std::vector<double> shares_;  // [n] nominal, sum 1
  std::vector<Averages> averages_;
  double steps_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SERVER_FEATURES_H_
