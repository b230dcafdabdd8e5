#include "experiments/policy_search.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "algorithms/es/cma_es.h"
#include "algorithms/es/es.h"
#include "common/durable_file.h"
#include "common/named_thread.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "experiments/outcome_cost.h"
#include "experiments/play_traces.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

// Traces of a search are numbered apart from those of episodes (coordinator/world_host.cc: bit 63 set).
constexpr uint64_t kLargestSeed = uint64_t{1} << 62;

// One candidate on one scenario.
struct Match {
  size_t candidate;
  size_t scenario;
  uint64_t trace_seed;
};

class Search {
 public:
  explicit Search(const PolicySearchOptions& options)
      : options_(options), experiment_(*options.experiment), es_(experiment_.algorithm().es()) {}

  absl::Status Run();

 private:
  std::string File(const char* name) const { return absl::StrCat(options_.run_folder, "/", name); }
  absl::Status Begin();
  absl::Status Generation();
  std::vector<Match> Matches(uint64_t generation, size_t candidates) const;
  absl::StatusOr<double> Play(const Match& match, const std::vector<double>& point) const;
  absl::StatusOr<std::vector<double>> PlayAll(const std::vector<Match>& matches,
                                              const std::vector<std::vector<double>>& candidates) const;
  absl::Status Record(absl::Span<const double> costs);

  const PolicySearchOptions& options_;
  const v1::Experiment& experiment_;
  const v1::Es& es_;
  std::vector<v1::Experiment> scenarios_;
  std::optional<CmaEs> cma_;
};

absl::Status Search::Begin() {
  for (const v1::Experiment& scenario : options_.scenarios) {
    scenarios_.push_back(scenario);
    *scenarios_.back().mutable_agent() = experiment_.agent();
    *scenarios_.back().mutable_algorithm() = experiment_.algorithm();
  }
  if (scenarios_.empty()) return absl::InvalidArgumentError("a search needs at least one scenario");
  EK_ASSIGN_OR_RETURN(const std::vector<double> initial, InitialEsParameters(experiment_));
  cma_.emplace(initial, es_.initial_step(), static_cast<int>(es_.population()), experiment_.seed());
  if (!options_.resume) return absl::OkStatus();
  const absl::StatusOr<std::string> state = ReadFile(File("search.state"));
  if (absl::IsNotFound(state.status())) return absl::OkStatus();
  EK_RETURN_IF_ERROR(state.status());
  const absl::Status restored = cma_->Restore(*state);
  if (!restored.ok()) return absl::Status(restored.code(), absl::StrCat(File("search.state"), ": ", restored.message()));
  return absl::OkStatus();
}

std::vector<Match> Search::Matches(uint64_t generation, size_t candidates) const {
  Rng rng(experiment_.seed(), {kSearchStream, generation, uint64_t{1} << 32});
  const size_t count = es_.scenarios() > 0 ? std::min<size_t>(es_.scenarios(), scenarios_.size()) : scenarios_.size();
  std::vector<size_t> drawn;
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = i * scenarios_.size() / count, end = (i + 1) * scenarios_.size() / count;
    drawn.push_back(begin + rng.Below(end - begin));
  }
  std::vector<Match> matches;
  for (size_t scenario : drawn) {
    const uint64_t trace_seed = rng.Below(kLargestSeed);
    for (size_t candidate = 0; candidate < candidates; ++candidate) matches.push_back({candidate, scenario, trace_seed});
  }
  return matches;
}

absl::StatusOr<double> Search::Play(const Match& match, const std::vector<double>& point) const {
  const v1::Experiment& scenario = scenarios_[match.scenario];
  TracePlan plan;
  plan.first_seed = match.trace_seed;
  plan.seconds = scenario.training().episode_seconds();
  plan.warmup_seconds = std::min(scenario.evaluation().warmup_seconds(), plan.seconds / 4);
  const Entrant entrant{"candidate", "es", MakeEsPolicyParameters(experiment_, point, 0)};
  const auto go_on = [this](double) { return !options_.go_on || options_.go_on(); };
  EK_ASSIGN_OR_RETURN(const std::vector<TraceOutcome> outcomes, PlayTraces(scenario, entrant, plan, go_on));
  return MeanLogCost(outcomes);
}

// Costs per candidate. Which thread plays what does not matter to any figure.
absl::StatusOr<std::vector<double>> Search::PlayAll(const std::vector<Match>& matches,
                                                    const std::vector<std::vector<double>>& candidates) const {
  std::vector<absl::StatusOr<double>> played(matches.size(), 0.0);
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  const auto work = [&] {
    for (size_t i; !failed && (i = next++) < matches.size();) {
      played[i] = Play(matches[i], candidates[matches[i].candidate]);
      if (!played[i].ok()) failed = true;
    }
  };
  {
    std::vector<NamedThread> threads;
    for (uint32_t i = 1; i < es_.threads(); ++i) threads.emplace_back(absl::StrCat("search-", i), work);
    work();
  }
  std::vector<double> costs(candidates.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    EK_RETURN_IF_ERROR(played[i].status());
    costs[matches[i].candidate] += *played[i] * candidates.size() / matches.size();
  }
  return costs;
}

absl::Status Search::Record(absl::Span<const double> costs) {
  SearchProgress progress;
  progress.generation = cma_->generation();
  progress.best_cost = *std::min_element(costs.begin(), costs.end());
  for (double cost : costs) progress.mean_cost += cost / costs.size();
  progress.step = cma_->step();
  const nlohmann::json line = {{"generation", progress.generation},
                               {"best_cost", progress.best_cost},
                               {"mean_cost", progress.mean_cost},
                               {"step", progress.step}};
  std::ofstream log(File("search.jsonl"), std::ios::app);
  log << line.dump() << "\n" << std::flush;
  if (!log) return absl::ResourceExhaustedError(absl::StrCat("cannot write ", File("search.jsonl"), "; is the disk full?"));
  if (options_.progress) options_.progress(progress);
  return absl::OkStatus();
}

absl::Status Search::Generation() {
  const std::vector<std::vector<double>> candidates = cma_->Candidates();
  EK_ASSIGN_OR_RETURN(const std::vector<double> costs,
                      PlayAll(Matches(cma_->generation(), candidates.size()), candidates));
  cma_->Update(costs);
  EK_RETURN_IF_ERROR(WriteFileDurably(File("search.state"), cma_->Save()));
  return Record(costs);
}

absl::Status Search::Run() {
  EK_RETURN_IF_ERROR(Begin());
  while (cma_->generation() < es_.generations()) {
    if (options_.go_on && !options_.go_on()) return absl::CancelledError("stopped");
    EK_RETURN_IF_ERROR(Generation());
  }
  return WritePolicyFile(PolicyFilePath(options_.run_folder, es_.generations()),
                         MakeEsPolicyParameters(experiment_, cma_->average(), es_.generations()));
}

}  // namespace

absl::Status SearchPolicy(const PolicySearchOptions& options) { return Search(options).Run(); }

}  // namespace evenkeel
