#include "lb_shim/trace_cache.h"

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

struct Cache {
  absl::Mutex mutex;
  std::string path ABSL_GUARDED_BY(mutex);
  double seconds_per_iteration ABSL_GUARDED_BY(mutex) = 0;
  std::shared_ptr<const sim::Trace> trace ABSL_GUARDED_BY(mutex);
};

}  // namespace

absl::StatusOr<std::shared_ptr<const sim::Trace>> SharedTrace(const std::string& path,
                                                              double seconds_per_iteration) {
  static Cache* const cache = new Cache;
  absl::MutexLock lock(&cache->mutex);
  if (cache->trace == nullptr || cache->path != path ||
      cache->seconds_per_iteration != seconds_per_iteration) {
    EK_ASSIGN_OR_RETURN(sim::Trace trace, sim::ReadTrace(path, seconds_per_iteration));
    cache->trace = std::make_shared<const sim::Trace>(std::move(trace));
    cache->path = path;
    cache->seconds_per_iteration = seconds_per_iteration;
  }
  return cache->trace;
}

}  // namespace evenkeel
