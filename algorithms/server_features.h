// What the policies that serve any number of servers and LBs read: a row of inputs per server, made from what one LB saw,
// all relative to its own averages and of order one. Free of LibTorch; used alike by actors and by learners.
#ifndef EVENKEEL_ALGORITHMS_SERVER_FEATURES_H_
#define EVENKEEL_ALGORITHMS_SERVER_FEATURES_H_

#include <optional>
#include <vector>

#include "algorithms/capacity_exponent.h"
#include "common/observation_features.h"

namespace evenkeel {

// The inputs of one server, in order (affinity.md section 1). "Relative to its share": the log of what the LB has there over
// the server's nominal share of what it has on all servers. Slow and fast are exponential averages.
//
// What tells one LB from another, and so lets one network give each its own servers: the first three, the flows sent and
// the last weight.
enum ServerInput {
  kInputCovered,      // share of the server that lies in this LB's arc (ArcOverlap), 0..1
  kInputCoveredHalf,  // the same of an arc of half the length, at least that of one LB per server
  kInputCoveredTwice, // the same of one twice as long, at most the whole circle
  kInputNominal,    // log of the nominal weight over the mean one
  kInputDuration,   // log of the slow mean duration over that of all servers
  kInputSojourn,    // log of (open-flow seconds / flows finished), slow, over that of all: sees flows that still run
  kInputCountFast,  // average own count relative to its share, fast
  kInputCountSlow,  // the same, slow
  kInputSentFast,   // flows sent relative to its share, fast
  kInputSentSlow,   // the same, slow
  kInputOpen,       // log(1 + open flows)
  kInputAverageLog, // log(1 + slow average count)
  kInputOthers,     // log(1 + the others' open flows as exchanged)
  kInputLastWeight, // the weight set last relative to its share
  kInputLoad,       // log(1 + own open flows on all servers) - 3, the same for every server
  kInputLbs,        // log(m) / 2, the same for every server
  kServerInputs
};

// Follows one LB through one episode. Not thread-safe.
class ServerFeatures {
 public:
  struct Options {
    int agent = 0;               // index of the LB
    int agents = 1;              // m
    double step_seconds = 0.25;  // agent.step_interval_seconds
    double slow_seconds = 15;    // horizons of the averages
    double fast_seconds = 1.5;
    double lbs_per_server = 1;   // k of the arcs, 1 .. agents
    bool identity = true;        // false: the inputs that tell LBs apart are 0
    double others_seconds = 10;  // horizon of mean_others()
    // Above 0: shares and arcs are of the capacities that the exponent corrects (capacity_exponent.h); 0: of the nominal ones.
    double exponent_seconds = 0;
    double exponent_target = 0;
    std::vector<float> nominal_weights;  // [n] above 0
  };

  explicit ServerFeatures(const Options& options);

  // The inputs of a step from raw observations [n, kFeatures] and the weights [n] set at the step before (null at the first,
  // 0 for servers that took no flows). `inputs` [n, kServerInputs], row-major; all finite,
  // within +-4. A server that is not available has all inputs 0 and is left out of every average and arc; one that
  // comes back starts without a past.
  void Step(const float* raw, const float* last_weights, float* inputs);

  // Share of each server of the capacity, nominal or corrected, that was available at the last step [n], 0 for one that was not.
  const std::vector<float>& shares() const { return shares_; }

  // Slow average of the LB's own open flows at each server [n], as of the last step.
  const std::vector<float>& mean_counts() const { return mean_counts_; }

  // Average of the others' open flows at each server as exchanged [n], over others_seconds; 0 without exchange.
  const std::vector<float>& mean_others() const { return mean_others_; }

 private:
  struct Averages {
    float duration_sum = 0, finished = 0, open_seconds = 0;  // slow, discounted sums
    float count_fast = 0, count_slow = 0;                    // flows
    float sent_fast = 0, sent_slow = 0;                      // flows a step
  };

  void NoteCapacities(const float* raw);
  void Cut();
  void Average(const float* raw);
  void WriteRelative(const float* last_weights, float* inputs) const;
  void WriteAbsolute(const float* raw, float* inputs) const;

  const Options options_;
  const int servers_;
  const float slow_keep_, fast_keep_, others_keep_;
  std::optional<CapacityExponent> exponent_;
  double cut_exponent_ = 0;       // as of the arcs
  std::vector<char> available_;   // [n]
  std::vector<float> shares_;     // [n]
  std::vector<float> covered_;    // [3, n]
  std::vector<float> mean_counts_;  // [n]
  std::vector<float> mean_others_;  // [n]
  std::vector<Averages> averages_;
  int available_servers_ = 0;
  int steps_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SERVER_FEATURES_H_
