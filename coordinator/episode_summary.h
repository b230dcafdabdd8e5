// What the flows of an episode came to, in a few figures.
#ifndef EVENKEEL_COORDINATOR_EPISODE_SUMMARY_H_
#define EVENKEEL_COORDINATOR_EPISODE_SUMMARY_H_

#include "lb_shim/sim_world.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// The fields of EpisodeSummary that flows decide: job completion times over all classes together (mean and
// linear-interpolated percentiles, s; NaN if no flow finished) and counts. The rest is left unset.
v1::EpisodeSummary SummarizeEpisode(const WorldStatistics& statistics);

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_EPISODE_SUMMARY_H_
