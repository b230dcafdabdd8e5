#include "algorithms/server_features.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "algorithms/base_controls.h"

namespace evenkeel {
namespace {

// What a server is taken to have had like all others, so that little seen says little: flows finished, flows open, flows
// sent a step, and the share of the sum of weights.
constexpr float kPriorFinished = 2, kPriorOpen = 1, kPriorSent = 0.25f, kPriorWeight = 0.05f;

// Of the arcs of kInputCovered and the two inputs after it.
constexpr int kLengths = 3;
constexpr double kLength[kLengths] = {1, 0.5, 2};

constexpr double kExponentStep = 0.05;  // the arcs are cut anew when the exponent has moved so far

float Bounded(float value) { return std::min(4.0f, std::max(-4.0f, value)); }

// log of part / (share x whole), drawn to 0 where the whole is little.
float LogRelative(float part, float share, float whole, float prior) {
  return std::log((part + prior * share) / ((whole + prior) * share));
}

// log of (sum / count) / mean, drawn to 0 where the count is little.
float LogRelativeMean(float sum, float count, float mean) {
  return mean > 0 ? std::log((sum + kPriorFinished * mean) / ((count + kPriorFinished) * mean)) : 0;
}

}  // namespace

ServerFeatures::ServerFeatures(const Options& options)
    : options_(options),
      servers_(static_cast<int>(options.nominal_weights.size())),
      slow_keep_(static_cast<float>(std::exp(-options.step_seconds / options.slow_seconds))),
      fast_keep_(static_cast<float>(std::exp(-options.step_seconds / options.fast_seconds))),
      others_keep_(static_cast<float>(std::exp(-options.step_seconds / options.others_seconds))),
      available_(servers_, 0),
      shares_(servers_),
      covered_(kLengths * servers_),
      mean_counts_(servers_),
      mean_others_(servers_),
      averages_(servers_) {
  if (options.exponent_seconds > 0) {
    exponent_.emplace(CapacityExponent::Options{options.step_seconds, options.exponent_seconds, options.exponent_target,
                                                options.nominal_weights});
  }
}

void ServerFeatures::NoteCapacities(const float* raw) {
  bool changed = false;
  for (int j = 0; j < servers_; ++j) {
    const char now = raw[j * kFeatures + kAvailable] != 0;
    if (now == available_[j]) continue;
    changed = true;
    available_[j] = now;
    averages_[j] = Averages();
  }
  if (exponent_.has_value()) {
    exponent_->Step(raw);
    changed |= std::abs(exponent_->value() - cut_exponent_) > kExponentStep;
  }
  if (changed) Cut();
}

void ServerFeatures::Cut() {
  std::vector<float> capacities = options_.nominal_weights;
  if (exponent_.has_value()) {
    cut_exponent_ = exponent_->value();
    for (float& capacity : capacities) capacity = static_cast<float>(std::pow(capacity, 1 + cut_exponent_));
  }
  for (int j = 0; j < servers_; ++j) capacities[j] *= available_[j];
  available_servers_ = std::accumulate(available_.begin(), available_.end(), 0);
  const float total = std::accumulate(capacities.begin(), capacities.end(), 0.0f);
  std::fill(covered_.begin(), covered_.end(), 0.0f);
  for (int j = 0; j < servers_; ++j) shares_[j] = total > 0 ? capacities[j] / total : 0;
  if (total == 0 || !options_.identity) return;
  for (int length = 0; length < kLengths; ++length) {
    const double lbs_per_server = std::clamp(options_.lbs_per_server * kLength[length], 1.0, 1.0 * options_.agents);
    const std::vector<double> overlap = ArcOverlap(capacities, options_.agent, options_.agents, lbs_per_server);
    for (int j = 0; j < servers_; ++j) {
      if (available_[j]) covered_[length * servers_ + j] = static_cast<float>(overlap[j] / shares_[j]);
    }
  }
}

void ServerFeatures::Average(const float* raw) {
  // Averages begin as plain means over the steps so far, so that the first steps are not drawn to 0.
  ++steps_;
  const float slow_new = std::max(1 - slow_keep_, 1.0f / steps_), fast_new = std::max(1 - fast_keep_, 1.0f / steps_);
  const float others_new = std::max(1 - others_keep_, 1.0f / steps_);
  const float step_seconds = static_cast<float>(options_.step_seconds);
  for (int j = 0; j < servers_; ++j) {
    const float* seen = raw + j * kFeatures;
    Averages& average = averages_[j];
    average.duration_sum = slow_keep_ * average.duration_sum + seen[kFlowDurationSum];
    average.finished = slow_keep_ * average.finished + seen[kFlowsFinished];
    average.open_seconds = slow_keep_ * average.open_seconds + seen[kMeanOpenFlows] * step_seconds;
    average.count_fast += fast_new * (seen[kMeanOpenFlows] - average.count_fast);
    average.count_slow += slow_new * (seen[kMeanOpenFlows] - average.count_slow);
    mean_counts_[j] = average.count_slow;
    mean_others_[j] += others_new * (seen[kOthersOpenFlows] - mean_others_[j]);
    average.sent_fast += fast_new * (seen[kFlowsSent] - average.sent_fast);
    average.sent_slow += slow_new * (seen[kFlowsSent] - average.sent_slow);
  }
}

void ServerFeatures::WriteRelative(const float* last_weights, float* inputs) const {
  const int n = servers_;
  Averages sum;
  float last = 0;
  for (int j = 0; j < n; ++j) {
    if (!available_[j]) continue;
    const Averages& average = averages_[j];
    sum.duration_sum += average.duration_sum;
    sum.finished += average.finished;
    sum.open_seconds += average.open_seconds;
    sum.count_fast += average.count_fast;
    sum.count_slow += average.count_slow;
    sum.sent_fast += average.sent_fast;
    sum.sent_slow += average.sent_slow;
    if (last_weights != nullptr) last += last_weights[j];
  }
  const float duration = sum.finished > 0 ? sum.duration_sum / sum.finished : 0;
  const float sojourn = sum.finished > 0 ? sum.open_seconds / sum.finished : 0;
  for (int j = 0; j < n; ++j) {
    if (!available_[j]) continue;
    const Averages& average = averages_[j];
    const float share = shares_[j];
    float* out = inputs + j * kServerInputs;
    out[kInputNominal] = Bounded(std::log(share * available_servers_));
    out[kInputDuration] = Bounded(LogRelativeMean(average.duration_sum, average.finished, duration));
    out[kInputSojourn] = Bounded(LogRelativeMean(average.open_seconds, average.finished, sojourn));
    out[kInputCountFast] = Bounded(LogRelative(average.count_fast, share, sum.count_fast, kPriorOpen));
    out[kInputCountSlow] = Bounded(LogRelative(average.count_slow, share, sum.count_slow, kPriorOpen));
    if (!options_.identity) continue;
    out[kInputSentFast] = Bounded(LogRelative(average.sent_fast, share, sum.sent_fast, kPriorSent));
    out[kInputSentSlow] = Bounded(LogRelative(average.sent_slow, share, sum.sent_slow, kPriorSent));
    if (last > 0) {
      out[kInputLastWeight] = Bounded(LogRelative(last_weights[j], share, last, kPriorWeight * last));
    }
  }
}

void ServerFeatures::WriteAbsolute(const float* raw, float* inputs) const {
  const int n = servers_;
  float open = 0;
  for (int j = 0; j < n; ++j) open += available_[j] ? raw[j * kFeatures + kOpenFlows] : 0;
  const float load = Bounded(std::log1p(open) - 3);
  const float lbs = Bounded(std::log(static_cast<float>(options_.agents)) / 2);
  for (int j = 0; j < n; ++j) {
    if (!available_[j]) continue;
    float* out = inputs + j * kServerInputs;
    for (int length = 0; length < kLengths; ++length) out[kInputCovered + length] = covered_[length * n + j];
    out[kInputOpen] = Bounded(std::log1p(raw[j * kFeatures + kOpenFlows]));
    out[kInputAverageLog] = Bounded(std::log1p(averages_[j].count_slow));
    out[kInputOthers] = Bounded(std::log1p(raw[j * kFeatures + kOthersOpenFlows]));
    out[kInputLoad] = load;
    out[kInputLbs] = lbs;
  }
}

void ServerFeatures::Step(const float* raw, const float* last_weights, float* inputs) {
  NoteCapacities(raw);
  Average(raw);
  std::fill(inputs, inputs + kServerInputs * servers_, 0.0f);
  WriteRelative(last_weights, inputs);
  WriteAbsolute(raw, inputs);
}

}  // namespace evenkeel
