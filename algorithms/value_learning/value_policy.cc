#include <algorithm>
#include <utility>

#include "algorithms/learned_policy.h"
#include "algorithms/value_learning/value_learning.h"
#include "algorithms/value_learning/value_settings.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

uint8_t Best(const float* values, int64_t levels) {
  return static_cast<uint8_t>(std::max_element(values, values + levels) - values);
}

class ValuePolicy : public LearnedPolicy {
 public:
  using LearnedPolicy::LearnedPolicy;

 private:
  void ChooseLevels(const Choice& choice, absl::Span<uint8_t> levels) override {
    const int64_t count = choice.settings.shape.levels;
    const double epsilon = Epsilon(choice.settings.experiment.algorithm().qmix(), choice.episode);
    for (size_t server = 0; server < levels.size(); ++server) {
      levels[server] = Best(choice.values + server * count, count);
      if (choice.explore && choice.random->Uniform() < epsilon) {
        levels[server] = static_cast<uint8_t>(choice.random->Below(count));
      }
    }
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeValuePolicy(const std::string& algorithm, const PolicyContext& context) {
  EK_ASSIGN_OR_RETURN(ValueSettings settings, ResolveValueSettings(context, Mixing::kNone));
  return std::make_unique<ValuePolicy>(
      algorithm, std::make_unique<const AgentSettings>(std::move(settings.agent)), context.agent);
}

}  // namespace evenkeel
