// The selector that a configuration names.
#ifndef EVENKEEL_REPLAY_SELECTORS_MAKE_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_MAKE_SELECTOR_H_

#include <memory>

#include "protos/experiment.pb.h"
#include "replay/selectors/selector.h"

namespace evenkeel {

// Null if this build knows no such kind. UNSET is UNIFORM.
std::unique_ptr<const Selector> MakeSelector(v1::ReplayTable::Selector kind);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_MAKE_SELECTOR_H_
