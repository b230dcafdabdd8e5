// The pairs of numbers of LBs and of servers at which the parameters of an EsNetwork are searched apart (algorithm.es.lbs_knots,
// server_knots): what serves 2 LBs then takes nothing from what serves 64, which lines through all do. Between two numbers of LBs the
// parameters lie on a line in the log; of the numbers of servers the nearest in the log counts, the lower of two (lines between 24 and
// 96 were tried: with 48 servers and 6 LBs worse than either end). Outside they are those of the nearest.
#ifndef EVENKEEL_ALGORITHMS_ES_ES_KNOTS_H_
#define EVENKEEL_ALGORITHMS_ES_ES_KNOTS_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// A policy's parameters lie in blocks, one per pair, LBs first: (lbs[0], servers[0]), (lbs[0], servers[1]), ... A block is the
// parameters of an EsNetwork without the slopes, of which there is nothing to learn at one pair. Without knots there is one
// block, of all parameters.
class EsKnots {
 public:
  EsKnots() = default;  // none

  // INVALID_ARGUMENT, naming the setting: one list without the other, a 0, numbers that do not rise, over 16.
  static absl::StatusOr<EsKnots> Create(const v1::Es& es);

  bool empty() const { return lbs_.empty(); }
  int blocks() const { return empty() ? 1 : static_cast<int>(lbs_.size() * servers_.size()); }

  int BlockParameters(int hidden) const;
  int Parameters(int hidden) const { return blocks() * BlockParameters(hidden); }

  // The block of a pair; nullopt: no knot has it. Without knots the one block, whatever the pair.
  std::optional<int> BlockOf(uint32_t lbs, uint32_t servers) const;

  // The numbers of LBs and servers of a block. REQUIRES: not empty().
  uint32_t lbs(int block) const { return lbs_[block / servers_.size()]; }
  uint32_t servers(int block) const { return servers_[block % servers_.size()]; }

  // The parameters [Parameters(hidden)] that do at each pair what `parameters` do there, which are of `other` knots. REQUIRES: if
  // these are empty(), the others are.
  std::vector<double> Take(int hidden, const EsKnots& other, absl::Span<const double> parameters) const;

  // The parameters of an EsNetwork for these numbers, from those of a policy [Parameters(hidden)].
  std::vector<float> At(int hidden, int agents, int servers, absl::Span<const float> parameters) const;

 private:
  std::vector<uint32_t> lbs_, servers_;  // both empty, or neither; rising
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ES_ES_KNOTS_H_
