// How the values of heads become what is compared with the reward.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_MIXING_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_MIXING_H_

namespace evenkeel {

enum class Mixing {
  kMonotonic,  // one joint value: a learned function that rises with every head (qmix)
  kSum,        // one joint value: the sum of all heads of all agents (vdn)
  kNone,       // every head is held against the global reward on its own (iql)
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_MIXING_H_
