#include "lb_shim/sed_control.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

constexpr double kOneFlow = 1 << SED_FRACTION_BITS;
constexpr double kBiasLimit = 1 << 18;  // flows
constexpr double kWeightRange = 4294967295.0;

sed_u32 Mode(v1::DispatchMode mode) {
  if (mode == v1::WEIGHTED_RANDOM) return SED_WEIGHTED_RANDOM;
  if (mode == v1::POWER_OF_TWO) return SED_POWER_OF_TWO;
  return SED_SHORTEST_EXPECTED_DELAY;
}

}  // namespace

absl::Status CheckControls(const v1::Controls& controls, int servers) {
  if (controls.servers_size() != servers) {
    return absl::InvalidArgumentError(
        absl::StrCat("controls are for ", controls.servers_size(), " servers, expected one entry for each of ", servers));
  }
  bool any = false;
  for (int j = 0; j < servers; ++j) {
    const v1::ServerControl& server = controls.servers(j);
    if (!std::isfinite(server.weight()) || server.weight() < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("controls: weight of server ", j, " is ", server.weight(), ", expected a finite value >= 0"));
    }
    if (!std::isfinite(server.bias())) {
      return absl::InvalidArgumentError(
          absl::StrCat("controls: bias of server ", j, " is ", server.bias(), ", expected a finite value"));
    }
    any |= server.weight() > 0;
  }
  if (!any) return absl::InvalidArgumentError("controls: every weight is 0, expected at least one above 0");
  return absl::OkStatus();
}

void FillSedTable(const v1::Controls& controls, const std::vector<uint8_t>& available, sed_table* table) {
  table->mode = Mode(controls.mode());
  table->slots = 0;
  double largest = 0;
  double total = 0;
  for (size_t j = 0; j < available.size(); ++j) {
    if (!available[j]) continue;
    const double weight = controls.servers(static_cast<int>(j)).weight();
    largest = std::max(largest, weight);
    total += weight;
  }
  double sum = 0;
  for (size_t j = 0; j < available.size(); ++j) {
    const v1::ServerControl& server = controls.servers(static_cast<int>(j));
    if (!available[j] || server.weight() == 0) continue;
    const sed_u32 slot = table->slots++;
    const double ahead = std::clamp(1.0 + server.bias(), -kBiasLimit, kBiasLimit);
    const double inverse = std::min<double>(SED_INVERSE_UNIT * (largest / server.weight()), SED_INVERSE_MAX);
    sum += server.weight();
    table->server[slot] = static_cast<sed_u8>(j);
    table->bias_plus_one[slot] = static_cast<sed_s32>(std::lrint(ahead * kOneFlow));
    table->inverse_weight[slot] = static_cast<sed_u32>(inverse + 0.5);
    table->weight_end[slot] = static_cast<sed_u32>(sum / total * kWeightRange);
  }
  if (table->slots > 0) table->weight_end[table->slots - 1] = 0xffffffffu;
}

}  // namespace evenkeel
