#include "coordinator/episode.h"

#include <glog/logging.h>

#include <string>
#include <utility>

#include "common/observation_features.h"

namespace evenkeel {
namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the columns of v1::Episode are little endian");

template <typename T>
void AppendColumn(const std::vector<T>& values, std::string* column) {
  column->append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

}  // namespace

EpisodeBuilder::EpisodeBuilder(int agents, int servers, uint32_t expected_steps)
    : agents_(agents), servers_(servers), features_(static_cast<size_t>(servers) * kFeatures) {
  const size_t cells = static_cast<size_t>(agents) * servers;
  episode_.set_agents(agents);
  episode_.set_servers(servers);
  episode_.set_features(kFeatures);
  episode_.mutable_observations()->reserve((expected_steps + 1) * cells * kFeatures * sizeof(float));
  episode_.mutable_levels()->reserve(expected_steps * cells);
  episode_.mutable_weights()->reserve(expected_steps * cells * sizeof(float));
  episode_.mutable_rewards()->reserve(expected_steps * sizeof(float));
  episode_.mutable_mask()->reserve(static_cast<size_t>(expected_steps) * agents);
}

void EpisodeBuilder::Observe(absl::Span<const v1::Observation* const> observations) {
  CHECK_EQ(observations.size(), static_cast<size_t>(agents_));
  CHECK_EQ(observed_, episode_.steps());
  for (const v1::Observation* observation : observations) {
    const absl::Status packed = PackFeatures(*observation, servers_, features_.data());
    CHECK(packed.ok()) << packed;
    AppendColumn(features_, episode_.mutable_observations());
  }
  ++observed_;
}

void EpisodeBuilder::Act(const JointTransition& joint, double reward, const std::vector<float>& head_rewards) {
  CHECK_EQ(observed_, episode_.steps() + 1);
  AppendColumn(joint.levels(), episode_.mutable_levels());
  AppendColumn(joint.weights(), episode_.mutable_weights());
  AppendColumn(joint.mask(), episode_.mutable_mask());
  AppendColumn(std::vector<float>{static_cast<float>(reward)}, episode_.mutable_rewards());
  AppendColumn(head_rewards, episode_.mutable_head_rewards());
  for (uint8_t took_part : joint.mask()) missed_steps_ += took_part == 0 ? 1 : 0;
  reward_sum_ += reward;
  episode_.set_steps(episode_.steps() + 1);
}

double EpisodeBuilder::reward_mean() const { return steps() == 0 ? 0 : reward_sum_ / steps(); }

v1::Episode EpisodeBuilder::Finish() && {
  CHECK_EQ(observed_, episode_.steps() + 1);
  return std::move(episode_);
}

}  // namespace evenkeel
