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

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_PRESETS_H_
