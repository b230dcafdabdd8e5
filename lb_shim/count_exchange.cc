#include "lb_shim/count_exchange.h"

#include <algorithm>

namespace evenkeel {

CountExchange::CountExchange(const Options& options, const Rng& rng)
    : options_(options),
      rng_(rng),
      delay_s_(options.delay_s + options.random_delay_s * rng_.Uniform()),
      next_taken_(static_cast<uint64_t>(delay_s_ / options.period_s) * options.lbs) {
  // In any time as long as the delay an LB has at most floor(delay / period) + 1 updates; one for rounding.
  const size_t slots = static_cast<size_t>(next_taken_) + 2 * static_cast<size_t>(options.lbs);
  counts_.resize(slots * options.servers);
  lost_.resize(slots);
  while (ArrivalTime(next_taken_) < delay_s_) ++next_taken_;
  next_arrival_ = next_taken_;
}

double CountExchange::ArrivalTime(uint64_t number) const {
  const uint64_t lbs = options_.lbs;
  const double phase = options_.staggered ? static_cast<double>(number % lbs) / lbs : 0;
  return (number / lbs + phase) * options_.period_s;
}

bool CountExchange::ArrivalIsNext() const {
  return next_arrival_ < next_taken_ && ArrivalTime(next_arrival_) <= ArrivalTime(next_taken_) - delay_s_;
}

double CountExchange::next_time_s() const {
  return ArrivalIsNext() ? ArrivalTime(next_arrival_) : ArrivalTime(next_taken_) - delay_s_;
}

void CountExchange::Take(absl::Span<const uint32_t* const> open_flows) {
  const size_t servers = options_.servers;
  const size_t slot = Slot(next_taken_);
  lost_[slot] = options_.loss > 0 && rng_.Uniform() < options_.loss;
  if (lost_[slot]) return;
  uint32_t* const others = &counts_[slot * servers];
  std::fill(others, others + servers, 0);
  const size_t receiver = next_taken_ % options_.lbs;
  for (size_t lb = 0; lb < open_flows.size(); ++lb) {
    if (lb == receiver) continue;
    const uint32_t* const own = open_flows[lb];
    for (size_t j = 0; j < servers; ++j) others[j] += own[j];
  }
}

std::optional<CountExchange::Update> CountExchange::Play(absl::Span<const uint32_t* const> open_flows) {
  if (!ArrivalIsNext()) {
    Take(open_flows);
    ++next_taken_;
    return std::nullopt;
  }
  const uint64_t number = next_arrival_++;
  if (lost_[Slot(number)]) return std::nullopt;
  Update update;
  update.lb = static_cast<int>(number % options_.lbs);
  update.others_open_flows = &counts_[Slot(number) * options_.servers];
  return update;
}

}  // namespace evenkeel
