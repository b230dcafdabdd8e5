// A trainer's state, as it is and under the checksum that fits it, read into a small network. Seeds have no
// checksum.
#include "algorithms/parameters.h"
#include "algorithms/trainer_state.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evenkeel::UnpackTrainerState(evenkeel::Text(data, size)).IgnoreError();
  evenkeel::v1::PolicyParameters parsed;
  if (!evenkeel::Parse(data, size, &parsed)) return 0;
  const auto state = evenkeel::UnpackTrainerState(evenkeel::PackTrainerState(parsed));
  if (!state.ok()) ::abort();
  static const auto* const layout =
      new evenkeel::ParameterLayout({{"agent.fc1.weight", {4, 3}, 0.1}, {"agent.fc1.bias", {4}, 0.1}});
  std::vector<float> flat(layout->size());
  evenkeel::CheckSeal(*state).IgnoreError();
  evenkeel::ReadTensors(*state, *layout, "weights.", absl::MakeSpan(flat)).IgnoreError();
  return 0;
}
