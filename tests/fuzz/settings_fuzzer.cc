// --set and EVENKEEL_SET: settings "path=value", one a line, over a small experiment.
#include "absl/strings/str_split.h"
#include "experiments/config_layer.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evenkeel::ConfigLayer layer;
  layer.values.mutable_topology()->add_servers()->set_count(2);
  std::vector<evenkeel::Problem> problems;
  const std::vector<std::string> settings = absl::StrSplit(evenkeel::Text(data, size), '\n');
  evenkeel::ApplySettings(settings, "--set", &layer, &problems);
  for (const evenkeel::Problem& problem : problems) evenkeel::RenderProblem(problem);
  return 0;
}
