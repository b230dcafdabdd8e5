// What all episodes of a batch have in common, and how wide the rows are that networks read of them.
#ifndef EVENKEEL_ALGORITHMS_BATCH_SHAPE_H_
#define EVENKEEL_ALGORITHMS_BATCH_SHAPE_H_

#include <cstdint>

#include "algorithms/server_features.h"
#include "common/observation_features.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct BatchShape {
  int64_t agents = 0;   // m
  int64_t servers = 0;  // n
  int64_t levels = 0;   // L, pairs of a weight level and a bias level
  v1::Network::Kind network = v1::Network::PAPER;

  bool shared() const { return network == v1::Network::SHARED; }

  // What an agent's network reads per step. PAPER: n scaled observations, then its last action one-hot per server. SHARED: a
  // row of kServerInputs per server.
  int64_t input() const { return servers * (shared() ? int64_t{kServerInputs} : kPaperFeatures + levels); }

  // What a mixer reads per step. PAPER: the scaled observations of all agents. SHARED: the inputs of all agents.
  int64_t state() const { return agents * servers * (shared() ? int64_t{kServerInputs} : int64_t{kPaperFeatures}); }
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_BATCH_SHAPE_H_
