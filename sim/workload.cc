#include "sim/workload.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "sim/share_sampler.h"

namespace evenkeel::sim {
namespace {

constexpr double kTwoPi = 6.283185307179586;

// Below kArrivalStream.
enum Substream : uint64_t { kTimes, kBursts, kClasses, kWork, kLbs };

absl::Status Wrong(const std::string& field, const std::string& expected, double found) {
  return absl::InvalidArgumentError(absl::StrCat(field, " must be ", expected, ", found ", found));
}

bool Positive(double value) { return std::isfinite(value) && value > 0; }
bool NonNegative(double value) { return std::isfinite(value) && value >= 0; }

bool Changes(const FlashCrowdOptions& crowd) { return crowd.seconds > 0 && crowd.factor != 1; }

double FactorAt(const FlashCrowdOptions& crowd, double time_s) {
  return time_s >= crowd.at_s && time_s < crowd.at_s + crowd.seconds ? crowd.factor : 1;
}

absl::Status ValidateEmpirical(const std::vector<double>& seconds, const std::string& name) {
  if (seconds.empty()) return Wrong(name + ".seconds", "at least one value", 0);
  for (size_t i = 0; i < seconds.size(); ++i) {
    if (!NonNegative(seconds[i]))
      return Wrong(absl::StrCat(name, ".seconds[", i, "]"), "a number >= 0", seconds[i]);
  }
  return absl::OkStatus();
}

absl::Status ValidateClass(const FlowClassOptions& options, size_t index) {
  const std::string name = absl::StrCat("workload.classes[", index, "]");
  if (!NonNegative(options.share)) return Wrong(name + ".share", "a number >= 0", options.share);
  if (options.work == FlowClassOptions::EMPIRICAL)
    return ValidateEmpirical(options.seconds, name + ".empirical");
  const bool lognormal = options.work == FlowClassOptions::LOGNORMAL;
  const std::string work = name + (lognormal ? ".lognormal" : ".exponential");
  if (!Positive(options.mean_s)) return Wrong(work + ".mean_seconds", "a positive number", options.mean_s);
  if (lognormal && !NonNegative(options.log_std))
    return Wrong(work + ".log_std", "a number >= 0", options.log_std);
  return absl::OkStatus();
}

// Arrivals of a Poisson process of unit rate, stretched by the inverse of the integrated rate.
class ArrivalTimes {
 public:
  ArrivalTimes(const WorkloadOptions& options, uint64_t seed)
      : options_(options),
        modulated_(options.bursts.log_std > 0 || options.diurnal.amplitude > 0 ||
                   Changes(options.flash_crowd)),
        correlation_(std::exp(-kRateSlotSeconds / options.bursts.correlation_s)),
        times_(seed, {kArrivalStream, kTimes}),
        bursts_(seed, {kArrivalStream, kBursts}),
        log_rate_(options.bursts.log_std * bursts_.Normal()),
        seconds_per_arrival_(1 / options.flows_per_second) {
    if (modulated_) SetSlot(0);
  }

  double Next() {
    const double arrivals = times_.Exponential(1);
    if (!modulated_) return time_s_ += arrivals * seconds_per_arrival_;
    return time_s_ = Stretch(arrivals);
  }

 private:
  double Stretch(double arrivals) {
    double time_s = time_s_;
    for (;;) {
      const double end_s = time_s + arrivals * seconds_per_arrival_;
      if (end_s < slot_end_s_) return end_s;
      arrivals = std::max(0.0, arrivals - (slot_end_s_ - time_s) / seconds_per_arrival_);
      time_s = slot_end_s_;
      const double log_std = options_.bursts.log_std;
      log_rate_ =
          correlation_ * log_rate_ + std::sqrt(1 - correlation_ * correlation_) * log_std * bursts_.Normal();
      SetSlot(slot_ + 1);
    }
  }

  void SetSlot(uint64_t slot) {
    slot_ = slot;
    slot_end_s_ = static_cast<double>(slot + 1) * kRateSlotSeconds;
    const double middle_s = (static_cast<double>(slot) + 0.5) * kRateSlotSeconds;
    const double log_std = options_.bursts.log_std;
    const double rate =
        options_.flows_per_second * std::exp(log_rate_ - 0.5 * log_std * log_std) *
        FactorAt(options_.flash_crowd, middle_s) *
        (1 + options_.diurnal.amplitude * std::sin(kTwoPi * middle_s / options_.diurnal.period_s));
    seconds_per_arrival_ = 1 / rate;
  }

  const WorkloadOptions options_;
  const bool modulated_;
  const double correlation_;  // of the bursts from slot to slot
  Rng times_;
  Rng bursts_;
  double log_rate_;  // x_t of BurstOptions
  double seconds_per_arrival_;
  double time_s_ = 0;
  uint64_t slot_ = 0;
  double slot_end_s_ = 0;
};

class Workload : public ArrivalSource {
 public:
  Workload(const WorkloadOptions& options, uint64_t seed)
      : classes_(options.classes),
        class_sampler_(Shares(options.classes)),
        lb_sampler_(options.lb_shares),
        times_(options, seed),
        class_stream_(seed, {kArrivalStream, kClasses}),
        work_stream_(seed, {kArrivalStream, kWork}),
        lb_stream_(seed, {kArrivalStream, kLbs}) {}

  // One loop per field: each keeps its generator in registers.
  size_t Next(absl::Span<Flow> flows) override {
    for (Flow& flow : flows) flow.arrival_s = times_.Next();
    for (Flow& flow : flows) flow.flow_class = class_sampler_.Draw(&class_stream_);
    for (Flow& flow : flows) flow.lb = lb_sampler_.Draw(&lb_stream_);
    for (Flow& flow : flows) flow.work_s = static_cast<float>(Work(classes_[flow.flow_class]));
    return flows.size();
  }

 private:
  static std::vector<double> Shares(const std::vector<FlowClassOptions>& classes) {
    std::vector<double> shares;
    for (const FlowClassOptions& options : classes) shares.push_back(options.share);
    return shares;
  }

  double Work(const FlowClassOptions& options) {
    switch (options.work) {
      case FlowClassOptions::EXPONENTIAL:
        return work_stream_.Exponential(options.mean_s);
      case FlowClassOptions::LOGNORMAL:
        return work_stream_.Lognormal(options.mean_s, options.log_std);
      case FlowClassOptions::EMPIRICAL:
        return options.seconds[work_stream_.Below(options.seconds.size())];
    }
    return 0;
  }

  const std::vector<FlowClassOptions> classes_;
  const ShareSampler class_sampler_;
  const ShareSampler lb_sampler_;
  ArrivalTimes times_;
  Rng class_stream_;
  Rng work_stream_;
  Rng lb_stream_;
};

}  // namespace

absl::Status ValidateLbShares(const std::vector<double>& lb_shares) {
  if (lb_shares.empty() || lb_shares.size() > 65536) {
    return Wrong("topology.lb_shares", "of 1..65536 load balancers", static_cast<double>(lb_shares.size()));
  }
  double sum = 0;
  for (size_t i = 0; i < lb_shares.size(); ++i) {
    if (!NonNegative(lb_shares[i])) {
      return Wrong(absl::StrCat("topology.lb_shares[", i, "]"), "a number >= 0", lb_shares[i]);
    }
    sum += lb_shares[i];
  }
  if (!Positive(sum)) return Wrong("topology.lb_shares", "of positive sum", sum);
  return absl::OkStatus();
}

absl::Status Validate(const WorkloadOptions& options) {
  if (!Positive(options.flows_per_second)) {
    return Wrong("workload.flows_per_second", "a positive number", options.flows_per_second);
  }
  if (!(options.bursts.log_std >= 0 && options.bursts.log_std <= 5)) {
    return Wrong("workload.bursts.log_std", "in 0..5", options.bursts.log_std);
  }
  if (!Positive(options.bursts.correlation_s)) {
    return Wrong("workload.bursts.correlation_seconds", "a positive number", options.bursts.correlation_s);
  }
  if (!(options.diurnal.amplitude >= 0 && options.diurnal.amplitude <= 1)) {
    return Wrong("workload.diurnal.amplitude", "in 0..1", options.diurnal.amplitude);
  }
  if (!Positive(options.diurnal.period_s)) {
    return Wrong("workload.diurnal.period_seconds", "a positive number", options.diurnal.period_s);
  }
  if (!NonNegative(options.flash_crowd.at_s)) {
    return Wrong("workload.flash_crowd.at_seconds", "a number >= 0", options.flash_crowd.at_s);
  }
  if (!NonNegative(options.flash_crowd.seconds)) {
    return Wrong("workload.flash_crowd.seconds", "a number >= 0", options.flash_crowd.seconds);
  }
  if (!Positive(options.flash_crowd.factor)) {
    return Wrong("workload.flash_crowd.factor", "a positive number", options.flash_crowd.factor);
  }
  if (options.classes.empty() || options.classes.size() > 65536) {
    return Wrong("workload.classes", "1..65536 classes", static_cast<double>(options.classes.size()));
  }
  double sum = 0;
  for (size_t i = 0; i < options.classes.size(); ++i) {
    EK_RETURN_IF_ERROR(ValidateClass(options.classes[i], i));
    sum += options.classes[i].share;
  }
  if (!Positive(sum)) return Wrong("workload.classes: the sum of their shares", "positive", sum);
  return ValidateLbShares(options.lb_shares);
}

absl::StatusOr<std::unique_ptr<ArrivalSource>> MakeWorkload(const WorkloadOptions& options, uint64_t seed) {
  EK_RETURN_IF_ERROR(Validate(options));
  return std::unique_ptr<ArrivalSource>(new Workload(options, seed));
}

}  // namespace evenkeel::sim
