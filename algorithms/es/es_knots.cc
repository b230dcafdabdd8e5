#include "algorithms/es/es_knots.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "algorithms/es/es_network.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr size_t kMostKnots = 16;  // of either list

absl::Status CheckKnots(const char* setting, const std::vector<uint32_t>& knots) {
  if (knots.size() > kMostKnots) {
    return absl::InvalidArgumentError(absl::StrCat(setting, " has ", knots.size(), " numbers, expected at most ", kMostKnots));
  }
  const bool rising = std::adjacent_find(knots.begin(), knots.end(), std::greater_equal<uint32_t>()) == knots.end();
  if (rising && (knots.empty() || knots[0] > 0)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(setting, " is ", absl::StrJoin(knots, ", "), ", expected numbers of 1 or more that rise"));
}

// Where `number` lies among the knots: `share` of the way, in logs, from knot `below` to the next; on a knot or outside 0.
struct Place {
  int below;
  float share;
};

Place PlaceOf(const std::vector<uint32_t>& knots, int number) {
  const int last = static_cast<int>(knots.size()) - 1;
  const int above = static_cast<int>(std::upper_bound(knots.begin(), knots.end(), number) - knots.begin());
  if (above == 0) return {0, 0};
  if (above > last) return {last, 0};
  const double from = std::log(knots[above - 1]), to = std::log(knots[above]);
  return {above - 1, static_cast<float>((std::log(number) - from) / (to - from))};
}

}  // namespace

absl::StatusOr<EsKnots> EsKnots::Create(const v1::Es& es) {
  EsKnots knots;
  knots.lbs_.assign(es.lbs_knots().begin(), es.lbs_knots().end());
  knots.servers_.assign(es.server_knots().begin(), es.server_knots().end());
  EK_RETURN_IF_ERROR(CheckKnots("algorithm.es.lbs_knots", knots.lbs_));
  EK_RETURN_IF_ERROR(CheckKnots("algorithm.es.server_knots", knots.servers_));
  if (knots.lbs_.empty() != knots.servers_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("algorithm.es.", knots.lbs_.empty() ? "lbs_knots" : "server_knots",
                                                   " is empty, and the other list of knots is not: give both or neither"));
  }
  return knots;
}

int EsKnots::BlockParameters(int hidden) const {
  const int all = EsNetwork::Parameters(hidden);
  int parameters = 0;
  for (int i = 0; i < all; ++i) parameters += empty() || !EsNetwork::IsSlope(hidden, i);
  return parameters;
}

std::optional<int> EsKnots::BlockOf(uint32_t lbs, uint32_t servers) const {
  for (int block = 0; block < blocks(); ++block) {
    if (empty() || (this->lbs(block) == lbs && this->servers(block) == servers)) return block;
  }
  return std::nullopt;
}

std::vector<double> EsKnots::Take(int hidden, const EsKnots& other, absl::Span<const double> parameters) const {
  assert(!empty() || other.empty());
  if (empty()) return std::vector<double>(parameters.begin(), parameters.end());
  const std::vector<float> floats(parameters.begin(), parameters.end());
  std::vector<double> taken;
  for (int block = 0; block < blocks(); ++block) {
    const int agents = static_cast<int>(lbs(block)), servers = static_cast<int>(this->servers(block));
    const std::vector<float> at = other.At(hidden, agents, servers, floats);
    const std::vector<double> flat = EsNetwork::WithoutSlopes(hidden, agents, servers, std::vector<double>(at.begin(), at.end()));
    for (size_t i = 0; i < flat.size(); ++i) {
      if (!EsNetwork::IsSlope(hidden, static_cast<int>(i))) taken.push_back(flat[i]);
    }
  }
  return taken;
}

std::vector<float> EsKnots::At(int hidden, int agents, int servers, absl::Span<const float> parameters) const {
  assert(static_cast<int>(parameters.size()) == Parameters(hidden));
  if (empty()) return std::vector<float>(parameters.begin(), parameters.end());
  const Place lbs = PlaceOf(lbs_, agents), pool = PlaceOf(servers_, servers);
  const int nearest = pool.below + (pool.share > 0.5f);
  const int size = BlockParameters(hidden), row = static_cast<int>(servers_.size());
  const float* below = &parameters[(lbs.below * row + nearest) * size];
  std::vector<float> at(EsNetwork::Parameters(hidden));
  for (size_t i = 0; i < at.size(); ++i) {
    if (EsNetwork::IsSlope(hidden, static_cast<int>(i))) continue;
    at[i] = lbs.share == 0 ? *below : *below + lbs.share * (below[row * size] - *below);  // a share of 0 may be of the last knot
    ++below;
  }
  return at;
}

}  // namespace evenkeel
