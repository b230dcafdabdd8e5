// A policy file, and what an es policy makes of it. An input that has no valid first line is taken for the
// part behind one, so that mutations reach past the checksum.
#include "absl/strings/match.h"
#include "algorithms/es/es.h"
#include "learner/policy_file.h"
#include "tests/fuzz/fuzz_input.h"

namespace evenkeel {
namespace {

// What a policy is loaded into: an es policy of three servers.
void Load(const v1::PolicyParameters& parameters) {
  static const auto* const experiment = [] {
    auto* made = new v1::Experiment();
    made->mutable_topology()->set_lbs(2);
    made->mutable_agent()->set_step_interval_seconds(0.25);
    made->mutable_algorithm()->mutable_es()->set_initial_step(0.1);
    return made;
  }();
  PolicyContext context;
  context.experiment = experiment;
  context.agent = 0;
  context.agents = 2;
  context.servers = 3;
  context.nominal_weights = {1, 2, 3};
  absl::StatusOr<std::unique_ptr<Policy>> policy = MakeEsPolicy(context);
  if (policy.ok()) (*policy)->Load(parameters).IgnoreError();
}

}  // namespace
}  // namespace evenkeel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input = evenkeel::Text(data, size);
  evenkeel::DecodePolicyFile(input, "fuzz").IgnoreError();
  const std::string body =
      absl::StartsWith(input, "evenkeel policy ") ? evenkeel::Cut(input, "\n").second : input;
  evenkeel::v1::PolicyParameters parameters;
  if (!parameters.ParseFromString(body)) return 0;
  const auto policy = evenkeel::DecodePolicyFile(evenkeel::EncodePolicyFile(parameters), "fuzz");
  if (!policy.ok()) ::abort();
  evenkeel::Load(*policy);
  return 0;
}
