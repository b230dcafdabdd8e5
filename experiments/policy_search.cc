#include "experiments/policy_search.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "algorithms/es/cma_es.h"
#include "algorithms/es/es.h"
#include "algorithms/es/es_knots.h"
#include "common/crc32c.h"
#include "common/durable_file.h"
#include "common/named_thread.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "experiments/outcome_cost.h"
#include "experiments/play_traces.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

constexpr uint64_t kBlockSeeds = uint64_t{1} << 33;  // apart from every generation (rng.h: kSearchStream)

// Traces of a search are numbered apart from those of episodes (coordinator/world_host.cc: bit 63 set).
constexpr uint64_t kLargestSeed = uint64_t{1} << 62;

// One candidate of one block of the parameters on one scenario.
struct Match {
  int block;
  size_t candidate;
  size_t scenario;
  uint64_t trace_seed;
};

// Of one generation [blocks, population]; empty for a block that does not play.
using Costs = std::vector<std::vector<double>>;

uint32_t Servers(const v1::Experiment& experiment) {
  uint32_t servers = 0;
  for (const v1::ServerGroup& group : experiment.topology().servers()) servers += group.count();
  return servers;
}

// The block of each scenario.
absl::StatusOr<std::vector<int>> BlocksOf(const EsKnots& knots, const std::vector<v1::Experiment>& scenarios) {
  std::vector<int> blocks;
  std::vector<bool> served(knots.blocks());
  for (const v1::Experiment& scenario : scenarios) {
    const uint32_t lbs = scenario.topology().lbs(), servers = Servers(scenario);
    const std::optional<int> block = knots.BlockOf(lbs, servers);
    if (!block.has_value()) {
      return absl::InvalidArgumentError(absl::StrCat("a scenario of training.suite has ", lbs, " LBs before ", servers,
                                                     " servers, which is no pair of algorithm.es.lbs_knots and server_knots"));
    }
    blocks.push_back(*block);
    served[*block] = true;
  }
  for (int block = 0; block < knots.blocks(); ++block) {
    if (served[block]) continue;
    return absl::InvalidArgumentError(absl::StrCat("algorithm.es.lbs_knots and server_knots have ", knots.lbs(block),
                                                   " LBs before ", knots.servers(block),
                                                   " servers, and no scenario of training.suite does"));
  }
  return blocks;
}

class Search {
 public:
  explicit Search(const PolicySearchOptions& options)
      : options_(options), experiment_(*options.experiment), es_(experiment_.algorithm().es()) {}

  absl::Status Run();

 private:
  std::string File(const char* name) const { return absl::StrCat(options_.run_folder, "/", name); }
  absl::Status Begin();
  std::string Save() const;
  absl::Status Restore(absl::string_view state);
  absl::Status Generation();
  std::vector<Match> Matches() const;
  absl::StatusOr<double> Play(const Match& match, const std::vector<double>& point) const;
  absl::StatusOr<Costs> PlayAll(const std::vector<Match>& matches) const;
  absl::Status Record(const Costs& costs);

  const PolicySearchOptions& options_;
  const v1::Experiment& experiment_;
  const v1::Es& es_;
  std::vector<v1::Experiment> scenarios_;
  std::vector<int> block_of_;    // [scenarios]
  std::deque<CmaEs> searches_;   // [blocks]
  uint64_t generation_ = 0;      // generations done
};

absl::Status Search::Begin() {
  for (const v1::Experiment& scenario : options_.scenarios) {
    scenarios_.push_back(scenario);
    *scenarios_.back().mutable_agent() = experiment_.agent();
    *scenarios_.back().mutable_algorithm() = experiment_.algorithm();
  }
  if (scenarios_.empty()) return absl::InvalidArgumentError("a search needs at least one scenario");
  EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(es_));
  EK_ASSIGN_OR_RETURN(block_of_, BlocksOf(knots, scenarios_));
  EK_ASSIGN_OR_RETURN(const std::vector<double> initial, InitialEsParameters(experiment_));
  const size_t size = initial.size() / knots.blocks();
  for (int block = 0; block < knots.blocks(); ++block) {
    const uint64_t seed = knots.empty() ? experiment_.seed() : Rng(experiment_.seed(), {kSearchStream, kBlockSeeds, uint64_t(block)}).Next();
    searches_.emplace_back(std::vector<double>(initial.begin() + block * size, initial.begin() + (block + 1) * size),
                           es_.initial_step(), static_cast<int>(es_.population()), seed);
  }
  if (!options_.resume) return absl::OkStatus();
  const absl::StatusOr<std::string> state = ReadFile(File("search.state"));
  if (absl::IsNotFound(state.status())) return absl::OkStatus();
  EK_RETURN_IF_ERROR(state.status());
  const absl::Status restored = Restore(*state);
  if (!restored.ok()) return absl::Status(restored.code(), absl::StrCat(File("search.state"), ": ", restored.message()));
  return absl::OkStatus();
}

// Of one search its state; of more a CRC-32C of the rest, the generations done, and the states, all as long.
std::string Search::Save() const {
  if (searches_.size() == 1) return searches_[0].Save();
  std::string body(reinterpret_cast<const char*>(&generation_), sizeof(generation_));
  for (const CmaEs& search : searches_) body += search.Save();
  const uint32_t checksum = Crc32c(body);
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&checksum), sizeof(checksum)), body);
}

absl::Status Search::Restore(absl::string_view state) {
  if (searches_.size() == 1) {
    EK_RETURN_IF_ERROR(searches_[0].Restore(std::string(state)));
    generation_ = searches_[0].generation();
    return absl::OkStatus();
  }
  const size_t length = searches_[0].Save().size();
  uint32_t checksum;
  if (state.size() != sizeof(checksum) + sizeof(generation_) + searches_.size() * length) {
    return absl::DataLossError(absl::StrCat("the state of the search has ", state.size(), " bytes, expected those of ",
                                            searches_.size(), " searches of ", length, " bytes each"));
  }
  std::memcpy(&checksum, state.data(), sizeof(checksum));
  state.remove_prefix(sizeof(checksum));
  if (Crc32c(state) != checksum) return absl::DataLossError("the state of the search is damaged: its checksum does not fit");
  std::memcpy(&generation_, state.data(), sizeof(generation_));
  state.remove_prefix(sizeof(generation_));
  for (CmaEs& search : searches_) {
    EK_RETURN_IF_ERROR(search.Restore(std::string(state.substr(0, length))));
    state.remove_prefix(length);
  }
  return absl::OkStatus();
}

std::vector<Match> Search::Matches() const {
  Rng rng(experiment_.seed(), {kSearchStream, generation_, uint64_t{1} << 32});
  const size_t count = es_.scenarios() > 0 ? std::min<size_t>(es_.scenarios(), scenarios_.size()) : scenarios_.size();
  std::vector<size_t> drawn;
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = i * scenarios_.size() / count, end = (i + 1) * scenarios_.size() / count;
    drawn.push_back(begin + rng.Below(end - begin));
  }
  std::vector<Match> matches;
  for (size_t scenario : drawn) {
    const uint64_t trace_seed = rng.Below(kLargestSeed);
    for (size_t candidate = 0; candidate < es_.population(); ++candidate) {
      matches.push_back({block_of_[scenario], candidate, scenario, trace_seed});
    }
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

// Which thread plays what does not matter to any figure.
absl::StatusOr<Costs> Search::PlayAll(const std::vector<Match>& matches) const {
  std::vector<double> means;  // of all blocks; those that a scenario is not of do not act in it
  std::vector<std::vector<std::vector<double>>> candidates;  // [blocks, population, parameters of a block]
  for (const CmaEs& search : searches_) {
    const std::vector<double> mean = search.mean();
    means.insert(means.end(), mean.begin(), mean.end());
    candidates.push_back(search.Candidates());
  }
  std::vector<absl::StatusOr<double>> played(matches.size(), 0.0);
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  const auto work = [&] {
    for (size_t i; !failed && (i = next++) < matches.size();) {
      const std::vector<double>& candidate = candidates[matches[i].block][matches[i].candidate];
      std::vector<double> point = means;
      std::copy(candidate.begin(), candidate.end(), point.begin() + matches[i].block * candidate.size());
      played[i] = Play(matches[i], point);
      if (!played[i].ok()) failed = true;
    }
  };
  {
    std::vector<NamedThread> threads;
    for (uint32_t i = 1; i < es_.threads(); ++i) threads.emplace_back(absl::StrCat("search-", i), work);
    work();
  }
  std::vector<size_t> matches_of(searches_.size());
  for (const Match& match : matches) ++matches_of[match.block];
  Costs costs(searches_.size());
  for (size_t i = 0; i < matches.size(); ++i) {
    EK_RETURN_IF_ERROR(played[i].status());
    const int block = matches[i].block;
    costs[block].resize(es_.population());
    costs[block][matches[i].candidate] += *played[i] * es_.population() / matches_of[block];
  }
  return costs;
}

absl::Status Search::Record(const Costs& costs) {
  SearchProgress progress;
  progress.generation = generation_;
  double playing = 0;
  for (size_t block = 0; block < costs.size(); ++block) {
    if (costs[block].empty()) continue;
    ++playing;
    progress.best_cost += *std::min_element(costs[block].begin(), costs[block].end());
    for (double cost : costs[block]) progress.mean_cost += cost / costs[block].size();
    progress.step += searches_[block].step();
  }
  for (double* mean : {&progress.best_cost, &progress.mean_cost, &progress.step}) *mean /= playing;
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
  EK_ASSIGN_OR_RETURN(const Costs costs, PlayAll(Matches()));
  for (size_t block = 0; block < costs.size(); ++block) {
    if (!costs[block].empty()) searches_[block].Update(costs[block]);
  }
  ++generation_;
  EK_RETURN_IF_ERROR(WriteFileDurably(File("search.state"), Save()));
  return Record(costs);
}

absl::Status Search::Run() {
  EK_RETURN_IF_ERROR(Begin());
  while (generation_ < es_.generations()) {
    if (options_.go_on && !options_.go_on()) return absl::CancelledError("stopped");
    EK_RETURN_IF_ERROR(Generation());
  }
  std::vector<double> point;
  for (const CmaEs& search : searches_) {
    const std::vector<double> average = search.average();
    point.insert(point.end(), average.begin(), average.end());
  }
  return WritePolicyFile(PolicyFilePath(options_.run_folder, es_.generations()),
                         MakeEsPolicyParameters(experiment_, point, es_.generations()));
}

}  // namespace

absl::Status CheckKnotScenarios(const v1::Experiment& experiment, const std::vector<v1::Experiment>& scenarios) {
  EK_ASSIGN_OR_RETURN(const EsKnots knots, EsKnots::Create(experiment.algorithm().es()));
  return knots.empty() ? absl::OkStatus() : BlocksOf(knots, scenarios).status();
}

absl::Status SearchPolicy(const PolicySearchOptions& options) { return Search(options).Run(); }

}  // namespace evenkeel
