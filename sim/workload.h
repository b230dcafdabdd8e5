// Synthetic arrivals: Poisson, with bursts and a daily wave if wanted, and work by class of flow.
#ifndef EVENKEEL_SIM_WORKLOAD_H_
#define EVENKEEL_SIM_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/arrival_source.h"

namespace evenkeel::sim {

struct FlowClassOptions {
  enum Work { EXPONENTIAL, LOGNORMAL, EMPIRICAL };
  std::string name = "flow";
  double share = 1;  // relative share of the flows
  Work work = EXPONENTIAL;
  double mean_s = 1;            // EXPONENTIAL, LOGNORMAL: mean work, seconds of one vCPU at speed 1
  double log_std = 1;           // LOGNORMAL: standard deviation of the log of the work
  std::vector<double> seconds;  // EMPIRICAL: drawn evenly from these
};

// The rate is multiplied by exp(x_t - log_std^2 / 2), x a stationary first-order autoregressive process:
// mean 1.
struct BurstOptions {
  double log_std = 0;         // of x; 0: no bursts
  double correlation_s = 10;  // x_t and x_{t+d} correlate by exp(-d / correlation_s)
};

// The rate is multiplied by 1 + amplitude x sin(2 pi t / period_s).
struct DiurnalOptions {
  double amplitude = 0;  // 0..1
  double period_s = 86400;
};

// The rate is multiplied by `factor` during [at_s, at_s + seconds).
struct FlashCrowdOptions {
  double at_s = 0;
  double seconds = 0;  // 0: never
  double factor = 1;
};

struct WorkloadOptions {
  double flows_per_second = 100;  // mean, over all load balancers
  BurstOptions bursts;
  DiurnalOptions diurnal;
  FlashCrowdOptions flash_crowd;
  std::vector<FlowClassOptions> classes = {FlowClassOptions()};
  std::vector<double> lb_shares = {1};  // relative share of the flows of each load balancer
};

// With bursts, a daily wave or a flash crowd the rate is constant within slots of this length; the wave and
// the flash crowd are taken at their middle.
constexpr double kRateSlotSeconds = 0.1;

// INVALID_ARGUMENT names the field as an experiment file spells it, what it must be and what was found.
absl::Status Validate(const WorkloadOptions& options);

// INVALID_ARGUMENT unless there is a load balancer, no share is negative and their sum is positive.
absl::Status ValidateLbShares(const std::vector<double>& lb_shares);

// An endless source: the same flows for the same options and seed, bit for bit. Times, rate, class, work and
// load balancer have a random stream each, so the k-th flow keeps its work when only the rate changes.
absl::StatusOr<std::unique_ptr<ArrivalSource>> MakeWorkload(const WorkloadOptions& options, uint64_t seed);

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_WORKLOAD_H_
