#include "lb_shim/sim_shim.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "lb_shim/sed_control.h"
#include "lb_shim/sed_pick.h"

namespace evenkeel {
namespace {

FlowTable::Options TableOptions(const SimShim::Options& options) {
  FlowTable::Options table;
  table.servers = options.servers;
  table.capacity = options.max_open_flows;
  return table;
}

}  // namespace

SimShim::SimShim(const Options& options, const v1::Controls& controls, const Rng& dispatch_rng,
                 const Rng& reservoir_rng, const sim::Cluster* cluster)
    : options_(options),
      cluster_(cluster),
      controls_(controls),
      mode_(controls.mode()),
      available_(options.servers, 1),
      flows_(TableOptions(options)),
      observer_(options.servers, options.reservoir, reservoir_rng),
      dispatch_rng_(dispatch_rng),
      others_(options.exchange ? options.servers : 0),
      smoothed_others_(others_.size()),
      exchanged_(others_.size()),
      scores_(options.servers),
      true_counts_(options.servers) {
  if (options.measure_costs) costs_.gains_s.resize(options.servers);
  FillTable();
}

absl::Status SimShim::Observe(v1::Observation* observation) {
  observer_.Fill(cluster_->now_s(), flows_.open_flows(), available_, observation);
  if (options_.probe_workers) {
    for (int j = 0; j < options_.servers; ++j) {
      observation->add_busy_workers(static_cast<float>(cluster_->busy_workers(j)));
    }
  }
  observation->mutable_others_open_flows()->Add(others_.begin(), others_.end());
  observation->set_others_age_seconds(static_cast<float>(others_age_s_));
  return absl::OkStatus();
}

absl::Status SimShim::Apply(const v1::Controls& controls) {
  EK_RETURN_IF_ERROR(CheckControls(controls, options_.servers));
  if (!v1::DispatchMode_IsValid(controls.mode())) {
    return absl::InvalidArgumentError(absl::StrCat("controls: unknown dispatch mode ", controls.mode()));
  }
  controls_ = controls;
  mode_ = controls.mode();
  FillTable();
  return absl::OkStatus();
}

int SimShim::Pick(const sim::Flow& flow) {
  if (fresh_until_s_ >= 0 && cluster_->now_s() > fresh_until_s_) {
    fresh_until_s_ = -1;
    FillTable();
  }
  int server;
  if (mode_ == v1::LEAST_ADDED_DELAY) {
    server = PickByAddedDelay(flow.work_s);
  } else if (mode_ == v1::TRUE_COUNTS) {
    server = PickByTrueCounts();
  } else {
    server = SedPick(table_, flows_.open_flows(), dispatch_rng_.Next());
  }
  if (server < 0) return sim::kNoServer;
  if (options_.measure_costs) AddCosts(server, flow.work_s);
  observer_.Sent(server);
  return server;
}

int SimShim::PickByTrueCounts() {
  for (int j = 0; j < options_.servers; ++j) true_counts_[j] = static_cast<uint32_t>(cluster_->flows(j));
  return SedPick(table_, true_counts_.data(), dispatch_rng_.Next());
}

int SimShim::PickByAddedDelay(float work_s) {
  int best = sim::kNoServer;
  double least = 0;
  uint64_t ties = 0;
  for (sed_u32 i = 0; i < table_.candidates; ++i) {
    const int server = table_.candidate[i];
    const double added = cluster_->AddedDelay(server, work_s);
    if (ties > 0 && added > least) continue;
    ties = ties > 0 && added == least ? ties + 1 : 1;
    least = added;
    if (ties == 1 || dispatch_rng_.Below(ties) == 0) best = server;
  }
  return best;
}

double SimShim::Delay(int server, float work_s) const {
  return std::min(kRejectedFlowSeconds, cluster_->AddedDelay(server, work_s));
}

void SimShim::AddCosts(int server, float work_s) {
  const double delay_s = Delay(server, work_s);
  double least_s = delay_s;
  for (int j = 0; j < options_.servers; ++j) least_s = std::min(least_s, Delay(j, work_s));
  costs_.regret_s += delay_s - least_s;
  if (factors_.empty() || mode_ != v1::SHORTEST_EXPECTED_DELAY) return;

  // Without its factor a server has its score times the factor. The one that was chosen would not have been if the next best is
  // better than that; another one would have been if it is better than the chosen one so.
  int next = -1;
  for (sed_u32 i = 0; i < table_.candidates; ++i) {
    const int j = table_.candidate[i];
    scores_[j] = static_cast<double>(static_cast<int64_t>(sed_score(&table_, flows_.open_flows(), j) - SED_START_ZERO));
    if (j != server && (next < 0 || scores_[j] < scores_[next])) next = j;
  }
  for (sed_u32 i = 0; i < table_.candidates; ++i) {
    const int j = table_.candidate[i];
    const double without = scores_[j] * factors_[j];
    if (j != server && without < scores_[server]) {
      costs_.gains_s[j] += static_cast<float>(Delay(j, work_s) - delay_s);
    } else if (j == server && next >= 0 && without > scores_[next]) {
      costs_.gains_s[j] += static_cast<float>(Delay(next, work_s) - delay_s);
    }
  }
}

DecisionCosts SimShim::TakeCosts() {
  DecisionCosts taken = costs_;
  costs_ = {0, std::vector<float>(costs_.gains_s.size())};
  return taken;
}

void SimShim::OnOpened(double now_s, uint64_t flow_id, int server) {
  const uint32_t before = flows_.open_flows()[server];
  if (flows_.Syn(flow_id, server, now_s) != FlowTable::SynResult::kOpened) return;
  observer_.CountChanges(now_s, server, before);
}

void SimShim::Uncount(double now_s, uint64_t flow_id, int server) {
  const uint32_t before = flows_.open_flows()[server];
  if (flows_.Reset(flow_id).server >= 0) observer_.CountChanges(now_s, server, before);
}

void SimShim::OnFinished(double now_s, uint64_t flow_id, int server, double duration_s) {
  Uncount(now_s, flow_id, server);
  observer_.Finished(now_s, server, duration_s);
}

void SimShim::OnRejected(double now_s, uint64_t flow_id, int server) {
  Uncount(now_s, flow_id, server);
  observer_.Rejected(server);
}

void SimShim::ReceiveCounts(const uint32_t* others_open_flows, double age_s) {
  const float kept = controls_.exchange_smoothing();
  for (size_t j = 0; j < others_.size(); ++j) {
    others_[j] = static_cast<float>(others_open_flows[j]);
    smoothed_others_[j] = kept * smoothed_others_[j] + (1 - kept) * others_[j];
  }
  others_age_s_ = age_s;
  const double fresh_s = controls_.exchange_fresh_gain() > 0 ? controls_.exchange_fresh_seconds() - age_s : 0;
  fresh_until_s_ = fresh_s > 0 ? cluster_->now_s() + fresh_s : -1;
  FillTable();
}

void SimShim::FillTable() {
  const double gain = controls_.exchange_gain(), fresh = fresh_until_s_ >= 0 ? controls_.exchange_fresh_gain() : 0;
  for (size_t j = 0; j < exchanged_.size(); ++j) {
    exchanged_[j] = gain * smoothed_others_[j] + fresh * (others_[j] - smoothed_others_[j]);
  }
  FillSedTable(controls_, available_, exchanged_, &table_);
}

void SimShim::UpdateAvailability(const std::vector<uint8_t>& available) {
  for (int j = 0; j < options_.servers; ++j) {
    if (available[j] && !available_[j]) observer_.ForgetDurations(j);
  }
  available_ = available;
  FillTable();
}

}  // namespace evenkeel
