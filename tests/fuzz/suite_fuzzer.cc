// A suite's file, with the experiments of its scenarios resolved.
#include "experiments/suite.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evenkeel::SuiteSources sources;
  sources.suite = evenkeel::OwnFolder() + "/suite.textproto";
  sources.algorithms = {{"qmix", true, false}, {"sed", false, false}};
  evenkeel::WriteBytes(sources.suite, evenkeel::Text(data, size));
  std::vector<evenkeel::Problem> problems;
  evenkeel::ResolveSuite(sources, &problems);
  for (const evenkeel::Problem& problem : problems) evenkeel::RenderProblem(problem);
  return 0;
}
