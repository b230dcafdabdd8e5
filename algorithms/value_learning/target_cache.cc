#include "algorithms/value_learning/target_cache.h"

#include <algorithm>
#include <cassert>

#include "absl/hash/hash.h"
#include "algorithms/batch.h"
#include "algorithms/sum_over_episodes.h"

namespace evenkeel {
namespace {

constexpr size_t kAtOnce = 12;  // episodes whose inputs a thread holds at once

// Its content, too: stretches of one episode have the same number.
uint64_t KeyOf(const v1::Episode& episode) {
  return absl::HashOf(episode.number(), episode.steps(), episode.observations(), episode.levels(), episode.weights());
}

size_t BytesOf(const std::vector<float>& values) { return values.size() * sizeof(float); }

// In the order of the episodes.
struct ComputedValues {
  std::vector<std::vector<float>> of_episodes;

  void Add(ComputedValues other) {
    for (std::vector<float>& values : other.of_episodes) of_episodes.push_back(std::move(values));
  }
};

ComputedValues Compute(const AgentInference& network, const AgentSettings& settings,
                       absl::Span<const v1::Episode* const> episodes) {
  const Batch batch = MakeBatch(episodes, settings);
  const BatchShape& shape = settings.shape;
  const int64_t rows = batch.episodes * shape.agents, width = shape.agents * shape.servers * shape.levels;
  ComputedValues computed;
  for (const v1::Episode* episode : episodes) computed.of_episodes.emplace_back((episode->steps() + 1) * width);
  AgentInference::Workspace workspace(settings.network, rows);
  std::vector<float> state(rows * settings.network.state()), values(batch.episodes * width);
  for (int64_t step = 0; step <= batch.steps; ++step) {
    network.Step(rows, &batch.inputs[step * rows * shape.input()], state.data(), values.data(), &workspace);
    for (int64_t index = 0; index < batch.episodes; ++index) {
      if (step > episodes[index]->steps()) continue;
      const float* from = &values[index * width];
      std::copy(from, from + width, &computed.of_episodes[index][step * width]);
    }
  }
  return computed;
}

}  // namespace

TargetCache::TargetCache(const AgentSettings& settings, size_t capacity_bytes)
    : settings_(settings), capacity_bytes_(capacity_bytes), network_(settings.network) {}

void TargetCache::Renew(absl::Span<const float> parameters) {
  network_.SetParameters(parameters);
  kept_.clear();
  in_order_.clear();
  kept_bytes_ = 0;
  prepared_.clear();
}

void TargetCache::Keep(Key key, const Entry& entry) {
  if (BytesOf(*entry) > capacity_bytes_) return;
  while (kept_bytes_ + BytesOf(*entry) > capacity_bytes_) {
    const auto oldest = kept_.find(in_order_.front());
    kept_bytes_ -= BytesOf(*oldest->second);
    kept_.erase(oldest);
    in_order_.pop_front();
  }
  kept_.emplace(key, entry);
  in_order_.push_back(key);
  kept_bytes_ += BytesOf(*entry);
}

void TargetCache::Prepare(absl::Span<const v1::Episode* const> batch, int64_t threads) {
  prepared_.clear();
  std::vector<const v1::Episode*> missing;
  std::vector<Key> missing_keys;
  for (const v1::Episode* episode : batch) {
    const Key key = KeyOf(*episode);
    const auto kept = kept_.find(key);
    if (!prepared_.emplace(key, kept == kept_.end() ? nullptr : kept->second).second) continue;  // drawn twice
    if (kept != kept_.end()) continue;
    missing.push_back(episode);
    missing_keys.push_back(key);
  }
  if (missing.empty()) return;
  ComputedValues computed = SumOverEpisodes<ComputedValues>(
      missing, threads, kAtOnce,
      [this](absl::Span<const v1::Episode* const> part, size_t /*first*/) { return Compute(network_, settings_, part); });
  computed_ += missing.size();
  for (size_t i = 0; i < missing.size(); ++i) {
    const auto entry = std::make_shared<const std::vector<float>>(std::move(computed.of_episodes[i]));
    prepared_[missing_keys[i]] = entry;
    Keep(missing_keys[i], entry);
  }
}

std::vector<float> TargetCache::ValuesOf(absl::Span<const v1::Episode* const> part) const {
  const BatchShape& shape = settings_.shape;
  const int64_t width = shape.agents * shape.servers * shape.levels, episodes = static_cast<int64_t>(part.size());
  int64_t steps = 0;
  for (const v1::Episode* episode : part) steps = std::max<int64_t>(steps, episode->steps());
  std::vector<float> values((steps + 1) * episodes * width);
  for (int64_t index = 0; index < episodes; ++index) {
    const auto prepared = prepared_.find(KeyOf(*part[index]));
    assert(prepared != prepared_.end());
    for (int64_t step = 0; step <= part[index]->steps(); ++step) {
      const float* from = prepared->second->data() + step * width;
      std::copy(from, from + width, &values[(step * episodes + index) * width]);
    }
  }
  return values;
}

}  // namespace evenkeel
