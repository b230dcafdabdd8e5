// An experiment's file, then the rules, as `evenkeel run FILE` reads it.
#include "experiments/config_layer.h"
#include "experiments/rules.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evenkeel::ConfigLayer layer;
  std::vector<evenkeel::Problem> problems;
  evenkeel::ParseLayer("fuzz", evenkeel::Text(data, size), &layer, &problems);
  for (const evenkeel::Problem& problem : problems) evenkeel::RenderProblem(problem);
  layer.values.mutable_workload()->mutable_trace()->clear_path();  // it would be opened
  evenkeel::CheckExperiment(layer.values, {{"qmix", true, false}, {"sed", false, false}});
  return 0;
}
