// What actors choose, checked as the coordinator checks it and set in a simulated data plane that then plays
// on; and what an actor is sent, packed as its network reads it.
#include "common/observation_features.h"
#include "coordinator/joint_transition.h"
#include "experiments/config.h"
#include "lb_shim/sim_world.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/inputs.pb.h"

namespace evenkeel {
namespace {

constexpr int kLevels = 4;
constexpr int kMaxSteps = 16;

const v1::Experiment& SmallWorld() {
  static const v1::Experiment* const experiment = [] {
    ConfigSources sources;
    sources.experiment = "quickstart";
    sources.set = {"agent.exchange=true"};
    sources.algorithms = {{"qmix", true, false}};
    std::vector<Problem> problems;
    const auto layer = ResolveExperiment(sources, &problems);
    if (!layer.has_value()) ::abort();
    return new v1::Experiment(layer->values);
  }();
  return *experiment;
}

}  // namespace
}  // namespace evenkeel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evenkeel;
  v1::AgentActions input;
  if (!Parse(data, size, &input)) return 0;
  const auto world = SimWorld::Create(SmallWorld(), {1, false});
  if (!world.ok()) ::abort();
  const int servers = (*world)->servers();
  JointTransition joint((*world)->lbs(), (*world)->nominal_weights());
  v1::Observation seen;
  for (int step = 0; step < input.actions_size() && step < kMaxSteps; ++step) {
    const v1::Action& action = input.actions(step);
    const int lb = step % (*world)->lbs();
    if (JointTransition::Validate(action, servers, kLevels).ok() &&
        (*world)->lb(lb)->Apply(action.controls()).ok()) {
      joint.Take(lb, action);
    }
    (*world)->AdvanceTo(0.05 * (step + 1));
    (*world)->lb(lb)->Observe(&seen).IgnoreError();
  }
  std::vector<float> packed(servers * kFeatures);
  for (const v1::Observation& observation : input.observations()) {
    PackFeatures(observation, servers, packed.data()).IgnoreError();
  }
  return 0;
}
