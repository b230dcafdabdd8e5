#include "experiments/launch/rank.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

struct Names {
  const char* rank;
  const char* hosts;
};

constexpr Names kNames[] = {
    {"RANK", "WORLD_SIZE"}, {"SLURM_PROCID", "SLURM_NTASKS"}, {"JOB_COMPLETION_INDEX", "EVENKEEL_HOSTS"}};

}  // namespace

absl::StatusOr<Rank> FindRank(const std::function<std::optional<std::string>(const std::string&)>& environment) {
  for (const Names& names : kNames) {
    const std::optional<std::string> rank = environment(names.rank), hosts = environment(names.hosts);
    if (!rank) continue;
    if (!hosts) {
      return absl::InvalidArgumentError(absl::StrCat(names.rank, " is ", *rank, " but ", names.hosts,
                                                     " is not set; set both, or give --rank and --hosts"));
    }
    Rank found;
    found.source = absl::StrCat(names.rank, " ", *rank, " of ", names.hosts, " ", *hosts);
    if (!absl::SimpleAtoi(*rank, &found.rank) || !absl::SimpleAtoi(*hosts, &found.hosts) || found.rank < 0 ||
        found.rank >= found.hosts) {
      return absl::InvalidArgumentError(absl::StrCat(found.source, ": expected a rank from 0 to the number of hosts less 1"));
    }
    return found;
  }
  return Rank{0, 1, "no engine's rank is set: the only host"};
}

}  // namespace evenkeel
