#include "experiments/presets.h"

namespace evenkeel {
namespace {

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
    if (!IsDefaults(preset)) names.push_back(preset.name);
  }
  return names;
}

}  // namespace evenkeel
