#include "experiments/suite.h"

#include <filesystem>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/durable_file.h"
#include "common/nearest_name.h"
#include "experiments/config.h"
#include "experiments/config_text.h"
#include "experiments/presets.h"
#include "protos/suite.pb.h"

namespace evenkeel {
namespace {

struct Source {
  std::string name;  // "suite moderate", or the path
  std::string text;
  std::string folder;  // where its experiments are looked for
  std::string stem;    // default of the suite's name
};

std::optional<Source> FindSource(const std::string& suite, std::vector<Problem>* problems) {
  if (const Preset* preset = FindEmbeddedConfig("suites/" + suite)) {
    return Source{"suite " + suite, preset->text, "", suite};
  }
  const std::filesystem::path path(suite);
  absl::StatusOr<std::string> text = ReadFile(suite);
  if (text.ok()) return Source{suite, *std::move(text), path.parent_path().string(), path.stem().string()};
  Problem problem;
  problem.code = "E0401";
  problem.message = absl::StrCat(
      "no suite \"", suite,
      "\": ", absl::IsNotFound(text.status()) ? "neither shipped nor a file" : text.status().message());
  const std::string nearest = NearestName(suite, SuiteNames());
  problem.advice =
      absl::StrCat(nearest.empty() ? "" : absl::StrCat("did you mean \"", nearest, "\"? "),
                   "shipped: ", absl::StrJoin(SuiteNames(), ", "), "; or give the path of a file");
  problems->push_back(std::move(problem));
  return std::nullopt;
}

// A suite's text as read, with its places.
class Reader {
 public:
  Reader(const Source& source, std::vector<Problem>* problems) : source_(source), problems_(problems) {}

  bool Read() {
    const size_t before = problems_->size();
    ParseConfigText(source_.name, source_.text, &suite_, &places_, problems_);
    if (problems_->size() == before) Check();
    return problems_->size() == before;
  }

  ConfigSources SourcesOf(int index, const SuiteSources& given) const {
    const v1::Scenario& scenario = suite_.scenarios(index);
    const std::string path = absl::StrCat("scenarios[", index, "].");
    ConfigSources sources;
    sources.experiment = scenario.experiment();
    sources.folder = source_.folder;
    sources.suite_set.push_back({"name=" + scenario.name(), Place(path + "name")});
    AddSettings("set", suite_.set(), &sources.suite_set);
    AddSettings(path + "set", scenario.set(), &sources.suite_set);
    AddPolicies(given.policies, &sources.suite_set);
    sources.environment_set = given.environment_set;
    sources.set = given.set;
    sources.algorithms = given.algorithms;
    return sources;
  }

  const v1::Suite& suite() const { return suite_; }
  std::string Place(const std::string& path) const {
    auto place = places_.find(path);
    if (place == places_.end()) place = places_.find(path.substr(0, path.rfind('[')));
    return place == places_.end() ? source_.name : absl::StrCat(source_.name, ":", place->second);
  }

 private:
  void Add(const char* code, const std::string& path, const std::string& what, const std::string& advice) {
    Problem problem;
    problem.code = code;
    problem.message = absl::StrCat(path, " ", what);
    problem.place = Place(path);
    problem.advice = advice;
    problems_->push_back(std::move(problem));
  }

  void Check() {
    if (suite_.schema() != "evenkeel/v1") {
      Add("E0306", "schema", absl::StrCat("is \"", suite_.schema(), "\", which this build does not know"),
          "write schema: \"evenkeel/v1\"");
    }
    if (suite_.scenarios().empty()) {
      Add("E0305", "scenarios", "is empty: there is nothing to compare in",
          "for example scenarios { name: \"small\" experiment: \"quickstart\" }");
    }
    std::set<std::string> names;
    for (int i = 0; i < suite_.scenarios_size(); ++i) {
      const std::string path = absl::StrCat("scenarios[", i, "].");
      const v1::Scenario& scenario = suite_.scenarios(i);
      if (!names.insert(scenario.name()).second) {
        Add("E0306", path + "name", absl::StrCat("is \"", scenario.name(), "\" a second time"),
            "give each scenario a name of its own");
      }
      if (scenario.experiment().empty()) {
        Add("E0305", path + "experiment", "is missing", "name a shipped experiment or a file");
      }
    }
  }

  template <typename List>
  void AddSettings(const std::string& path, const List& settings, std::vector<SettingText>* all) const {
    for (int i = 0; i < settings.size(); ++i) {
      all->push_back({settings[i], Place(absl::StrCat(path, "[", i, "]"))});
    }
  }

  void AddPolicies(const std::vector<std::string>& given, std::vector<SettingText>* all) const {
    const std::vector<std::string> own(suite_.policies().begin(), suite_.policies().end());
    if (given.empty() && own.empty()) return;
    all->push_back(
        {absl::StrCat("evaluation.policies=[", absl::StrJoin(given.empty() ? own : given, ", "), "]"),
         given.empty() ? Place("policies") : "--algo"});
  }

  const Source& source_;
  std::vector<Problem>* const problems_;
  v1::Suite suite_;
  LeafPlaces places_;
};

// The traces of a suite are several: one --set cannot name them all.
void AdviseOnTraces(size_t first, std::vector<Problem>* problems) {
  for (size_t i = first; i < problems->size(); ++i) {
    Problem& problem = (*problems)[i];
    if (!absl::StartsWith(problem.message, "workload.trace.path")) continue;
    problem.advice =
        "run evenkeel in the folder that holds the suite's traces, or give a copy of the suite with their "
        "paths";
  }
}

}  // namespace

std::optional<ResolvedSuite> ResolveSuite(const SuiteSources& sources, std::vector<Problem>* problems) {
  const std::optional<Source> source = FindSource(sources.suite, problems);
  if (!source.has_value()) return std::nullopt;
  Reader reader(*source, problems);
  if (!reader.Read()) return std::nullopt;
  ResolvedSuite suite;
  suite.name = reader.suite().name().empty() ? source->stem : reader.suite().name();
  suite.summary = reader.suite().summary();
  for (int i = 0; i < reader.suite().scenarios_size(); ++i) {
    const size_t before = problems->size();
    std::optional<ConfigLayer> layer = ResolveExperiment(reader.SourcesOf(i, sources), problems);
    if (!layer.has_value()) {
      const std::string& name = reader.suite().scenarios(i).name();
      for (size_t p = before; p < problems->size(); ++p) {
        if ((*problems)[p].context.empty()) (*problems)[p].context = absl::StrCat("scenario \"", name, "\"");
      }
      AdviseOnTraces(before, problems);
      return std::nullopt;
    }
    suite.experiments.push_back(std::move(layer->values));
  }
  return suite;
}

}  // namespace evenkeel
