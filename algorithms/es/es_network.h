// The small function that es searches: from what an LB saw of each server to the weight and bias that it sets there. The
// same for every server and LB, so it serves any number of either.
#ifndef EVENKEEL_ALGORITHMS_ES_ES_NETWORK_H_
#define EVENKEEL_ALGORITHMS_ES_ES_NETWORK_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "algorithms/server_features.h"

namespace evenkeel {

// Of the inputs x of a server (server_features.h, and a 1), with l = log(m) / 2 - 1 for m LBs and s = log(n / 24) / 2 for n
// servers:
//   y = A x + l B x + C tanh(D x)                               two outputs
//   weight = share (outside + (1 - outside) covered) exp(y0)    relative to the largest, at least exp(-8) of it
//   bias   = unseen y1 + floor n share - gain others            flows, within [-0.95, 100]
// where share is the server's share of the capacity that is available, corrected by an exponent (capacity_exponent.h), covered
// how much of the server lies in this LB's arc where k LBs share each server, and unseen = (k - 1) count, of the LB's own average
// number of flows there: with y1 = 1 the bias is what the others have there if they are like this one. log(k) is that of
// static arcs (base_controls.h) and log(outside) is 0, plus a form linear in l and s each.
//
// With exchange, others is the average of what the others have there, and unseen = (1 - trust) (k - 1) count + trust others.
// The data plane adds gain x the counts as they come in, smoothed: what is left is how far they are from their average. The gain
// is less the older the counts are when they come: 1 / (1 + (age / 0.2 s)^2) of it, since on late counts all LBs act alike.
//
// floor and the rest are the policy's own: factors of the horizons of its inputs, of others and of the exponent, the slope
// of durations that the exponent seeks; trust, and gain, smoothing and both fresh numbers of exchanged counts (control.proto),
// each linear in l (affinity.md section 3: the best gain falls with m). A policy may instead have numbers of its own for single
// pairs of m and n (es_knots.h).
class EsNetwork {
 public:
  // Number of parameters with `hidden` tanh units.
  static int Parameters(int hidden);

  // The number of tanh units of a network with so many parameters; nullopt if there is none with up to kMostHidden.
  static constexpr int kMostHidden = 256;
  static std::optional<int> HiddenOf(int parameters);

  // Whether a parameter is the slope over l or s of another one.
  static bool IsSlope(int hidden, int parameter);

  // `parameters` [Parameters(hidden)] for these numbers alone: slopes are 0, and what they gave there is in what they are of.
  static std::vector<double> WithoutSlopes(int hidden, int agents, int servers, absl::Span<const double> parameters);

  // Where the search begins: arcs with feedback on durations, with `exchange` less of both the fewer LBs there are; from
  // points tried by hand on training traces. Hidden units are random (by `seed`) and without effect.
  static std::vector<double> Initial(int hidden, bool exchange, uint64_t seed);

  // REQUIRES: parameters.size() == Parameters(hidden), all finite.
  EsNetwork(int hidden, int agents, int servers, absl::Span<const float> parameters);

  double lbs_per_server() const;  // k, 1 .. m
  double slow_seconds() const;
  double fast_seconds() const;
  double others_seconds() const;
  double exponent_seconds() const;   // of CapacityExponent, with the next
  double exponent_target() const;
  float exchange_gain(float age_seconds) const;  // >= 0, of counts that were so old when they came
  float exchange_smoothing() const;  // 0..1, below 1
  float exchange_fresh_gain() const;  // >= 0
  float exchange_fresh_seconds() const;

  // weights and biases [n] of inputs [n, kServerInputs], shares [n], counts [n], and others [n], empty without exchange, with the
  // gain that exchange_gain gave; a server of share 0 gets weight 0. Finite whatever the inputs.
  void Controls(absl::Span<const float> inputs, absl::Span<const float> shares, absl::Span<const float> counts,
                absl::Span<const float> others, float gain, absl::Span<float> weights, absl::Span<float> biases) const;

 private:
  static constexpr int kRow = kServerInputs + 1;  // a linear form and its constant

  void Outputs(const float* inputs, float* outputs) const;
  float Scalar(int scalar) const;

  const int hidden_;
  const int agents_;
  const float lbs_;   // l
  const float pool_;  // s
  const std::vector<float> parameters_;
  std::vector<float> linear_;  // [2, kRow] A + l B
  float outside_ = 1;          // 0..1
  float unseen_ = 0;           // k - 1
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ES_ES_NETWORK_H_
