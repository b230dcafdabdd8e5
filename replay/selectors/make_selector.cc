#include "replay/selectors/make_selector.h"

#include "replay/selectors/heap_selector.h"
#include "replay/selectors/order_selector.h"
#include "replay/selectors/prioritised_selector.h"
#include "replay/selectors/uniform_selector.h"

namespace evenkeel {

std::unique_ptr<const Selector> MakeSelector(v1::ReplayTable::Selector kind) {
  switch (kind) {
    case v1::ReplayTable::UNSET:
    case v1::ReplayTable::UNIFORM: return std::make_unique<UniformSelector>();
    case v1::ReplayTable::PRIORITISED: return std::make_unique<PrioritisedSelector>();
    case v1::ReplayTable::FIFO: return std::make_unique<OrderSelector>(OrderSelector::kOldestFirst);
    case v1::ReplayTable::LIFO: return std::make_unique<OrderSelector>(OrderSelector::kNewestFirst);
    case v1::ReplayTable::MAX_HEAP: return std::make_unique<HeapSelector>(HeapSelector::kHighest);
    case v1::ReplayTable::MIN_HEAP: return std::make_unique<HeapSelector>(HeapSelector::kLowest);
    default: return nullptr;
  }
}

}  // namespace evenkeel
