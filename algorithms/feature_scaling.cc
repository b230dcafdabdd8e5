// Compiled with -O3 -ffast-math (BUILD): log then becomes vector instructions, which is most of the time here.
#include "algorithms/feature_scaling.h"

#include <cmath>

#include "algorithms/nets/vector_clones.h"
#include "common/observation_features.h"

namespace evenkeel {
namespace {

EVENKEEL_VECTOR_CLONES
void LogMilliseconds(int64_t count, float* seconds) {
  for (int64_t i = 0; i < count; ++i) seconds[i] = std::log(1.0f + seconds[i] * 1000.0f) * 0.10857244f;
}

}  // namespace

void ScaleFeatures(const float* raw, int64_t servers, float* scaled) {
  for (int64_t server = 0; server < servers; ++server) {
    for (int feature = 0; feature < kPaperFeatures; ++feature) {
      scaled[server * kPaperFeatures + feature] = raw[server * kFeatures + feature];
    }
  }
  LogMilliseconds(servers * kPaperFeatures, scaled);
  for (int64_t server = 0; server < servers; ++server) {
    scaled[server * kPaperFeatures + kOpenFlows] = raw[server * kFeatures + kOpenFlows] * (1.0f / 32.0f);
  }
}

}  // namespace evenkeel
