// The exchange of counts between LBs: who learns how many flows the others have open, of what age, and when.
#ifndef EVENKEEL_LB_SHIM_COUNT_EXCHANGE_H_
#define EVENKEEL_LB_SHIM_COUNT_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/rng.h"

namespace evenkeel {

// The schedule of all LBs of one world, and the counts that are under way; knows neither clock nor data
// plane: its owner calls Play at the times that next_time_s() names, with the counts of that time.
//
// Update k of LB i arrives at k x period + phase_i, with phase_i = period x i / m if staggered, else 0 for
// all, and carries, per server, the sum of the open flows of all other LBs as they were `delay` earlier. An
// update that would carry counts from before time 0, where nothing was open, is left out. Staggering removes
// most of the herding of LBs that act on the same counts at the same time (affinity.md section 3).
//
// Not thread-safe. Memory: (delay / period + 2) x m x n counts. Cost of an update: one pass over m x n
// counts.
class CountExchange {
 public:
  struct Options {
    int lbs = 1;             // m >= 1
    int servers = 1;         // n >= 1
    double period_s = 0.25;  // above 0
    bool staggered = true;
    double delay_s = 0;         // >= 0
    double random_delay_s = 0;  // >= 0; up to so much is added to the delay, drawn once, evenly
    double loss = 0;            // 0 .. 1, chance that an update does not arrive, independent for each
  };

  // What reaches one LB.
  struct Update {
    int lb = 0;
    const uint32_t* others_open_flows = nullptr;  // [n], valid until the next call of Play
  };

  // `rng` draws the random delay and the losses.
  CountExchange(const Options& options, const Rng& rng);

  // When something is due next; never decreases.
  double next_time_s() const;

  // Does the one thing that is due first: counts are taken for an update, or it arrives. Returns the update
  // if one arrives now. `open_flows`: of each of the m LBs, its own [n] counts at next_time_s().
  std::optional<Update> Play(absl::Span<const uint32_t* const> open_flows);

  double delay_s() const { return delay_s_; }  // with its random part

 private:
  // Updates of all LBs are numbered in the order in which they arrive: number k x m + i is update k of LB i.
  double ArrivalTime(uint64_t number) const;
  bool ArrivalIsNext() const;
  size_t Slot(uint64_t number) const { return number % lost_.size(); }
  void Take(absl::Span<const uint32_t* const> open_flows);

  const Options options_;
  Rng rng_;
  const double delay_s_;
  std::vector<uint32_t> counts_;  // [slots, n] of the updates under way
  std::vector<uint8_t> lost_;     // [slots]
  uint64_t next_taken_;
  uint64_t next_arrival_;  // <= next_taken_
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_COUNT_EXCHANGE_H_
