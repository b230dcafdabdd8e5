// By weight, stratified, with replacement.
#ifndef EVENKEEL_REPLAY_SELECTORS_PRIORITISED_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_PRIORITISED_SELECTOR_H_

#include <cstdint>
#include <vector>

#include "replay/selectors/selector.h"

namespace evenkeel {

// Proportional prioritisation (Schaul et al. 2016, section 3.3 and appendix B.2.1): the sum of the weights is cut into
// `count` equal stretches, and each gives one draw. An item is drawn count x probability times on average, so an item
// of large weight may come several times. Where nothing weighs anything it draws as UniformSelector does.
class PrioritisedSelector : public Selector {
 public:
  std::vector<Selected> Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t seed) const override;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_PRIORITISED_SELECTOR_H_
