#include "experiments/evaluate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "algorithms/registry.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "experiments/static_exponent.h"

namespace evenkeel {
namespace {

constexpr char kBaseline[] = "sed";
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// ---- from flows to figures ----

double MeanOf(const std::vector<float>& durations_s) {
  double sum = 0;
  for (float duration : durations_s) sum += duration;
  return durations_s.empty() ? kNaN : sum / durations_s.size();
}

template <typename Row>
void SetPercentiles(std::vector<float>* durations_s, Row* row) {
  row->jct_p50_s = Quantile(absl::MakeSpan(*durations_s), 0.5);
  row->jct_p90_s = Quantile(absl::MakeSpan(*durations_s), 0.9);
  row->jct_p99_s = Quantile(absl::MakeSpan(*durations_s), 0.99);
}

void Append(const std::vector<float>& from, std::vector<float>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

TraceRow MakeTraceRow(uint64_t seed, const TraceOutcome& outcome) {
  TraceRow row;
  row.seed = seed;
  std::vector<float> durations_s;
  for (const TraceOutcome::Class& flows : outcome.classes) {
    Append(flows.durations_s, &durations_s);
    row.flows_rejected += flows.rejected;
  }
  row.flows_finished = durations_s.size();
  row.jct_mean_s = MeanOf(durations_s);
  SetPercentiles(&durations_s, &row);
  row.fairness = ProductFairness(outcome.server_duration_mean_s);
  row.jain = JainIndex(outcome.server_duration_mean_s);
  const auto& busy = outcome.server_busy_share;
  const auto [least, most] = std::minmax_element(busy.begin(), busy.end());
  row.utilisation_spread = busy.empty() ? kNaN : *most - *least;
  return row;
}

ClassRow MakeClassRow(size_t index, const std::vector<TraceOutcome>& outcomes) {
  ClassRow row;
  row.name = outcomes[0].classes[index].name;
  std::vector<double> means;
  std::vector<float> durations_s;
  for (const TraceOutcome& outcome : outcomes) {
    const TraceOutcome::Class& flows = outcome.classes[index];
    means.push_back(MeanOf(flows.durations_s));
    Append(flows.durations_s, &durations_s);
    row.flows_rejected += flows.rejected;
  }
  row.jct_mean_s = MeanEstimate(means);
  row.flows_finished = durations_s.size();
  SetPercentiles(&durations_s, &row);
  return row;
}

// The values of one field over the traces.
std::vector<double> Column(const EvaluationRow& row, double TraceRow::*field) {
  std::vector<double> values;
  for (const TraceRow& trace : row.traces) values.push_back(trace.*field);
  return values;
}

// All of the row that does not need the baseline.
void Fill(uint64_t first_seed, const std::vector<TraceOutcome>& outcomes, EvaluationRow* row) {
  std::vector<float> durations_s;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    row->traces.push_back(MakeTraceRow(first_seed + i, outcomes[i]));
    row->flows_finished += row->traces.back().flows_finished;
    row->flows_rejected += row->traces.back().flows_rejected;
    for (const TraceOutcome::Class& flows : outcomes[i].classes) Append(flows.durations_s, &durations_s);
  }
  SetPercentiles(&durations_s, row);
  row->jct_mean_s = MeanEstimate(Column(*row, &TraceRow::jct_mean_s));
  row->fairness = Mean(Column(*row, &TraceRow::fairness));
  row->jain = Mean(Column(*row, &TraceRow::jain));
  row->utilisation_spread = Mean(Column(*row, &TraceRow::utilisation_spread));
  for (size_t c = 0; c < outcomes[0].classes.size(); ++c) row->classes.push_back(MakeClassRow(c, outcomes));
}

// The rows of the training seeds of one policy as one. REQUIRES: not empty, same traces.
EvaluationRow MergeTrainingSeeds(const std::vector<EvaluationRow>& seeds, uint64_t first_seed) {
  if (seeds.size() == 1) return seeds[0];
  const double share = 1.0 / seeds.size();
  EvaluationRow merged = seeds[0];
  merged.training_seeds = static_cast<int>(seeds.size());
  const auto average = [&](auto rows_of, auto field) {
    double sum = 0;
    for (const EvaluationRow& row : seeds) sum += share * (rows_of(row).*field);
    return sum;
  };
  const auto total = [&](auto rows_of, auto field) {
    uint64_t sum = 0;
    for (const EvaluationRow& row : seeds) sum += rows_of(row).*field;
    return sum;
  };
  const auto merge_flows = [&](auto rows_of, auto* into) {
    using Row = std::decay_t<decltype(*into)>;
    for (auto field : {&Row::jct_p50_s, &Row::jct_p90_s, &Row::jct_p99_s})
      into->*field = average(rows_of, field);
    for (auto field : {&Row::flows_finished, &Row::flows_rejected}) into->*field = total(rows_of, field);
  };
  const auto merge_servers = [&](auto rows_of, auto* into) {
    using Row = std::decay_t<decltype(*into)>;
    for (auto field : {&Row::fairness, &Row::jain, &Row::utilisation_spread})
      into->*field = average(rows_of, field);
  };
  const auto whole = [](const EvaluationRow& row) -> const EvaluationRow& { return row; };
  merge_flows(whole, &merged);
  merge_servers(whole, &merged);
  for (size_t c = 0; c < merged.classes.size(); ++c) {
    merge_flows([c](const EvaluationRow& row) -> const ClassRow& { return row.classes[c]; },
                &merged.classes[c]);
    double mean_s = 0;
    for (const EvaluationRow& row : seeds) mean_s += share * row.classes[c].jct_mean_s.value;
    merged.classes[c].jct_mean_s = {mean_s, kNaN, kNaN};
  }
  for (size_t i = 0; i < merged.traces.size(); ++i) {
    const auto trace = [i](const EvaluationRow& row) -> const TraceRow& { return row.traces[i]; };
    merge_flows(trace, &merged.traces[i]);
    merge_servers(trace, &merged.traces[i]);
    merged.traces[i].jct_mean_s = average(trace, &TraceRow::jct_mean_s);
  }
  for (const EvaluationRow& row : seeds)
    merged.trained_jct_mean_s.push_back(Column(row, &TraceRow::jct_mean_s));
  merged.jct_mean_s = CrossedMean(merged.trained_jct_mean_s, first_seed);
  return merged;
}

// Rows of one label are one policy's; it stands where the first of them stood.
std::vector<EvaluationRow> Group(const std::vector<EvaluationRow>& rows, uint64_t first_seed) {
  std::vector<std::vector<EvaluationRow>> groups;
  for (const EvaluationRow& row : rows) {
    const auto same = [&row](const std::vector<EvaluationRow>& group) { return group[0].label == row.label; };
    const auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) {
      groups.push_back({row});
    } else {
      group->push_back(row);
    }
  }
  std::vector<EvaluationRow> merged;
  for (const std::vector<EvaluationRow>& group : groups)
    merged.push_back(MergeTrainingSeeds(group, first_seed));
  return merged;
}

const EvaluationRow* FindBaseline(const std::vector<EvaluationRow>& rows) {
  for (const EvaluationRow& row : rows) {
    if (row.algorithm == kBaseline) return &row;
  }
  return nullptr;
}

const EvaluationRow* FindBound(const std::vector<EvaluationRow>& rows) {
  const EvaluationRow* bound = nullptr;
  for (const EvaluationRow& row : rows) {
    if (row.kind != AlgorithmKind::kBound || std::isnan(row.jct_mean_s.value)) continue;
    if (bound == nullptr || row.jct_mean_s.value < bound->jct_mean_s.value) bound = &row;
  }
  return bound;
}

void Compare(Evaluation* evaluation) {
  const EvaluationRow* baseline = FindBaseline(evaluation->rows);
  const EvaluationRow* bound = FindBound(evaluation->rows);
  if (baseline != nullptr) evaluation->baseline = baseline->label;
  if (bound != nullptr) evaluation->bound = bound->label;
  const double least_s = bound == nullptr ? kNaN : bound->jct_mean_s.value;
  const double gap_s = baseline == nullptr ? kNaN : baseline->jct_mean_s.value - least_s;
  for (EvaluationRow& row : evaluation->rows) {
    row.versus_baseline_percent = {kNaN, kNaN, kNaN};
    if (baseline != nullptr)
      row.versus_baseline_percent = VersusPercent(row, *baseline, evaluation->first_seed);
    row.over_bound_percent = 100 * (row.jct_mean_s.value / least_s - 1);
    row.gap_closed_percent =
        gap_s > 0 ? 100 * (baseline->jct_mean_s.value - row.jct_mean_s.value) / gap_s : kNaN;
  }
}

// ---- playing ----

TracePlan HeldOutPlan(const v1::Experiment& experiment) {
  TracePlan plan;
  plan.first_seed = experiment.evaluation().first_seed();
  plan.seeds = experiment.evaluation().seeds();
  plan.held_out = true;
  plan.seconds = experiment.evaluation().seconds();
  plan.warmup_seconds = experiment.evaluation().warmup_seconds();
  return plan;
}

absl::StatusOr<EvaluationRow> PlayEntrant(const v1::Experiment& experiment, const Entrant& entrant,
                                          const std::function<bool(double)>& go_on) {
  EK_ASSIGN_OR_RETURN(const AlgorithmInfo* info, FindAlgorithm(entrant.algorithm));
  EvaluationRow row;
  row.label = entrant.label;
  row.algorithm = entrant.algorithm;
  row.kind = info->kind;
  row.training_seeds = info->kind == AlgorithmKind::kLearned ? 1 : 0;
  if (info->one_lb && experiment.topology().lbs() > 1) row.note = "one LB that sees all traffic";
  v1::Experiment own = experiment;
  if (entrant.algorithm == "sed_static") {
    EK_ASSIGN_OR_RETURN(const double exponent,
                        ChooseStaticExponent(experiment, [&go_on] { return go_on(0); }));
    const bool searched = !experiment.algorithm().sed_static().has_exponent();
    row.note = absl::StrCat(
        "weights = nominal^", exponent,
        searched ? absl::StrCat(", the best on ", kStaticExponentSeeds, " training traces") : "");
    own.mutable_algorithm()->mutable_sed_static()->set_exponent(exponent);
  }
  const TracePlan plan = HeldOutPlan(experiment);
  EK_ASSIGN_OR_RETURN(const std::vector<TraceOutcome> outcomes, PlayTraces(own, entrant, plan, go_on));
  Fill(plan.first_seed, outcomes, &row);
  return row;
}

// Hands out entrants to worker threads and gathers their rows. Thread-safe.
class Pool {
 public:
  explicit Pool(const EvaluationRequest& request)
      : request_(request),
        shares_(request.entrants.size()),
        statuses_(request.entrants.size()),
        rows_(request.entrants.size()) {}

  // Plays entrants until none is left or one failed.
  void Work() {
    for (size_t index = 0; Next(&index);) {
      absl::StatusOr<EvaluationRow> row =
          PlayEntrant(*request_.experiment, request_.entrants[index],
                      [this, index](double share_done) { return Report(index, share_done); });
      absl::MutexLock lock(&mutex_);
      statuses_[index] = row.status();
      if (row.ok()) rows_[index] = *std::move(row);
      if (!statuses_[index].ok()) failed_ = true;
      ++done_;
    }
  }

  // Blocks until all entrants that were begun are done, calling the progress function on this thread.
  void Await() {
    constexpr absl::Duration kBetweenReports = absl::Milliseconds(250);
    for (bool finished = false; !finished;) {
      double share = 0;
      {
        absl::MutexLock lock(&mutex_);
        finished = mutex_.AwaitWithTimeout(absl::Condition(this, &Pool::Finished), kBetweenReports);
        for (double entrant_share : shares_) share += entrant_share / shares_.size();
      }
      if (request_.progress && !finished) request_.progress(share);
    }
  }

  // The rows, or the first error in the order of the entrants that is more than a consequence of another.
  absl::StatusOr<std::vector<EvaluationRow>> TakeRows() {
    absl::MutexLock lock(&mutex_);
    absl::Status first;
    for (const absl::Status& status : statuses_) {
      if (first.ok() || absl::IsCancelled(first)) first = status.ok() ? first : status;
    }
    if (!first.ok()) return first;
    return std::move(rows_);
  }

 private:
  bool Next(size_t* index) {
    absl::MutexLock lock(&mutex_);
    if (failed_ || next_ == request_.entrants.size()) return false;
    *index = next_++;
    return true;
  }

  bool Report(size_t index, double share_done) {
    absl::MutexLock lock(&mutex_);
    shares_[index] = share_done;
    return !failed_;
  }

  bool Finished() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return done_ == next_ && (failed_ || next_ == request_.entrants.size());
  }

  const EvaluationRequest& request_;
  absl::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<double> shares_ ABSL_GUARDED_BY(mutex_);  // done, per entrant
  std::vector<absl::Status> statuses_ ABSL_GUARDED_BY(mutex_);
  std::vector<EvaluationRow> rows_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Check(const EvaluationRequest& request) {
  if (request.experiment == nullptr || request.entrants.empty()) {
    return absl::InvalidArgumentError("an evaluation needs an experiment and at least one policy");
  }
  if (request.threads < 1) return absl::InvalidArgumentError("an evaluation needs at least one thread");
  std::map<std::string, const Entrant*> labels;
  for (const Entrant& entrant : request.entrants) {
    const auto [first, added] = labels.emplace(entrant.label, &entrant);
    const bool training_seeds = entrant.parameters.has_value() && first->second->parameters.has_value() &&
                                entrant.algorithm == first->second->algorithm;
    if (added || training_seeds) continue;
    return absl::InvalidArgumentError(absl::StrCat("policy \"", entrant.label, "\" is there twice"));
  }
  return absl::OkStatus();
}

}  // namespace

const EvaluationRow* FindRow(const Evaluation& evaluation, const std::string& label) {
  for (const EvaluationRow& row : evaluation.rows) {
    if (row.label == label) return &row;
  }
  return nullptr;
}

Estimate VersusPercent(const EvaluationRow& row, const EvaluationRow& baseline, uint64_t seed) {
  const std::vector<double> baseline_s = Column(baseline, &TraceRow::jct_mean_s);
  if (row.trained_jct_mean_s.empty())
    return PairedDifferencePercent(Column(row, &TraceRow::jct_mean_s), baseline_s, seed);
  return CrossedDifferencePercent(row.trained_jct_mean_s, baseline_s, seed);
}

absl::StatusOr<std::vector<Entrant>> DefaultEntrants(const v1::Experiment& experiment) {
  std::vector<Entrant> entrants;
  for (const std::string& name : experiment.evaluation().policies()) {
    EK_ASSIGN_OR_RETURN(const AlgorithmInfo* info, FindAlgorithm(name));
    if (info->kind == AlgorithmKind::kLearned) {
      return absl::InvalidArgumentError(absl::StrCat("evaluation.policies names \"", name,
                                                     "\", which must be trained first: leave it out"));
    }
    entrants.push_back({name, name, {}});
  }
  if (!entrants.empty()) return entrants;
  for (const AlgorithmInfo& info : Algorithms()) {
    if (info.kind != AlgorithmKind::kLearned) entrants.push_back({info.name, info.name, {}});
  }
  return entrants;
}

absl::StatusOr<Evaluation> Evaluate(const EvaluationRequest& request) {
  EK_RETURN_IF_ERROR(Check(request));
  Pool pool(request);
  {
    std::vector<NamedThread> workers;
    const int threads = std::min<int>(request.threads, request.entrants.size());
    for (int i = 0; i < threads; ++i) workers.emplace_back("evaluate", [&pool] { pool.Work(); });
    pool.Await();
  }
  Evaluation evaluation;
  const TracePlan plan = HeldOutPlan(*request.experiment);
  EK_ASSIGN_OR_RETURN(const std::vector<EvaluationRow> rows, pool.TakeRows());
  evaluation.rows = Group(rows, plan.first_seed);
  if (request.progress) request.progress(1);
  evaluation.experiment = request.experiment->name();
  evaluation.first_seed = plan.first_seed;
  evaluation.seeds = plan.seeds;
  evaluation.seconds = plan.seconds;
  evaluation.warmup_seconds = plan.warmup_seconds;
  Compare(&evaluation);
  return evaluation;
}

}  // namespace evenkeel
