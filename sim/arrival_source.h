// Where the flows of an episode come from. They are fixed by the source alone, so two policies can be
// compared on the same arrivals.
#ifndef EVENKEEL_SIM_ARRIVAL_SOURCE_H_
#define EVENKEEL_SIM_ARRIVAL_SOURCE_H_

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "sim/dispatcher.h"

namespace evenkeel::sim {

// Pulled in batches, so that an episode of any length needs bounded memory. Not thread-safe.
class ArrivalSource {
 public:
  virtual ~ArrivalSource() = default;

  // Writes the next flows in order of arrival_s, at most flows.size() of them, and returns how many. 0: there
  // are no more, ever. Most sources never end: the cluster pulls one batch beyond what it has played.
  virtual size_t Next(absl::Span<Flow> flows) = 0;
};

// A list that the caller made. REQUIRES: sorted by arrival_s.
class FlowList : public ArrivalSource {
 public:
  explicit FlowList(std::vector<Flow> flows) : flows_(std::move(flows)) {}

  size_t Next(absl::Span<Flow> flows) override {
    const size_t count = std::min(flows.size(), flows_.size() - position_);
    std::copy_n(flows_.begin() + position_, count, flows.begin());
    position_ += count;
    return count;
  }

 private:
  std::vector<Flow> flows_;
  size_t position_ = 0;
};

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_ARRIVAL_SOURCE_H_
