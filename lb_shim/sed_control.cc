#include "lb_shim/sed_control.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

constexpr double kAheadLimit = 1 << 30;  // flows; times SED_STEP_MAX it is half of SED_START_ZERO
static_assert(SED_START_ZERO / 2 == (1ull << 30) * SED_STEP_MAX, "scores could leave their range");
constexpr double kWeightRange = 4294967295.0;

sed_u32 Mode(v1::DispatchMode mode) {
  if (mode == v1::WEIGHTED_RANDOM) return SED_WEIGHTED_RANDOM;
  if (mode == v1::POWER_OF_TWO) return SED_POWER_OF_TWO;
  return SED_SHORTEST_EXPECTED_DELAY;
}

absl::Status CheckExchange(const v1::Controls& controls) {
  const std::pair<const char*, float> values[] = {{"exchange_gain", controls.exchange_gain()},
                                                  {"exchange_fresh_gain", controls.exchange_fresh_gain()},
                                                  {"exchange_fresh_seconds", controls.exchange_fresh_seconds()}};
  for (const auto& [name, value] : values) {
    if (!std::isfinite(value) || value < 0) {
      return absl::InvalidArgumentError(absl::StrCat("controls: ", name, " is ", value, ", expected a finite value >= 0"));
    }
  }
  const float smoothing = controls.exchange_smoothing();
  if (!(smoothing >= 0 && smoothing < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("controls: exchange_smoothing is ", smoothing, ", expected at least 0 and less than 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckControls(const v1::Controls& controls, int servers) {
  if (controls.servers_size() != servers) {
    return absl::InvalidArgumentError(absl::StrCat("controls are for ", controls.servers_size(),
                                                   " servers, expected one entry for each of ", servers));
  }
  bool any = false;
  for (int j = 0; j < servers; ++j) {
    const v1::ServerControl& server = controls.servers(j);
    if (!std::isfinite(server.weight()) || server.weight() < 0) {
      return absl::InvalidArgumentError(absl::StrCat("controls: weight of server ", j, " is ",
                                                     server.weight(), ", expected a finite value >= 0"));
    }
    if (!std::isfinite(server.bias())) {
      return absl::InvalidArgumentError(
          absl::StrCat("controls: bias of server ", j, " is ", server.bias(), ", expected a finite value"));
    }
    any |= server.weight() > 0;
  }
  if (!any) return absl::InvalidArgumentError("controls: every weight is 0, expected at least one above 0");
  return CheckExchange(controls);
}

void FillSedTable(const v1::Controls& controls, const std::vector<uint8_t>& available,
                  absl::Span<const double> exchanged, sed_table* table) {
  table->mode = Mode(controls.mode());
  table->servers = static_cast<sed_u32>(available.size());
  table->candidates = 0;
  double largest = 0;
  double total = 0;
  for (size_t j = 0; j < available.size(); ++j) {
    if (!available[j]) continue;
    const double weight = controls.servers(static_cast<int>(j)).weight();
    largest = std::max(largest, weight);
    total += weight;
  }
  for (size_t j = available.size() / 4 * 4; j < available.size() + 3 && j < SED_MAX_SERVERS; ++j) {
    table->step[j] = 0;
    table->start[j] = SED_START_NEVER;
  }
  double sum = 0;
  for (size_t j = 0; j < available.size(); ++j) {
    const v1::ServerControl& server = controls.servers(static_cast<int>(j));
    const bool candidate = available[j] && server.weight() > 0;
    table->step[j] = 0;
    table->start[j] = SED_START_NEVER;
    if (candidate) {
      const double bias = server.bias() + (exchanged.empty() ? 0.0 : exchanged[j]);
      const double ahead = std::clamp(1.0 + bias, -kAheadLimit, kAheadLimit);
      const double step = std::min<double>(SED_STEP_UNIT * (largest / server.weight()), SED_STEP_MAX);
      table->step[j] = static_cast<sed_u32>(step + 0.5);
      table->start[j] = SED_START_ZERO + static_cast<sed_u64>(std::llrint(table->step[j] * ahead));
      table->candidate[table->candidates++] = static_cast<sed_u8>(j);
      sum += server.weight();
    }
    table->weight_end[j] = total > 0 ? static_cast<sed_u32>(sum / total * kWeightRange) : 0;
  }
  for (sed_u32 j = table->candidates > 0 ? table->candidate[table->candidates - 1] : table->servers;
       j < table->servers; ++j) {
    table->weight_end[j] = 0xffffffffu;
  }
}

}  // namespace evenkeel
