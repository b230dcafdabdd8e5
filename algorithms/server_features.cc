#include "algorithms/server_features.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace evenkeel {
namespace {

// Flows that a server is taken to have had like all others, so that few flows say little.
constexpr double kPriorFlows = 2;
constexpr double kLargest = 4;  // inputs are kept within +-4

float Bounded(double value) { return static_cast<float>(std::clamp(value, -kLargest, kLargest)); }

// log of part / (share x whole), drawn to 0 where the whole is little.
double LogRelative(double part, double share, double whole, double prior) {
  return std::log((part + prior * share) / ((whole + prior) * share));
}

}  // namespace

ServerFeatures::ServerFeatures(Options options)
    : options_(std::move(options)),
      slow_keep_(std::exp(-options_.step_seconds / kSlowSeconds)),
      fast_keep_(std::exp(-options_.step_seconds / kFastSeconds)),
      averages_(options_.nominal_weights.size()) {
  const double total = std::accumulate(options_.nominal_weights.begin(), options_.nominal_weights.end(), 0.0);
  for (float weight : options_.nominal_weights) shares_.push_back(weight / total);
}

void ServerFeatures::Step(const float* raw, absl::Span<const float> base_weights, const float* last_weights,
                          float* inputs) {
  const size_t servers = shares_.size();
  // Averages begin as plain means over the steps so far, so that the first steps are not drawn to 0.
  steps_ += 1;
  const double slow_new = std::max(1 - slow_keep_, 1 / steps_), fast_new = std::max(1 - fast_keep_, 1 / steps_);
  double duration_sum = 0, finished = 0, open_seconds = 0, open = 0, base = 0, last = 0;
  double count_fast = 0, count_slow = 0, sent_fast = 0, sent_slow = 0;
  for (size_t j = 0; j < servers; ++j) {
    const float* seen = raw + j * kFeatures;
    Averages& average = averages_[j];
    average.duration_sum = slow_keep_ * average.duration_sum + seen[kFlowDurationSum];
    average.finished = slow_keep_ * average.finished + seen[kFlowsFinished];
    average.open_seconds = slow_keep_ * average.open_seconds + seen[kMeanOpenFlows] * options_.step_seconds;
    average.count_fast += fast_new * (seen[kMeanOpenFlows] - average.count_fast);
    average.count_slow += slow_new * (seen[kMeanOpenFlows] - average.count_slow);
    average.sent_fast += fast_new * (seen[kFlowsSent] - average.sent_fast);
    average.sent_slow += slow_new * (seen[kFlowsSent] - average.sent_slow);
    duration_sum += average.duration_sum;
    finished += average.finished;
    open_seconds += average.open_seconds;
    count_fast += average.count_fast;
    count_slow += average.count_slow;
    sent_fast += average.sent_fast;
    sent_slow += average.sent_slow;
    open += seen[kOpenFlows];
    base += base_weights[j];
    if (last_weights != nullptr) last += last_weights[j];
  }
  const double mean_duration = finished > 0 ? duration_sum / finished : 0;
  const double mean_sojourn = finished > 0 ? open_seconds / finished : 0;
  const float load = Bounded(std::log1p(open) - 3);
  const float lbs = Bounded(std::log(options_.agents) / 2);
  for (size_t j = 0; j < servers; ++j) {
    const float* seen = raw + j * kFeatures;
    const Averages& average = averages_[j];
    float* out = inputs + j * kServerInputs;
    const double share = shares_[j];
    const auto relative_duration = [&](double sum, double mean) {
      return mean > 0 ? std::log((sum + kPriorFlows * mean) / ((average.finished + kPriorFlows) * mean)) : 0;
    };
    out[kInputNominal] = Bounded(std::log(share * servers));
    out[kInputDuration] = Bounded(relative_duration(average.duration_sum, mean_duration));
    out[kInputSojourn] = Bounded(relative_duration(average.open_seconds, mean_sojourn));
    out[kInputCountFast] = Bounded(LogRelative(average.count_fast, share, count_fast, 1));
    out[kInputCountSlow] = Bounded(LogRelative(average.count_slow, share, count_slow, 1));
    out[kInputOpen] = Bounded(std::log1p(seen[kOpenFlows]));
    out[kInputAverage] = Bounded(std::log1p(average.count_slow));
    out[kInputOthers] = Bounded(std::log1p(seen[kOthersOpenFlows]));
    out[kInputLoad] = load;
    out[kInputLbs] = lbs;
    out[kInputBase] = out[kInputSentFast] = out[kInputSentSlow] = out[kInputLastWeight] = 0;
    if (!options_.identity) continue;
    out[kInputBase] = Bounded(LogRelative(base_weights[j], share, base, 0.05 * base));
    out[kInputSentFast] = Bounded(LogRelative(average.sent_fast, share, sent_fast, 0.25));
    out[kInputSentSlow] = Bounded(LogRelative(average.sent_slow, share, sent_slow, 0.25));
    if (last > 0) out[kInputLastWeight] = Bounded(LogRelative(last_weights[j], share, last, 0.05 * last));
  }
}

}  // namespace evenkeel
