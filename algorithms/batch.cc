#include "algorithms/batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "algorithms/agent_inputs.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

absl::Status Refuse(const v1::Episode& episode, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("episode ", episode.number(), ": ", what));
}

absl::Status CheckNumber(const v1::Episode& episode, const char* field, int64_t expected, int64_t found) {
  if (expected == found) return absl::OkStatus();
  return Refuse(episode, absl::StrCat(field, ": expected ", expected, ", found ", found));
}

absl::Status CheckValues(const v1::Episode& episode, const char* field, float least, const std::string& column) {
  for (size_t at = 0; at < column.size(); at += sizeof(float)) {
    float value;
    std::memcpy(&value, column.data() + at, sizeof(float));
    if (!std::isfinite(value) || value < least) {
      return Refuse(episode, absl::StrCat(field, "[", at / sizeof(float), "] is ", value));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEpisode(const v1::Episode& episode, const BatchShape& shape) {
  const int64_t steps = episode.steps();
  if (steps == 0) return Refuse(episode, "has no step");
  EK_RETURN_IF_ERROR(CheckNumber(episode, "agents", shape.agents, episode.agents()));
  EK_RETURN_IF_ERROR(CheckNumber(episode, "servers", shape.servers, episode.servers()));
  EK_RETURN_IF_ERROR(CheckNumber(episode, "features", kFeatures, episode.features()));
  const int64_t heads = shape.agents * shape.servers;
  const int64_t observation_bytes = (steps + 1) * heads * kFeatures * sizeof(float);
  EK_RETURN_IF_ERROR(CheckNumber(episode, "bytes of observations", observation_bytes, episode.observations().size()));
  EK_RETURN_IF_ERROR(CheckNumber(episode, "bytes of levels", steps * heads, episode.levels().size()));
  EK_RETURN_IF_ERROR(CheckNumber(episode, "bytes of weights", steps * heads * sizeof(float), episode.weights().size()));
  EK_RETURN_IF_ERROR(CheckNumber(episode, "bytes of rewards", steps * sizeof(float), episode.rewards().size()));
  EK_RETURN_IF_ERROR(CheckNumber(episode, "bytes of mask", steps * shape.agents, episode.mask().size()));
  if (!episode.head_rewards().empty()) {
    EK_RETURN_IF_ERROR(
        CheckNumber(episode, "bytes of head_rewards", steps * heads * sizeof(float), episode.head_rewards().size()));
    EK_RETURN_IF_ERROR(CheckValues(episode, "head_rewards", std::numeric_limits<float>::lowest(), episode.head_rewards()));
  }
  for (size_t at = 0; at < episode.levels().size(); ++at) {
    const int level = static_cast<uint8_t>(episode.levels()[at]);
    if (level >= shape.levels) {
      return Refuse(episode, absl::StrCat("levels[", at, "] is ", level, ", expected below ", shape.levels));
    }
  }
  EK_RETURN_IF_ERROR(CheckValues(episode, "observations", 0, episode.observations()));
  EK_RETURN_IF_ERROR(CheckValues(episode, "weights", 0, episode.weights()));
  return CheckValues(episode, "rewards", std::numeric_limits<float>::lowest(), episode.rewards());
}

void FillSteps(const v1::Episode& episode, int64_t index, Batch* batch) {
  const BatchShape& shape = batch->shape;
  const int64_t heads = shape.agents * shape.servers;
  for (int64_t step = 0; step < episode.steps(); ++step) {
    const int64_t row = step * batch->episodes + index;
    batch->valid[row] = 1;
    std::memcpy(&batch->rewards[row], episode.rewards().data() + step * sizeof(float), sizeof(float));
    if (!batch->head_rewards.empty()) {
      const size_t bytes = heads * sizeof(float);
      std::memcpy(&batch->head_rewards[row * heads], episode.head_rewards().data() + step * bytes, bytes);
    }
    for (int64_t head = 0; head < heads; ++head) {
      batch->levels[row * heads + head] = static_cast<uint8_t>(episode.levels()[step * heads + head]);
    }
    for (int64_t agent = 0; agent < shape.agents; ++agent) {
      batch->present[row * shape.agents + agent] = episode.mask()[step * shape.agents + agent] != 0 ? 1 : 0;
    }
  }
  if (episode.terminated()) batch->terminated[(episode.steps() - 1) * batch->episodes + index] = 1;
}

// The columns of an episode as arrays. A proto's bytes need not be aligned for floats, so those are copied.
struct Columns {
  explicit Columns(const v1::Episode& episode)
      : observations(Floats(episode.observations())),
        weights(Floats(episode.weights())),
        levels(reinterpret_cast<const uint8_t*>(episode.levels().data())) {}

  static std::vector<float> Floats(const std::string& bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
  }

  std::vector<float> observations, weights;
  const uint8_t* levels;
};

void FillInputs(const v1::Episode& episode, const Columns& columns, const AgentSettings& settings, int64_t index,
                Batch* batch) {
  const BatchShape& shape = batch->shape;
  for (int64_t agent = 0; agent < shape.agents; ++agent) {
    AgentInputs inputs(settings, static_cast<int>(agent));
    for (int64_t step = 0; step <= episode.steps(); ++step) {
      const int64_t seen = (step * shape.agents + agent) * shape.servers, last = seen - shape.agents * shape.servers;
      inputs.Step(&columns.observations[seen * kFeatures], step == 0 ? nullptr : columns.levels + last,
                  step == 0 ? nullptr : &columns.weights[last],
                  &batch->inputs[((step * batch->episodes + index) * shape.agents + agent) * shape.input()]);
    }
  }
}

// The scaled observations, which the agents' inputs begin with.
void FillStates(const v1::Episode& episode, int64_t index, Batch* batch) {
  const BatchShape& shape = batch->shape;
  const int64_t width = shape.servers * kPaperFeatures;
  for (int64_t step = 0; step <= episode.steps(); ++step) {
    const int64_t row = step * batch->episodes + index;
    for (int64_t agent = 0; agent < shape.agents; ++agent) {
      const float* scaled = &batch->inputs[(row * shape.agents + agent) * shape.input()];
      std::copy(scaled, scaled + width, &batch->states[row * shape.state() + agent * width]);
    }
  }
}

}  // namespace

absl::Status CheckEpisodes(absl::Span<const v1::Episode* const> episodes, const BatchShape& shape) {
  for (const v1::Episode* episode : episodes) {
    EK_RETURN_IF_ERROR(CheckEpisode(*episode, shape));
    if (episode->head_rewards().empty() != episodes[0]->head_rewards().empty()) {
      return Refuse(*episode, absl::StrCat("bytes of head_rewards: expected some in all episodes of a batch or in none, found ",
                                           episode->head_rewards().size()));
    }
  }
  return absl::OkStatus();
}

Batch MakeBatch(absl::Span<const v1::Episode* const> episodes, const AgentSettings& settings,
                absl::Span<const float> importance) {
  const BatchShape& shape = settings.shape;
  Batch batch;
  batch.shape = shape;
  batch.episodes = static_cast<int64_t>(episodes.size());
  for (const v1::Episode* episode : episodes) batch.steps = std::max<int64_t>(batch.steps, episode->steps());
  const int64_t rows = batch.steps * batch.episodes;
  const int64_t rows_and_last = rows + batch.episodes;
  batch.inputs.resize(rows_and_last * shape.agents * shape.input());
  if (!shape.shared()) batch.states.resize(rows_and_last * shape.state());
  batch.levels.resize(rows * shape.agents * shape.servers);
  batch.rewards.resize(rows);
  if (!episodes[0]->head_rewards().empty()) batch.head_rewards.resize(rows * shape.agents * shape.servers);
  batch.present.assign(rows_and_last * shape.agents, 1.0f);
  batch.valid.resize(rows);
  batch.terminated.resize(rows);
  batch.importance.assign(importance.begin(), importance.end());
  batch.importance.resize(batch.episodes, 1.0f);
  for (int64_t index = 0; index < batch.episodes; ++index) {
    FillSteps(*episodes[index], index, &batch);
    const Columns columns(*episodes[index]);
    FillInputs(*episodes[index], columns, settings, index, &batch);
    if (!shape.shared()) FillStates(*episodes[index], index, &batch);
  }
  return batch;
}

}  // namespace evenkeel
