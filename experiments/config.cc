#include "experiments/config.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "algorithms/es/es.h"
#include "common/durable_file.h"
#include "common/nearest_name.h"
#include "common/status_macros.h"
#include "experiments/config_text.h"
#include "experiments/message_leaves.h"
#include "experiments/one_lb.h"
#include "experiments/presets.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

constexpr char kDefaultOrigin[] = "default";

// An experiment's text, and what to call it.
struct Source {
  std::string name;  // "preset paper/moderate", or the path
  std::string text;
  std::string folder;  // where its includes are looked for; "" for a preset
  std::string stem;    // default of the experiment's name
};

Problem NotFound(const std::string& experiment, const std::string& cause, const std::string& context) {
  Problem problem;
  problem.code = "E0401";
  problem.message = absl::StrCat("no experiment \"", experiment, "\": ", cause);
  problem.place = context;
  const std::string nearest = NearestName(experiment, PresetNames());
  problem.advice =
      absl::StrCat(nearest.empty() ? "" : absl::StrCat("did you mean \"", nearest, "\"? "),
                   "shipped: ", absl::StrJoin(PresetNames(), ", "), "; or give the path of a file");
  return problem;
}

std::optional<Source> FindSource(const std::string& name, const std::string& folder,
                                 const std::string& context, std::vector<Problem>* problems) {
  if (const Preset* preset = IsSuite(name) ? nullptr : FindEmbeddedConfig(name)) {
    return Source{"preset " + name, preset->text, "", std::filesystem::path(name).filename().string()};
  }
  std::filesystem::path path(name);
  if (path.is_relative() && !folder.empty()) path = std::filesystem::path(folder) / path;
  absl::StatusOr<std::string> text = ReadFile(path.string());
  if (!text.ok()) {
    const bool missing = absl::IsNotFound(text.status());
    const std::string cause = missing ? "neither shipped nor a file" : std::string(text.status().message());
    problems->push_back(NotFound(name, cause, context));
    return std::nullopt;
  }
  return Source{path.lexically_normal().string(), *std::move(text), path.parent_path().string(),
                path.stem().string()};
}

// Reads one source with all that it includes into *layer.
class Reader {
 public:
  explicit Reader(std::vector<Problem>* problems) : problems_(problems) {}

  void Read(const Source& source, const std::string& context, ConfigLayer* layer) {
    if (!reading_.insert(source.name).second) {
      Problem problem;
      problem.code = "E0309";
      problem.message = absl::StrCat(source.name, " includes itself");
      problem.place = context;
      problems_->push_back(std::move(problem));
      return;
    }
    ConfigLayer own;
    const size_t before = problems_->size();
    ParseLayer(source.name, source.text, &own, problems_);
    for (size_t i = before; i < problems_->size(); ++i) (*problems_)[i].context = context;
    ReadIncludes(source, own, layer);
    own.values.clear_include();
    layer->values.clear_name();
    OverlayLayer(own, layer);
    reading_.erase(source.name);
  }

 private:
  void ReadIncludes(const Source& source, const ConfigLayer& own, ConfigLayer* layer) {
    const auto place = own.origins.find("include");
    const std::string context =
        absl::StrCat("included from ", place == own.origins.end() ? source.name : place->second);
    for (const std::string& include : own.values.include()) {
      const std::optional<Source> included = FindSource(include, source.folder, context, problems_);
      if (included.has_value()) Read(*included, context, layer);
    }
  }

  std::vector<Problem>* problems_;
  std::set<std::string> reading_;
};

ConfigLayer EmbeddedLayer(const std::string& name) {
  ConfigLayer layer;
  std::vector<Problem> problems;
  ParseLayer(name, FindEmbeddedConfig(name)->text, &layer, &problems);
  for (auto& [path, origin] : layer.origins) origin = kDefaultOrigin;
  return layer;
}

// Completes every element of `list` from `element`.
template <typename List, typename Element>
void CompleteElements(const Element& element, List* list) {
  for (auto& item : *list) {
    Element whole = element;
    Overlay(item, &whole);
    item = std::move(whole);
  }
}

void CompleteLists(ConfigLayer* layer) {
  const v1::Experiment defaults = EmbeddedLayer("element_defaults").values;
  v1::Experiment& values = layer->values;
  CompleteElements(defaults.topology().servers(0), values.mutable_topology()->mutable_servers());
  CompleteElements(defaults.topology().events(0), values.mutable_topology()->mutable_events());
  CompleteElements(defaults.workload().classes(0), values.mutable_workload()->mutable_classes());
  CompleteElements(defaults.replay().tables(0), values.mutable_replay()->mutable_tables());
  for (v1::ServerGroup& group : *values.mutable_topology()->mutable_servers()) {
    if (!group.has_nominal_weight()) group.set_nominal_weight(group.vcpus());
  }
}

// The children of a run share its working folder, a later resumption may not.
void MakeTracePathAbsolute(v1::Trace* trace) {
  if (trace->path().empty()) return;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(trace->path(), error);
  if (!error) trace->set_path(absolute.lexically_normal().string());
}

std::string OriginOf(const ConfigLayer& layer, const std::string& path) {
  const auto exact = layer.origins.find(path);
  if (exact != layer.origins.end()) return exact->second;
  const auto below = layer.origins.lower_bound(path);
  const bool inside = below != layer.origins.end() && absl::StartsWith(below->first, path);
  return inside ? below->second : "";
}

absl::StatusOr<std::vector<float>> BaseParameters(const v1::PolicyParameters& policy) {
  if (policy.settings().es().lbs_knots_size() > 0) return absl::InvalidArgumentError("it was searched at knots");
  EK_ASSIGN_OR_RETURN(std::vector<float> parameters, EsParameters(policy));
  if (policy.agent().exchange()) return absl::InvalidArgumentError("it acts with exchange");
  return parameters;
}

absl::StatusOr<std::vector<float>> InitialParameters(const v1::Experiment& experiment, const v1::PolicyParameters& policy) {
  EK_ASSIGN_OR_RETURN(const std::vector<double> parameters, EsParametersFrom(experiment, policy));
  return std::vector<float>(parameters.begin(), parameters.end());
}

// What begins at a policy needs its parameters wherever it is trained or played, not its file: they take the place of its path.
void ReadPolicy(const std::string& file_setting, const std::string& numbers_setting, const std::string& advice,
                const std::function<absl::StatusOr<std::vector<float>>(const v1::PolicyParameters&)>& parameters_of,
                std::string* path, google::protobuf::RepeatedField<float>* numbers, ConfigLayer* layer,
                std::vector<Problem>* problems) {
  if (path->empty()) return;
  const std::string origin = OriginOf(*layer, file_setting);
  const absl::StatusOr<v1::PolicyParameters> policy = ReadPolicyFile(*path);
  const absl::StatusOr<std::vector<float>> parameters = policy.ok() ? parameters_of(*policy) : policy.status();
  if (!parameters.ok()) {
    Problem problem;
    problem.code = "E0405";
    problem.message = absl::StrCat(file_setting, ": ", policy.ok() ? absl::StrCat(*path, ": ") : "", parameters.status().message());
    problem.place = origin;
    problem.advice = advice;
    problems->push_back(std::move(problem));
    return;
  }
  numbers->Assign(parameters->begin(), parameters->end());
  layer->origins[numbers_setting] = absl::StrCat(*path, " (", origin, ")");
  path->clear();
}

void ReadPolicies(ConfigLayer* layer, std::vector<Problem>* problems) {
  v1::Agent* agent = layer->values.mutable_agent();
  if (agent->has_base_policy()) {
    ReadPolicy("agent.base_policy", "agent.base_parameters",
               "give the policy file of a run of es without exchange and knots, such as experiments/policies/es-many-lbs/seed-1.pb",
               BaseParameters, agent->mutable_base_policy(), agent->mutable_base_parameters(), layer, problems);
    if (agent->base_policy().empty()) agent->clear_base_policy();
  }
  v1::Es* es = layer->values.mutable_algorithm()->mutable_es();
  if (es->has_initial_policy()) {
    const auto initial = [layer](const v1::PolicyParameters& policy) { return InitialParameters(layer->values, policy); };
    ReadPolicy("algorithm.es.initial_policy", "algorithm.es.initial_parameters",
               "give the policy file of a run of es of the same width, with exchange as here", initial,
               es->mutable_initial_policy(), es->mutable_initial_parameters(), layer, problems);
    if (es->initial_policy().empty()) es->clear_initial_policy();
  }
}

// Gives an algorithm that plays with one LB the world that it plays in.
void FitLbs(const std::vector<AlgorithmName>& algorithms, ConfigLayer* layer) {
  const std::string& name = layer->values.algorithm().name();
  for (const AlgorithmName& algorithm : algorithms) {
    if (algorithm.name != name || !algorithm.one_lb) continue;
    UseOneLb(layer->values.mutable_topology());
    layer->origins["topology.lbs"] = absl::StrCat("algorithm ", name, ": plays with one LB");
  }
}

// Checks what the layers gave.
bool Finish(const std::vector<AlgorithmName>& algorithms, ConfigLayer* layer,
            std::vector<Problem>* problems) {
  MakeTracePathAbsolute(layer->values.mutable_workload()->mutable_trace());
  const size_t before = problems->size();
  for (const Violation& violation : CheckExperiment(layer->values, algorithms)) {
    Problem problem;
    problem.code = violation.code;
    problem.message = violation.message;
    problem.place = OriginOf(*layer, violation.path);
    problem.advice = violation.advice;
    problems->push_back(std::move(problem));
  }
  return problems->size() == before;
}

}  // namespace

std::optional<ConfigLayer> ResolveExperiment(const ConfigSources& sources, std::vector<Problem>* problems) {
  const size_t before = problems->size();
  ConfigLayer layer = EmbeddedLayer("defaults");
  const std::optional<Source> source = FindSource(sources.experiment, sources.folder, "", problems);
  if (!source.has_value()) return std::nullopt;
  ConfigLayer file;
  Reader(problems).Read(*source, "", &file);
  OverlayLayer(file, &layer);
  ApplySettings(sources.suite_set, &layer, problems);
  ApplySettings(absl::StrSplit(sources.environment_set, ';', absl::SkipWhitespace()), "EVENKEEL_SET", &layer,
                problems);
  ApplySettings(sources.set, "--set", &layer, problems);
  if (sources.algorithm) ApplySettings({"algorithm.name=" + *sources.algorithm}, "--algo", &layer, problems);
  if (sources.seed) ApplySettings({absl::StrCat("seed=", *sources.seed)}, "--seed", &layer, problems);
  if (!layer.values.has_name()) {
    layer.values.set_name(source->stem);
    layer.origins["name"] = source->name;
  }
  FitLbs(sources.algorithms, &layer);
  CompleteLists(&layer);
  ReadPolicies(&layer, problems);
  if (problems->size() != before || !Finish(sources.algorithms, &layer, problems)) return std::nullopt;
  return layer;
}

std::string ToConfigText(const v1::Experiment& experiment) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  std::string text;
  printer.PrintToString(experiment, &text);
  return text;
}

std::string ToOriginTable(const ConfigLayer& layer) {
  std::string table;
  ForEachLeaf(layer.values, [&](const Leaf& leaf) {
    const auto origin = layer.origins.find(leaf.path);
    absl::StrAppend(&table, leaf.path, "\t", LeafText(leaf), "\t",
                    origin == layer.origins.end() ? kDefaultOrigin : origin->second, "\n");
  });
  return table;
}

absl::StatusOr<v1::Experiment> ReadResolvedExperiment(const std::string& path) {
  EK_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ConfigLayer layer;
  std::vector<Problem> problems;
  if (ParseLayer(path, text, &layer, &problems)) return std::move(layer.values);
  return absl::FailedPreconditionError(
      absl::StrCat(problems[0].place, ": ", problems[0].message, "; the run folder is not from this build"));
}

const std::vector<std::string>& ResumableKeys() {
  static const auto* const keys = new std::vector<std::string>{
      "training.episodes", "training.learner_threads", "training.device", "training.cache_targets",
      "training.agents_per_actor",
      "algorithm.es.generations", "algorithm.es.threads", "barrier.", "recovery.", "checkpoint.", "evaluation.",
      "replay.ram_tier_bytes", "replay.sync", "replay.capacity_bytes",
  };
  return *keys;
}

void CheckResumableChange(const v1::Experiment& stopped, const v1::Experiment& wanted,
                          std::vector<Problem>* problems) {
  for (const std::string& path : DifferingPaths(stopped, wanted)) {
    bool allowed = false;
    for (const std::string& key : ResumableKeys()) {
      allowed = allowed || (absl::EndsWith(key, ".") ? absl::StartsWith(path, key) : path == key);
    }
    if (allowed) continue;
    Problem problem;
    problem.code = "E0701";
    problem.message = absl::StrCat(path, " cannot change when a run is resumed");
    problem.advice = absl::StrCat("may change: ", absl::StrJoin(ResumableKeys(), " "),
                                  "; for anything else start a new run");
    problems->push_back(std::move(problem));
  }
}

std::optional<ConfigLayer> ResolveResumption(const v1::Experiment& stopped,
                                             const std::vector<std::string>& settings,
                                             const std::vector<AlgorithmName>& algorithms,
                                             std::vector<Problem>* problems) {
  const size_t before = problems->size();
  ConfigLayer layer;
  layer.values = stopped;  // not completed: what an earlier build left unset stays unset
  ApplySettings(settings, "--set (resume)", &layer, problems);
  if (problems->size() != before) return std::nullopt;
  CheckResumableChange(stopped, layer.values, problems);
  if (problems->size() != before || !Finish(algorithms, &layer, problems)) return std::nullopt;
  return layer;
}

}  // namespace evenkeel
