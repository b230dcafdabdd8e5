#include "replay/rate_limiter.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace evenkeel {

absl::Status RateLimiter::Check(const RateLimiterOptions& options) {
  const double least = std::max(1.0, options.samples_per_insert);
  if (options.samples_per_insert == 0 || options.slack >= least) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("samples_slack: expected at least ", least,
                                                 " (1, and samples_per_insert), found ", options.slack));
}

bool RateLimiter::AllowsDraw(uint64_t items, uint64_t episodes) const {
  if (episodes < options_.min_episodes) return false;
  if (options_.samples_per_insert == 0) return true;
  const double inserted = static_cast<double>(restored_) + static_cast<double>(inserted_);
  return static_cast<double>(drawn_) + static_cast<double>(items) <=
         options_.samples_per_insert * inserted + options_.slack;
}

bool RateLimiter::AllowsInsert(uint64_t episodes) const {
  if (options_.samples_per_insert == 0 || episodes < options_.min_episodes) return true;
  return options_.samples_per_insert * static_cast<double>(inserted_ + 1) <=
         static_cast<double>(drawn_) + options_.slack;
}

std::string RateLimiter::State(uint64_t episodes) const {
  return absl::StrCat("rate limiter: ", episodes, " episodes (min_episodes ", options_.min_episodes, "), ", inserted_,
                      " inserted and ", drawn_, " drawn since it was opened with ", restored_,
                      " (samples_per_insert ", options_.samples_per_insert, ", samples_slack ", options_.slack, ")");
}

}  // namespace evenkeel
