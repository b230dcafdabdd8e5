#include "experiments/rules.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "algorithms/es/es_knots.h"
#include "algorithms/es/es_network.h"
#include "common/nearest_name.h"
#include "experiments/message_leaves.h"

namespace evenkeel {
namespace {

using google::protobuf::FieldDescriptor;

constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::min();  // ">= kTiny" means "> 0"
constexpr char kSchemaPrefix[] = "evenkeel/v";
constexpr int kSchemaVersion = 1;

struct Range {
  const char* path;
  double low;   // inclusive
  double high;  // inclusive
};

constexpr Range kRanges[] = {
    {"seed", 0, kMax},
    {"topology.lbs", 1, 1024},
    {"topology.servers.count", 1, 4096},
    {"topology.servers.vcpus", 1, 4096},
    {"topology.servers.workers", 1, 65536},
    {"topology.servers.backlog", 0, 1000000},
    {"topology.servers.speed", kTiny, 1e6},
    {"topology.servers.hyper_thread_gain", 0, 1},
    {"topology.servers.speed_table", kTiny, 1e6},
    {"topology.servers.nominal_weight", kTiny, 1e6},
    {"topology.lb_shares", 0, kMax},
    {"topology.round_trip_seconds", 0, 60},
    {"topology.fin_lag_seconds", 0, 60},
    {"topology.events.server", 0, kMax},
    {"topology.events.at_seconds", 0, kMax},
    {"topology.events.factor", kTiny, 1e6},
    {"topology.events.share", 0, 1},
    {"topology.events.period_seconds", kTiny, kMax},
    {"topology.exchange.period_seconds", 1e-3, 3600},
    {"topology.exchange.delay_seconds", 0, 60},
    {"topology.exchange.random_delay_seconds", 0, 60},
    {"topology.exchange.loss", 0, 1},
    {"workload.flash_crowd.at_seconds", 0, kMax},
    {"workload.flash_crowd.seconds", 0, kMax},
    {"workload.flash_crowd.factor", kTiny, 1e6},
    {"workload.flows_per_second", kTiny, 1e7},
    {"workload.bursts.log_std", 0, 10},
    {"workload.bursts.correlation_seconds", kTiny, kMax},
    {"workload.diurnal.amplitude", 0, 1},
    {"workload.diurnal.period_seconds", kTiny, kMax},
    {"workload.classes.share", kTiny, kMax},
    {"workload.classes.exponential.mean_seconds", kTiny, 1e6},
    {"workload.classes.lognormal.mean_seconds", kTiny, 1e6},
    {"workload.classes.lognormal.log_std", 0, 10},
    {"workload.classes.empirical.seconds", kTiny, 1e6},
    {"workload.trace.seconds_per_iteration", kTiny, 1e3},
    {"workload.trace.speedup", kTiny, 1e6},
    {"workload.trace.held_out_share", 0.01, 0.99},
    {"agent.step_interval_seconds", 1e-3, 3600},
    {"agent.action_levels", kTiny, 1e6},
    {"agent.reservoir_samples", 0, 65536},
    {"agent.reservoir_probability", kTiny, 1},
    {"agent.duration_decay_per_second", kTiny, 1},
    {"agent.bias_levels", -1e6, 1e6},
    {"agent.own_average_gain", 0, 1e3},
    {"agent.base_parameters", -1e6, 1e6},
    {"agent.exchange_gain", 0, 1e3},
    {"agent.exchange_smoothing", 0, 0.9999},
    {"reward.new_value_share", kTiny, 1},
    {"algorithm.qmix.hidden", 1, 8192},
    {"algorithm.qmix.mixer_embed", 1, 8192},
    {"algorithm.qmix.hypernet_hidden", 1, 8192},
    {"algorithm.qmix.learning_rate", kTiny, 1},
    {"algorithm.qmix.discount", 0, 1},
    {"algorithm.qmix.td_lambda", 0, 1},
    {"algorithm.qmix.target_interval_updates", 1, kMax},
    {"algorithm.qmix.max_gradient_norm", kTiny, kMax},
    {"algorithm.qmix.epsilon_start", 0, 1},
    {"algorithm.qmix.epsilon_end", 0, 1},
    {"algorithm.qmix.epsilon_episodes", 1, kMax},
    {"algorithm.sed_feedback.gain", 0, 100},
    {"algorithm.sed_feedback.leak", 0, 1},
    {"algorithm.sed_static.exponents", -10, 10},
    {"algorithm.sed_static.exponent", -10, 10},
    {"algorithm.sed_own_average.horizon_seconds", kTiny, 3600},
    {"algorithm.awcmp.smoothing", 0, 1},
    {"algorithm.arc.lbs_per_server", 1, 1024},
    {"algorithm.arc.horizon_seconds", kTiny, 3600},
    {"algorithm.sed_exchange.gain", 0, 1e3},
    {"algorithm.sed_exchange.smoothing", 0, 0.9999},
    {"algorithm.sac.hidden", 1, 8192},
    {"algorithm.sac.actor_learning_rate", kTiny, 1},
    {"algorithm.sac.critic_learning_rate", kTiny, 1},
    {"algorithm.sac.temperature_learning_rate", 0, 1},
    {"algorithm.sac.discount", 0, 1},
    {"algorithm.sac.target_rate", kTiny, 1},
    {"algorithm.sac.target_entropy_share", 0, 1},
    {"algorithm.sac.initial_temperature", kTiny, 1e6},
    {"algorithm.sac.max_gradient_norm", kTiny, kMax},
    {"algorithm.sac.burn_in_steps", 0, 1e6},
    {"algorithm.es.population", 4, 4096},
    {"algorithm.es.generations", 1, 1e6},
    {"algorithm.es.initial_step", kTiny, 100},
    {"algorithm.es.hidden", 0, 256},
    {"algorithm.es.threads", 1, 256},
    {"algorithm.es.scenarios", 0, 1e6},
    {"algorithm.es.lbs_knots", 1, 1024},
    {"algorithm.es.server_knots", 1, 1024},
    {"algorithm.es.initial_parameters", -1e6, 1e6},
    {"training.episodes", 1, 1e6},
    {"training.episode_seconds", kTiny, 1e6},
    {"training.worlds", 1, 256},
    {"training.updates_per_episode", 0, 1e6},
    {"training.batch_episodes", 1, 4096},
    {"training.warmup_episodes", 0, 1e6},
    {"training.learner_threads", 1, 256},
    {"training.agents_per_actor", 1, 1024},
    {"replay.capacity_episodes", 1, 1e7},
    {"replay.ram_tier_bytes", 0, kMax},
    {"replay.capacity_bytes", 0, kMax},
    {"replay.tables.capacity_episodes", 0, 1e7},
    {"replay.tables.priority_exponent", 0, 10},
    {"replay.tables.importance_exponent_start", 0, 1},
    {"replay.tables.importance_exponent_end", 0, 1},
    {"replay.tables.max_times_sampled", 0, kMax},
    {"replay.tables.min_episodes", 1, 1e7},
    {"replay.tables.samples_per_insert", 0, 1e6},
    {"replay.tables.samples_slack", 1, kMax},
    {"replay.tables.sequence_steps", 0, 1e6},
    {"replay.tables.sequence_overlap", 0, 1e6},
    {"barrier.deadline_seconds", 1e-3, 3600},
    {"barrier.stall_after_seconds", 0.1, 86400},
    {"barrier.join_seconds", 0.1, 86400},
    {"barrier.lease_seconds", 0.1, 86400},
    {"recovery.max_restarts", 0, 1e6},
    {"recovery.window_seconds", kTiny, 86400},
    {"recovery.backoff_seconds", 0, 3600},
    {"recovery.max_backoff_seconds", 0, 3600},
    {"checkpoint.every_episodes", 1, 1e6},
    {"checkpoint.keep_last", 1, 1e6},
    {"evaluation.first_seed", 0, kMax},
    {"evaluation.seeds", 1, 10000},
    {"evaluation.seconds", kTiny, 1e6},
    {"evaluation.warmup_seconds", 0, 1e6},
};

std::string Shown(double value) { return absl::StrCat(value); }

std::string Expected(const Range& range) {
  const std::string low = range.low == kTiny ? "> 0" : absl::StrCat(">= ", Shown(range.low));
  if (range.high == kMax) return low;
  return absl::StrCat(low, " and <= ", Shown(range.high));
}

std::vector<double> Numbers(const Leaf& leaf) {
  const auto* r = leaf.message->GetReflection();
  const auto& m = *leaf.message;
  const FieldDescriptor* f = leaf.field;
  std::vector<double> values;
  const int count = f->is_repeated() ? r->FieldSize(m, f) : 1;
  for (int i = 0; i < count; ++i) {
    switch (f->cpp_type()) {
      case FieldDescriptor::CPPTYPE_DOUBLE:
        values.push_back(f->is_repeated() ? r->GetRepeatedDouble(m, f, i) : r->GetDouble(m, f));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        values.push_back(f->is_repeated() ? r->GetRepeatedUInt32(m, f, i) : r->GetUInt32(m, f));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        values.push_back(f->is_repeated() ? r->GetRepeatedUInt64(m, f, i) : r->GetUInt64(m, f));
        break;
      default:
        return {};
    }
  }
  return values;
}

// Collects violations; each Check function is one rule or a family of them.
class Checker {
 public:
  Checker(const v1::Experiment& experiment, const std::vector<AlgorithmName>& algorithms)
      : e_(experiment), algorithms_(algorithms) {}

  std::vector<Violation> Run() {
    CheckSchema();
    CheckName();
    CheckRangesAndEnums();
    CheckServers();
    CheckShares();
    CheckEvents();
    CheckClasses();
    CheckTrace();
    CheckLevels();
    CheckBasePolicy();
    CheckAlgorithm();
    CheckReward();
    CheckTraining();
    CheckReplay();
    CheckDevice();
    CheckEvaluation();
    return std::move(violations_);
  }

 private:
  void Add(const char* code, const std::string& path, const std::string& what,
           const std::string& advice = "") {
    violations_.push_back({code, path, absl::StrCat(path, " ", what), advice});
  }

  void CheckSchema() {
    int version = 0;
    const std::string& schema = e_.schema();
    const bool ours = absl::StartsWith(schema, kSchemaPrefix) &&
                      absl::SimpleAtoi(schema.substr(sizeof(kSchemaPrefix) - 1), &version) && version >= 1;
    if (!ours) {
      Add("E0306", "schema", absl::StrCat("is \"", schema, "\", not an Evenkeel schema"),
          "write schema: \"evenkeel/v1\"");
    } else if (version > kSchemaVersion) {
      Add("E0308", "schema",
          absl::StrCat("is \"", schema, "\"; this build knows up to evenkeel/v", kSchemaVersion),
          "install a newer Evenkeel");
    }
  }

  void CheckName() {
    const auto allowed = [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.'; };
    const std::string& name = e_.name();
    if (name.empty() || name[0] == '.' || !std::all_of(name.begin(), name.end(), allowed)) {
      Add("E0306", "name", absl::StrCat("is \"", name, "\"; it names a folder"),
          "use letters, digits, '-', '_' and '.'");
    }
  }

  void CheckRangesAndEnums() {
    ForEachLeaf(e_, [this](const Leaf& leaf) {
      if (leaf.field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) CheckEnum(leaf);
      const std::string path = WithoutIndexes(leaf.path);
      for (const Range& range : kRanges) {
        if (path == range.path) CheckRange(leaf, range);
      }
    });
  }

  void CheckEnum(const Leaf& leaf) {
    const int value = leaf.message->GetReflection()->GetEnumValue(*leaf.message, leaf.field);
    const auto* type = leaf.field->enum_type();
    if (value != 0 && type->FindValueByNumber(value) != nullptr) return;
    std::vector<std::string> known;
    for (int i = 1; i < type->value_count(); ++i) known.push_back(type->value(i)->name());
    Add("E0303", leaf.path, absl::StrCat("is ", LeafText(leaf)),
        absl::StrCat("known: ", absl::StrJoin(known, ", ")));
  }

  void CheckRange(const Leaf& leaf, const Range& range) {
    for (double value : Numbers(leaf)) {
      if (value >= range.low && value <= range.high) continue;
      Add("E0306", leaf.path, absl::StrCat("is ", LeafText(leaf), "; it must be ", Expected(range)));
      return;
    }
  }

  uint64_t servers() const {
    uint64_t count = 0;
    for (const v1::ServerGroup& group : e_.topology().servers()) count += group.count();
    return count;
  }

  void CheckServers() {
    if (e_.topology().servers().empty()) {
      Add("E0305", "topology.servers", "is missing: there is no server",
          "give at least one: topology { servers { count: 4 vcpus: 2 } }");
    }
  }

  void CheckShares() {
    const auto& shares = e_.topology().lb_shares();
    if (shares.empty()) return;
    if (static_cast<uint32_t>(shares.size()) != e_.topology().lbs()) {
      Add("E0306", "topology.lb_shares",
          absl::StrCat("has ", shares.size(), " values for ", e_.topology().lbs(), " LBs"),
          "give one share per LB, or none for equal shares");
    } else if (std::accumulate(shares.begin(), shares.end(), 0.0) <= 0) {
      Add("E0306", "topology.lb_shares", "are all zero: no LB gets a flow");
    }
  }

  void CheckEvents() {
    const auto& events = e_.topology().events();
    for (int i = 0; i < events.size(); ++i) {
      const std::string path = absl::StrCat("topology.events[", i, "]");
      if (!events[i].has_kind()) Add("E0305", path + ".kind", "is missing", "for example kind: SET_SPEED");
      if (!events[i].has_server()) {
        Add("E0305", path + ".server", "is missing", "give the index of a server");
      } else if (events[i].server() >= servers()) {
        Add("E0306", path + ".server",
            absl::StrCat("is ", events[i].server(), "; there are ", servers(), " servers"),
            "indexes start at 0");
      }
    }
  }

  void CheckClasses() {
    if (!e_.workload().trace().path().empty()) return;
    const auto& classes = e_.workload().classes();
    if (classes.empty()) Add("E0305", "workload.classes", "is empty: there are no flows");
    for (int i = 0; i < classes.size(); ++i) CheckWork(absl::StrCat("workload.classes[", i, "]"), classes[i]);
  }

  void CheckWork(const std::string& path, const v1::FlowClass& flow_class) {
    switch (flow_class.work_case()) {
      case v1::FlowClass::kExponential:
        if (!flow_class.exponential().has_mean_seconds())
          Add("E0305", path + ".exponential.mean_seconds", "is missing");
        break;
      case v1::FlowClass::kLognormal:
        if (!flow_class.lognormal().has_mean_seconds())
          Add("E0305", path + ".lognormal.mean_seconds", "is missing");
        if (!flow_class.lognormal().has_log_std()) Add("E0305", path + ".lognormal.log_std", "is missing");
        break;
      case v1::FlowClass::kEmpirical:
        if (flow_class.empirical().seconds().empty()) Add("E0305", path + ".empirical.seconds", "is missing");
        break;
      case v1::FlowClass::WORK_NOT_SET:
        Add("E0305", path, "does not say how much work a flow is",
            "give exponential, lognormal or empirical");
        break;
    }
  }

  void CheckTrace() {
    if (!e_.workload().trace().has_path()) return;
    const std::string& path = e_.workload().trace().path();
    if (path.empty()) {
      Add("E0305", "workload.trace.path", "is not set", "give the trace: --set workload.trace.path=FILE");
      return;
    }
    std::error_code error;
    std::ifstream in(path, std::ios::binary);
    const bool folder = std::filesystem::is_directory(path, error);
    if (folder || !in || in.peek() == std::ifstream::traits_type::eof()) {
      const std::string cause = folder         ? "it is a folder"
                                : in.is_open() ? "it is empty"
                                               : std::strerror(errno);
      Add("E0403", "workload.trace.path", absl::StrCat("cannot be read: ", path, ": ", cause),
          "give a readable trace: --set workload.trace.path=FILE");
    }
  }

  void CheckLevels() {
    const auto& levels = e_.agent().action_levels();
    if (levels.empty()) Add("E0305", "agent.action_levels", "is empty: an agent could set nothing");
    if (std::adjacent_find(levels.begin(), levels.end(), std::greater_equal<double>()) != levels.end()) {
      Add("E0306", "agent.action_levels", "must rise from each value to the next");
    }
  }

  void CheckBasePolicy() {
    const bool wanted = e_.agent().base_weight() == v1::Agent::POLICY;
    const int size = e_.agent().base_parameters_size();
    if (wanted && size == 0) {
      Add("E0305", "agent.base_parameters", "is empty, but agent.base_weight is POLICY",
          "name the policy to start from: --set agent.base_policy=FILE");
    } else if (wanted && !EsNetwork::HiddenOf(size).has_value()) {
      Add("E0305", "agent.base_parameters", absl::StrCat("has ", size, " numbers, which no policy of es has"),
          "let a file give them: --set agent.base_policy=FILE");
    } else if (!wanted && size > 0) {
      Add("E0305", "agent.base_parameters", "is set, but agent.base_weight is not POLICY: nothing would read it",
          "add --set agent.base_weight=POLICY, or leave agent.base_policy empty");
    }
  }

  const AlgorithmName* Find(const std::string& name) const {
    for (const AlgorithmName& known : algorithms_) {
      if (known.name == name) return &known;
    }
    return nullptr;
  }

  void CheckKnown(const std::string& path, const std::string& name) {
    if (Find(name) != nullptr) return;
    std::vector<std::string> names;
    for (const AlgorithmName& known : algorithms_) names.push_back(known.name);
    const std::string nearest = NearestName(name, names);
    const std::string guess = nearest.empty() ? "" : absl::StrCat("did you mean \"", nearest, "\"? ");
    Add("E0307", path, absl::StrCat("names an unknown algorithm \"", name, "\""),
        absl::StrCat(guess, "known: ", absl::StrJoin(names, ", ")));
  }

  void CheckAlgorithm() {
    CheckKnown("algorithm.name", e_.algorithm().name());
    const v1::Qmix& qmix = e_.algorithm().qmix();
    if (qmix.epsilon_end() > qmix.epsilon_start()) {
      Add("E0306", "algorithm.qmix.epsilon_end",
          "is above algorithm.qmix.epsilon_start; exploration must not grow");
    }
    const v1::SedStatic& sed_static = e_.algorithm().sed_static();
    if (!sed_static.has_exponent() && sed_static.exponents().empty()) {
      Add("E0305", "algorithm.sed_static.exponents", "is empty and algorithm.sed_static.exponent is not set");
    }
    CheckEs(e_.algorithm().es());
  }

  void CheckEs(const v1::Es& es) {
    const absl::StatusOr<EsKnots> knots = EsKnots::Create(es);
    if (!knots.ok()) {
      const std::pair<std::string, std::string> setting = absl::StrSplit(knots.status().message(), absl::MaxSplits(' ', 1));
      Add("E0306", setting.first, setting.second);
      return;
    }
    const int given = es.initial_parameters_size();
    if (given == 0 || es.hidden() > EsNetwork::kMostHidden) return;
    const int expected = knots->Parameters(static_cast<int>(es.hidden()));
    if (given == expected) return;
    Add("E0305", "algorithm.es.initial_parameters",
        absl::StrCat("has ", given, " numbers, and algorithm.es.hidden and the knots make it ", expected),
        "let a file give them: --set algorithm.es.initial_policy=FILE");
  }

  // Without samples a fairness of them is 1 whatever happens. Of the learned, es alone reads no reward.
  void CheckReward() {
    const AlgorithmName* algorithm = Find(e_.algorithm().name());
    if (algorithm == nullptr || !algorithm->learned || algorithm->name == "es") return;
    if (e_.agent().reservoir_samples() > 0 || e_.reward().kind() >= v1::Reward::PRODUCT_NORMALISED) return;
    Add("E0306", "agent.reservoir_samples",
        absl::StrCat("is 0, and reward.kind ", v1::Reward::Kind_Name(e_.reward().kind()),
                     " is made of these samples"),
        "keep some, or choose PRODUCT_NORMALISED, NEGATIVE_MEAN_DURATION, NEGATIVE_OPEN_FLOWS, SED_TWIN or NEGATIVE_REGRET");
  }

  void CheckTraining() {
    const v1::Training& training = e_.training();
    if (training.episode_seconds() < e_.agent().step_interval_seconds()) {
      Add("E0306", "training.episode_seconds", "is shorter than one step (agent.step_interval_seconds)");
    }
    if (training.worlds() > training.episodes()) {
      Add("E0306", "training.worlds",
          absl::StrCat("is ", training.worlds(), ", more than training.episodes (", training.episodes(), ")"),
          "that many worlds would never play; lower it");
    }
    if (e_.topology().lbs() > 0 && training.agents_per_actor() > e_.topology().lbs()) {
      Add("E0306", "training.agents_per_actor",
          absl::StrCat("is ", training.agents_per_actor(), ", more than topology.lbs (", e_.topology().lbs(), ")"),
          "there is one agent per LB; lower it");
    }
    const AlgorithmName* algorithm = Find(e_.algorithm().name());
    if (algorithm == nullptr || !algorithm->learned) return;
    if (training.warmup_episodes() > training.episodes()) {
      Add("E0306", "training.warmup_episodes",
          absl::StrCat("is ", training.warmup_episodes(), ", more than training.episodes (",
                       training.episodes(), ")"),
          "the learner would never update; lower it");
    }
    if (training.batch_episodes() > e_.replay().capacity_episodes()) {
      Add("E0306", "training.batch_episodes", "is more than replay.capacity_episodes holds");
    }
  }

  void CheckReplay() {
    const v1::ReplayOptions& replay = e_.replay();
    std::vector<std::string> names;
    for (int i = 0; i < replay.tables_size(); ++i) {
      const v1::ReplayTable& table = replay.tables(i);
      const std::string path = absl::StrCat("replay.tables[", i, "]");
      if (table.name().empty()) Add("E0305", path + ".name", "is missing");
      if (std::find(names.begin(), names.end(), table.name()) != names.end()) {
        Add("E0306", path + ".name", absl::StrCat("is \"", table.name(), "\", as another table's is"));
      }
      names.push_back(table.name());
      if (table.sequence_steps() > 0 && table.sequence_overlap() >= table.sequence_steps()) {
        Add("E0306", path + ".sequence_overlap", "is not less than sequence_steps: no stretch would ever move on");
      }
    }
    if (std::find(names.begin(), names.end(), replay.sample_from()) == names.end()) {
      Add("E0306", "replay.sample_from", absl::StrCat("names no table: \"", replay.sample_from(), "\""),
          absl::StrCat("there are: ", absl::StrJoin(names, ", ")));
    }
  }

  void CheckDevice() {
    const std::string& device = e_.training().device();
    int index = 0;
    const bool cuda = device == "cuda" || (absl::StartsWith(device, "cuda:") && absl::SimpleAtoi(device.substr(5), &index) &&
                                           index >= 0);
    if (device == "cpu" || cuda) return;
    Add("E0306", "training.device", absl::StrCat("is \"", device, "\""), "give cpu, cuda or cuda:N");
  }

  void CheckEvaluation() {
    const v1::Evaluation& evaluation = e_.evaluation();
    if (evaluation.warmup_seconds() >= evaluation.seconds()) {
      Add("E0306", "evaluation.warmup_seconds", "leaves nothing of evaluation.seconds to measure");
    }
    const double last_training_seed = static_cast<double>(e_.training().episodes()) + e_.training().worlds();
    if (static_cast<double>(evaluation.first_seed()) <= last_training_seed) {
      Add("E0306", "evaluation.first_seed",
          absl::StrCat("is ", evaluation.first_seed(), "; training plays the traces 0 to ",
                       last_training_seed),
          "held-out traces must not be among those: leave it at 1000000");
    }
    for (const std::string& name : evaluation.policies()) {
      CheckKnown("evaluation.policies", name);
      const AlgorithmName* policy = Find(name);
      if (policy != nullptr && policy->learned) {
        Add("E0306", "evaluation.policies", absl::StrCat("names ", name, ", which is learned"),
            "the trained policy takes part anyway; name only the others");
      }
    }
  }

  const v1::Experiment& e_;
  const std::vector<AlgorithmName>& algorithms_;
  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> CheckExperiment(const v1::Experiment& experiment,
                                       const std::vector<AlgorithmName>& algorithms) {
  return Checker(experiment, algorithms).Run();
}

std::vector<std::string> RangedPaths() {
  std::vector<std::string> paths;
  for (const Range& range : kRanges) paths.push_back(range.path);
  return paths;
}

}  // namespace evenkeel
