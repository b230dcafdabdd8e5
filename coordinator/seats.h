// The agents that share one stream.
#ifndef EVENKEEL_COORDINATOR_SEATS_H_
#define EVENKEEL_COORDINATOR_SEATS_H_

#include <cstdint>

namespace evenkeel {

// Names one stream of agents. Numbers rise with time; 0 is no stream.
using StreamId = uint64_t;

// Agents first .. first + count - 1. REQUIRES: first >= 0, count >= 1.
struct Seats {
  int first = 0;
  int count = 1;

  int end() const { return first + count; }
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_SEATS_H_
