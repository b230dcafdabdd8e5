// The experiments that ship inside the binary: the files of experiments/configs/, by their path without
// ".textproto".
#ifndef EVENKEEL_EXPERIMENTS_PRESETS_H_
#define EVENKEEL_EXPERIMENTS_PRESETS_H_

#include <string>
#include <vector>

namespace evenkeel {

struct Preset {
  std::string name;  // "paper/moderate"
  std::string text;
};

// Every shipped file, in order of name; "defaults" and "element_defaults" among them. Lives as long as the
// process.
const std::vector<Preset>& EmbeddedConfigs();

// The shipped file called `name`, or null.
const Preset* FindEmbeddedConfig(const std::string& name);

// Names that `evenkeel run` takes.
std::vector<std::string> PresetNames();

// Whether an embedded name is that of a suite: "suites/moderate".
bool IsSuite(const std::string& name);

// Names that `evenkeel eval --suite` takes: "moderate".
std::vector<std::string> SuiteNames();

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_PRESETS_H_
