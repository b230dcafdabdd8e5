// Which host of a run this is, as the engine that started it says.
#ifndef EVENKEEL_EXPERIMENTS_LAUNCH_RANK_H_
#define EVENKEEL_EXPERIMENTS_LAUNCH_RANK_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace evenkeel {

struct Rank {
  int rank = 0;        // 0 .. hosts - 1; rank 0 has the services
  int hosts = 1;
  std::string source;  // for people: "SLURM_PROCID 1 of SLURM_NTASKS 3"
};

// Looks, in this order, for RANK and WORLD_SIZE (torchrun), SLURM_PROCID and SLURM_NTASKS (srun), JOB_COMPLETION_INDEX and
// EVENKEEL_HOSTS (Kubernetes indexed jobs have no variable for the count; the manifest sets it). None is there: the only
// host. INVALID_ARGUMENT names a variable that lacks its partner, is no number or is out of range.
absl::StatusOr<Rank> FindRank(const std::function<std::optional<std::string>(const std::string&)>& environment);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LAUNCH_RANK_H_
