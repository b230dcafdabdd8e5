#include "coordinator/reward.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

constexpr double kSmallestRatio = 1e-6;  // method.md E
constexpr double kLargestExponent = 80;  // exp(80) < FLT_MAX, exp(-80) > FLT_MIN

double Max(absl::Span<const double> values) { return *std::max_element(values.begin(), values.end()); }

double SumOfLogRatios(absl::Span<const double> values) {
  const double max = Max(values);
  double sum = 0;
  for (double value : values) sum += std::log(std::max(value / max, kSmallestRatio));
  return sum;
}

double LiteralProduct(absl::Span<const double> values) {
  double exponent = -std::log(Max(values));
  for (double value : values) exponent += std::log(value);
  return std::exp(std::clamp(exponent, -kLargestExponent, kLargestExponent));
}

double Jain(absl::Span<const double> values) {
  const double max = Max(values);
  double sum = 0, squares = 0;
  for (double value : values) {
    sum += value / max;
    squares += (value / max) * (value / max);
  }
  return sum * sum / (values.size() * squares);
}

double Variance(absl::Span<const double> values) {
  double mean = 0, squares = 0;
  for (double value : values) mean += value / values.size();
  for (double value : values) squares += (value - mean) * (value - mean);
  return squares / values.size();
}

double PerfectlyEven(v1::Reward::Kind kind, absl::Span<const double> values) {
  switch (kind) {
    case v1::Reward::PRODUCT:
    case v1::Reward::PRODUCT_LITERAL:
    case v1::Reward::JAIN:
      return 1;
    case v1::Reward::NEGATIVE_MAX:
      return values.empty() ? 0 : -values[0];
    default:
      return 0;
  }
}

}  // namespace

double Fairness(v1::Reward::Kind kind, absl::Span<const double> durations_s) {
  if (durations_s.size() < 2) return PerfectlyEven(kind, durations_s);
  switch (kind) {
    case v1::Reward::PRODUCT:
      return std::exp(SumOfLogRatios(durations_s));
    case v1::Reward::PRODUCT_LITERAL:
      return LiteralProduct(durations_s);
    case v1::Reward::LOG_PRODUCT:
      return SumOfLogRatios(durations_s) / durations_s.size();
    case v1::Reward::JAIN:
      return Jain(durations_s);
    case v1::Reward::NEGATIVE_VARIANCE:
      return -Variance(durations_s);
    case v1::Reward::NEGATIVE_MAX:
      return -Max(durations_s);
    default:
      LOG(FATAL) << "no reward kind: " << kind;
  }
}

absl::StatusOr<GlobalReward> GlobalReward::Create(const v1::Reward& options, int lbs, int servers) {
  if (options.kind() == v1::Reward::UNSET) {
    return absl::InvalidArgumentError("reward.kind is not set; the default is PRODUCT");
  }
  const double share = options.new_value_share();
  if (!(share > 0 && share <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("reward.new_value_share is ", share, ", expected a number above 0 and up to 1"));
  }
  return GlobalReward(options, lbs, servers);
}

GlobalReward::GlobalReward(const v1::Reward& options, int lbs, int servers)
    : kind_(options.kind()),
      new_value_share_(options.new_value_share()),
      servers_(servers),
      averages_s_(static_cast<size_t>(lbs) * servers, 0.0) {
  durations_s_.reserve(servers);
}

double GlobalReward::Step(absl::Span<const v1::Observation* const> observations) {
  CHECK_EQ(observations.size() * servers_, averages_s_.size());
  double sum = 0;
  for (size_t lb = 0; lb < observations.size(); ++lb)
    sum += LbReward(static_cast<int>(lb), *observations[lb]);
  return sum / observations.size();
}

double GlobalReward::LbReward(int lb, const v1::Observation& observation) {
  CHECK_EQ(observation.flow_duration_mean_decayed_size(), servers_);
  double* averages_s = averages_s_.data() + static_cast<size_t>(lb) * servers_;
  durations_s_.clear();
  for (int server = 0; server < servers_; ++server) {
    const double now_s = observation.flow_duration_mean_decayed(server);
    const bool takes_flows = observation.available_size() != servers_ || observation.available(server) > 0;
    double& average_s = averages_s[server];
    if (!takes_flows || !(now_s > 0) || !std::isfinite(now_s)) {
      average_s = 0;
      continue;
    }
    average_s = average_s == 0 ? now_s : average_s + new_value_share_ * (now_s - average_s);
    durations_s_.push_back(average_s);
  }
  return Fairness(kind_, durations_s_);
}

}  // namespace evenkeel
