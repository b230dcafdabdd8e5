#include "coordinator/reward.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <numeric>

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

double Sum(const google::protobuf::RepeatedField<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

bool TakesFlows(const v1::Observation& observation, int server) {
  return server >= observation.available_size() || observation.available(server) > 0;
}

double PerfectlyEven(v1::Reward::Kind kind, absl::Span<const double> values) {
  switch (kind) {
    case v1::Reward::PRODUCT:
    case v1::Reward::PRODUCT_LITERAL:
    case v1::Reward::PRODUCT_NORMALISED:
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
    case v1::Reward::PRODUCT_NORMALISED:
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

absl::StatusOr<GlobalReward> GlobalReward::Create(const v1::Reward& options, const v1::Agent& agent, int lbs,
                                                  int servers) {
  if (options.kind() == v1::Reward::UNSET) {
    return absl::InvalidArgumentError("reward.kind is not set; the default is PRODUCT");
  }
  const double share = options.new_value_share();
  if (!(share > 0 && share <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("reward.new_value_share is ", share, ", expected a number above 0 and up to 1"));
  }
  const double step_s = agent.step_interval_seconds();
  if (!(step_s > 0) || !std::isfinite(step_s)) {
    return absl::InvalidArgumentError(
        absl::StrCat("agent.step_interval_seconds is ", step_s, ", expected a number above 0"));
  }
  const double decay = agent.duration_decay_per_second();
  if (!(decay > 0 && decay <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("agent.duration_decay_per_second is ", decay,
                                                   ", expected a number above 0 and up to 1"));
  }
  return GlobalReward(options, agent, lbs, servers);
}

GlobalReward::GlobalReward(const v1::Reward& options, const v1::Agent& agent, int lbs, int servers)
    : kind_(options.kind()),
      new_value_share_(options.new_value_share()),
      step_s_(agent.step_interval_seconds()),
      kept_per_step_(std::pow(agent.duration_decay_per_second(), agent.step_interval_seconds())),
      lbs_(lbs),
      servers_(servers),
      averages_s_(static_cast<size_t>(lbs) * servers, 0.0),
      discounted_sum_s_(averages_s_.size(), 0.0),
      discounted_flows_(averages_s_.size(), 0.0) {
  durations_s_.reserve(servers);
}

double GlobalReward::Step(absl::Span<const v1::Observation* const> observations,
                          absl::Span<const v1::Observation* const> twin, double regret_s) {
  CHECK_EQ(static_cast<int>(observations.size()), lbs_);
  CHECK_EQ(static_cast<int>(twin.size()), NeedsTwin(kind_) ? lbs_ : 0);
  switch (kind_) {
    case v1::Reward::NEGATIVE_MEAN_DURATION:
      return -MeanDuration(observations);
    case v1::Reward::NEGATIVE_OPEN_FLOWS:
      return -OpenFlows(observations);
    case v1::Reward::SED_TWIN:
      return OpenFlows(twin) - OpenFlows(observations);
    case v1::Reward::NEGATIVE_REGRET:
      return -regret_s / step_s_ / servers_;
    default:
      return MeanFairness(observations);
  }
}

std::vector<float> GlobalReward::HeadRewards(absl::Span<const float> gains_s) const {
  std::vector<float> rewards;
  if (!HasHeadRewards(kind_)) return rewards;
  for (float gain_s : gains_s) rewards.push_back(static_cast<float>(gain_s / step_s_));
  return rewards;
}

double GlobalReward::MeanFairness(absl::Span<const v1::Observation* const> observations) {
  double sum = 0;
  for (int lb = 0; lb < lbs_; ++lb) {
    durations_s_.clear();
    if (kind_ == v1::Reward::PRODUCT_NORMALISED) {
      DiscountDurations(lb, *observations[lb]);
    } else {
      AverageDurations(lb, *observations[lb]);
    }
    sum += Fairness(kind_, durations_s_);
  }
  return sum / lbs_;
}

void GlobalReward::AverageDurations(int lb, const v1::Observation& observation) {
  CHECK_EQ(observation.flow_duration_mean_decayed_size(), servers_);
  double* averages_s = averages_s_.data() + static_cast<size_t>(lb) * servers_;
  for (int server = 0; server < servers_; ++server) {
    const double now_s = observation.flow_duration_mean_decayed(server);
    double& average_s = averages_s[server];
    if (!TakesFlows(observation, server) || !(now_s > 0) || !std::isfinite(now_s)) {
      average_s = 0;
      continue;
    }
    average_s = average_s == 0 ? now_s : average_s + new_value_share_ * (now_s - average_s);
    durations_s_.push_back(average_s);
  }
}

void GlobalReward::DiscountDurations(int lb, const v1::Observation& observation) {
  CHECK_EQ(observation.flow_duration_sum_size(), servers_);
  CHECK_EQ(observation.flows_finished_size(), servers_);
  const size_t row = static_cast<size_t>(lb) * servers_;
  for (int server = 0; server < servers_; ++server) {
    double& sum_s = discounted_sum_s_[row + server];
    double& flows = discounted_flows_[row + server];
    sum_s = kept_per_step_ * sum_s + observation.flow_duration_sum(server);
    flows = kept_per_step_ * flows + observation.flows_finished(server);
    if (!TakesFlows(observation, server)) sum_s = flows = 0;
    if (flows >= kLeastFlows && sum_s > 0) durations_s_.push_back(sum_s / flows);
  }
}

double GlobalReward::MeanDuration(absl::Span<const v1::Observation* const> observations) {
  double sum_s = 0, flows = 0;
  for (const v1::Observation* observation : observations) {
    const double rejected = Sum(observation->flows_rejected());
    sum_s += Sum(observation->flow_duration_sum()) + rejected * kRejectedFlowSeconds;
    flows += Sum(observation->flows_finished()) + rejected;
  }
  if (flows > 0) mean_duration_s_ = sum_s / flows;
  return mean_duration_s_;
}

double GlobalReward::OpenFlows(absl::Span<const v1::Observation* const> observations) const {
  double flows = 0;
  for (const v1::Observation* observation : observations) {
    flows += Sum(observation->mean_open_flows());
    flows += Sum(observation->flows_rejected()) * kRejectedFlowSeconds / step_s_;
  }
  return flows / servers_;
}

}  // namespace evenkeel
