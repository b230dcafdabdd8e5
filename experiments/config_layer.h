// One layer of configuration: values, and where each came from.
#ifndef EVENKEEL_EXPERIMENTS_CONFIG_LAYER_H_
#define EVENKEEL_EXPERIMENTS_CONFIG_LAYER_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "experiments/problem.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct ConfigLayer {
  v1::Experiment values;
  std::map<std::string, std::string>
      origins;  // path of a leaf -> where it was set, e.g. "exp/my.textproto:14:3", "--set"
};

// A setting "path=value", and where it was written.
struct SettingText {
  std::string text;
  std::string origin;  // "--set", "suite moderate:14:8"
};

// Reads `text`; origins and problems name it as `name`. Returns whether there was no problem.
bool ParseLayer(const std::string& name, const std::string& text, ConfigLayer* layer,
                std::vector<Problem>* problems);

// Lays `upper` over *lower (see Overlay in message_leaves.h), with origins.
void OverlayLayer(const ConfigLayer& upper, ConfigLayer* lower);

// Changes *layer by settings "path=value", in order. A path is field names joined by dots, with an index for
// one element of a list ("topology.servers[0].count"). A value is what text format takes; strings need no
// quotes. Lists: "[1, 2]", or one value (replaces the whole list; given again in the same set of settings, it
// appends). Messages: "{...}", merged field by field. Returns whether there was no problem.
bool ApplySettings(const std::vector<SettingText>& settings, ConfigLayer* layer,
                   std::vector<Problem>* problems);

// The same where all were written in one place: `origin` is the name of the layer ("--set", "EVENKEEL_SET").
bool ApplySettings(const std::vector<std::string>& settings, const std::string& origin, ConfigLayer* layer,
                   std::vector<Problem>* problems);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_CONFIG_LAYER_H_
