#include "experiments/presets.h"

namespace evenkeel {
namespace {

constexpr char kSuites[] = "suites/";

bool IsDefaults(const Preset& preset) {
  return preset.name == "defaults" || preset.name == "element_defaults";
}

}  // namespace

const Preset* FindEmbeddedConfig(const std::string& name) {
  for (const Preset& preset : EmbeddedConfigs()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (const Preset& preset : EmbeddedConfigs()) {
    if (!IsDefaults(preset) && !IsSuite(preset.name)) names.push_back(preset.name);
  }
  return names;
}

bool IsSuite(const std::string& name) { return name.rfind(kSuites, 0) == 0; }

std::vector<std::string> SuiteNames() {
  std::vector<std::string> names;
  for (const Preset& preset : EmbeddedConfigs()) {
    if (IsSuite(preset.name)) names.push_back(preset.name.substr(sizeof(kSuites) - 1));
  }
  return names;
}

}  // namespace evenkeel
