// The border between an agent and the data plane of its load balancer: what it saw, and what it sets.
#ifndef EVENKEEL_LB_SHIM_LB_SHIM_H_
#define EVENKEEL_LB_SHIM_LB_SHIM_H_

#include "absl/status/status.h"
#include "protos/control.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// One load balancer's data plane. Not thread-safe: one agent owns it.
class LbShim {
 public:
  virtual ~LbShim() = default;

  // Replaces *observation by what was seen in the step that ends now, one entry per server in every field,
  // and begins the next step. Does not block.
  virtual absl::Status Observe(v1::Observation* observation) = 0;

  // Replaces the whole setting of the data plane; new flows follow it from now on. Does not block.
  // INVALID_ARGUMENT, with nothing changed: not one ServerControl per server; a weight that is negative, NaN
  // or infinite; all weights zero; a bias that is NaN or infinite; an exchange_gain, exchange_fresh_gain or
  // exchange_fresh_seconds that is negative, NaN or infinite; an exchange_smoothing outside [0, 1); a mode that
  // this data plane does not have.
  virtual absl::Status Apply(const v1::Controls& controls) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_LB_SHIM_H_
