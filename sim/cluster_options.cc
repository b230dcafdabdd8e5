#include "sim/cluster_options.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace evenkeel::sim {
namespace {

constexpr int kMaxServers = 65535;
constexpr int kMaxSlots = 1 << 20;

absl::Status Wrong(const std::string& field, const std::string& expected, double found) {
  return absl::InvalidArgumentError(absl::StrCat(field, " must be ", expected, ", found ", found));
}

bool Positive(double value) { return std::isfinite(value) && value > 0; }
bool Within(double value, double low, double high) { return value >= low && value <= high; }
bool NonNegative(double value) { return std::isfinite(value) && value >= 0; }

absl::Status ValidateServer(const ServerOptions& server, size_t index) {
  const std::string name = absl::StrCat("topology.servers (server ", index, ")");
  if (!Within(server.workers, 1, kMaxSlots)) return Wrong(name + ".workers", "1..1048576", server.workers);
  if (!Within(server.backlog, 0, kMaxSlots)) return Wrong(name + ".backlog", "0..1048576", server.backlog);
  if (!Within(server.vcpus, 1, kMaxSlots)) return Wrong(name + ".vcpus", "1..1048576", server.vcpus);
  if (!Positive(server.speed)) return Wrong(name + ".speed", "a positive number", server.speed);
  if (!Within(server.hyper_thread_gain, 0, 1)) {
    return Wrong(name + ".hyper_thread_gain", "in 0..1", server.hyper_thread_gain);
  }
  for (size_t i = 0; i < server.speed_table.size(); ++i) {
    if (!Positive(server.speed_table[i])) {
      return Wrong(absl::StrCat(name, ".speed_table[", i, "]"), "a positive number", server.speed_table[i]);
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateEvent(const ServerEvent& event, size_t index, size_t servers) {
  const std::string name = absl::StrCat("topology.events[", index, "]");
  if (!Within(event.server, 0, static_cast<double>(servers) - 1)) {
    return Wrong(name + ".server", absl::StrCat("a server's index, 0..", servers - 1), event.server);
  }
  if (!NonNegative(event.at_s)) return Wrong(name + ".at_seconds", "a number >= 0", event.at_s);
  if (!Positive(event.factor)) {
    return Wrong(name + ".factor", "a positive number (a small one for a server that hangs)", event.factor);
  }
  if (!Within(event.share, 0, 1)) return Wrong(name + ".share", "in 0..1", event.share);
  if (!Positive(event.period_s)) return Wrong(name + ".period_seconds", "a positive number", event.period_s);
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const ClusterOptions& options) {
  if (options.servers.empty() || options.servers.size() > kMaxServers) {
    return Wrong("topology.servers", "1..65535 servers", static_cast<double>(options.servers.size()));
  }
  for (size_t i = 0; i < options.servers.size(); ++i)
    EK_RETURN_IF_ERROR(ValidateServer(options.servers[i], i));
  for (size_t i = 0; i < options.events.size(); ++i) {
    EK_RETURN_IF_ERROR(ValidateEvent(options.events[i], i, options.servers.size()));
  }
  if (!NonNegative(options.round_trip_s)) {
    return Wrong("topology.round_trip_seconds", "a number >= 0", options.round_trip_s);
  }
  if (!NonNegative(options.fin_lag_s))
    return Wrong("topology.fin_lag_seconds", "a number >= 0", options.fin_lag_s);
  return absl::OkStatus();
}

std::vector<double> Throughput(const ServerOptions& options) {
  std::vector<double> throughput(options.workers + 1, 0.0);
  const int real = (options.vcpus + 1) / 2;
  const auto& table = options.speed_table;
  for (int busy = 1; busy <= options.workers; ++busy) {
    double vcpus;
    if (!table.empty()) {
      vcpus = table[std::min<size_t>(busy, table.size()) - 1];
    } else {
      const int used = std::min(busy, options.vcpus);
      vcpus = std::min(used, real) + options.hyper_thread_gain * std::max(0, used - real);
    }
    throughput[busy] = vcpus * options.speed;
  }
  return throughput;
}

}  // namespace evenkeel::sim
