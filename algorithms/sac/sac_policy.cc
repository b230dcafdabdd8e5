#include <algorithm>
#include <cmath>
#include <utility>

#include "algorithms/learned_policy.h"
#include "algorithms/sac/sac.h"
#include "algorithms/sac/sac_settings.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

uint8_t Likeliest(absl::Span<const float> logits) {
  return static_cast<uint8_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

uint8_t Draw(absl::Span<const float> logits, Rng* random) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit - most);
  double left = random->Uniform() * sum;
  for (size_t level = 0; level + 1 < logits.size(); ++level) {
    left -= std::exp(logits[level] - most);
    if (left < 0) return static_cast<uint8_t>(level);
  }
  return static_cast<uint8_t>(logits.size() - 1);
}

class SacPolicy : public LearnedPolicy {
 public:
  using LearnedPolicy::LearnedPolicy;

 private:
  void ChooseLevels(const Choice& choice, absl::Span<uint8_t> levels) override {
    const size_t count = choice.settings.shape.levels;
    for (size_t server = 0; server < levels.size(); ++server) {
      const absl::Span<const float> logits(choice.values + server * count, count);
      levels[server] = choice.explore ? Draw(logits, choice.random) : Likeliest(logits);
    }
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeSacPolicy(const std::string& algorithm, const PolicyContext& context) {
  // What the critics read makes no difference to acting.
  EK_ASSIGN_OR_RETURN(SacSettings settings, ResolveSacSettings(context, Critics::kIndependent));
  return std::make_unique<SacPolicy>(algorithm, std::make_unique<const AgentSettings>(std::move(settings.agent)),
                                     context.agent);
}

}  // namespace evenkeel
