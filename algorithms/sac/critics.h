// What the critics of the SAC family read.
#ifndef EVENKEEL_ALGORITHMS_SAC_CRITICS_H_
#define EVENKEEL_ALGORITHMS_SAC_CRITICS_H_

namespace evenkeel {

enum class Critics {
  kIndependent,  // what the LB itself reads, no more (isac, ssac)
  kCentral,      // beside that a summary of what all LBs read: there in training, not in life (masac)
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SAC_CRITICS_H_
