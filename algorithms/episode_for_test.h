// Builds small episodes for tests of learning algorithms.
#ifndef EVENKEEL_ALGORITHMS_EPISODE_FOR_TEST_H_
#define EVENKEEL_ALGORITHMS_EPISODE_FOR_TEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/agent_settings.h"
#include "algorithms/batch.h"
#include "common/observation_features.h"
#include "common/rng.h"
#include "protos/transition.pb.h"

namespace evenkeel {

inline std::string Bytes(const std::vector<float>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

// The agents of a small experiment in which every setting that learned agents ask for is set: steps of 0.25 s, `levels` action
// levels 1, 1.5, 2, ..., no bias levels, base weights of 1.
inline v1::Experiment AgentExperiment(int64_t levels, v1::Network::Kind network = v1::Network::PAPER) {
  v1::Experiment experiment;
  experiment.set_seed(7);
  v1::Agent* agent = experiment.mutable_agent();
  agent->set_step_interval_seconds(0.25);
  agent->set_base_weight(v1::Agent::ONE);
  for (int64_t level = 0; level < levels; ++level) agent->add_action_levels(1 + 0.5 * level);
  v1::Algorithm* algorithm = experiment.mutable_algorithm();
  algorithm->mutable_arc()->set_horizon_seconds(2);
  algorithm->mutable_network()->set_kind(network);
  algorithm->mutable_network()->set_recurrent(true);
  algorithm->mutable_network()->set_identity(true);
  return experiment;
}

// A place for LB `agent` among those of `shape`, with nominal weights 1, 2, 1, 2, ... `experiment` must outlive its use.
inline PolicyContext ContextFor(const BatchShape& shape, const v1::Experiment& experiment, int agent = 0) {
  PolicyContext context;
  context.experiment = &experiment;
  context.agent = agent;
  context.agents = static_cast<int>(shape.agents);
  context.servers = static_cast<int>(shape.servers);
  for (int64_t server = 0; server < shape.servers; ++server) context.nominal_weights.push_back(1 + server % 2);
  return context;
}

// The agents of AgentExperiment, 8 units wide.
inline AgentSettings SettingsFor(const BatchShape& shape) {
  return ResolveAgentSettings(ContextFor(shape, AgentExperiment(shape.levels, shape.network)), 8).value();
}

// What an LB of `servers` servers sees, plausible and random. The same `seed` gives the same.
inline v1::Observation RandomObservation(uint64_t seed, int servers) {
  Rng rng(31, {seed});
  v1::Observation observation;
  for (int server = 0; server < servers; ++server) {
    observation.add_open_flows(rng.Below(20));
    observation.add_flow_duration_mean(rng.Exponential(0.2));
    observation.add_flow_duration_p90(rng.Exponential(0.5));
    observation.add_flow_duration_std(rng.Exponential(0.2));
    observation.add_flow_duration_mean_decayed(rng.Exponential(0.2));
    observation.add_flow_duration_p90_decayed(rng.Exponential(0.5));
    observation.add_mean_open_flows(rng.Uniform() * 20);
    observation.add_flows_sent(rng.Below(10));
    observation.add_flows_finished(rng.Below(10));
    observation.add_flows_rejected(rng.Below(2));
    observation.add_flow_duration_sum(rng.Exponential(1));
    observation.add_available(1);
  }
  return observation;
}

// A cut (not terminated) episode of `steps` steps, every agent present: plausible random observations, random levels,
// rewards in [0, 1). The same `number` gives the same episode.
inline v1::Episode RandomEpisode(uint64_t number, const BatchShape& shape, uint32_t steps) {
  Rng rng(977, {number});
  v1::Episode episode;
  episode.set_number(number);
  episode.set_steps(steps);
  episode.set_agents(shape.agents);
  episode.set_servers(shape.servers);
  episode.set_features(kFeatures);
  const int64_t heads = shape.agents * shape.servers;
  std::vector<float> observations;
  for (int64_t i = 0; i < (steps + 1) * heads; ++i) {
    observations.push_back(static_cast<float>(rng.Below(20)));
    for (int feature = 1; feature < kPaperFeatures; ++feature) {
      observations.push_back(static_cast<float>(rng.Exponential(0.2)));
    }
    observations.push_back(static_cast<float>(rng.Uniform() * 20));  // mean_open_flows
    for (int i = 0; i < 2; ++i) observations.push_back(static_cast<float>(rng.Below(10)));  // flows_sent, flows_finished
    observations.push_back(static_cast<float>(rng.Exponential(1)));  // flow_duration_sum
    observations.push_back(0);                                       // others_open_flows
    observations.push_back(1);                                       // available
  }
  episode.set_observations(Bytes(observations));
  for (int64_t i = 0; i < steps * heads; ++i) episode.mutable_levels()->push_back(static_cast<char>(rng.Below(shape.levels)));
  episode.set_weights(Bytes(std::vector<float>(steps * heads, 1.0f)));
  std::vector<float> rewards;
  for (uint32_t i = 0; i < steps; ++i) rewards.push_back(static_cast<float>(rng.Uniform()));
  episode.set_rewards(Bytes(rewards));
  episode.set_mask(std::string(steps * shape.agents, 1));
  return episode;
}

inline std::vector<const v1::Episode*> Pointers(const std::vector<v1::Episode>& episodes) {
  std::vector<const v1::Episode*> pointers;
  for (const v1::Episode& episode : episodes) pointers.push_back(&episode);
  return pointers;
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_EPISODE_FOR_TEST_H_
