// A run of the coordinator's loop with agents in memory and episodes in memory, for its tests.
#ifndef EVENKEEL_COORDINATOR_LOOP_FOR_TEST_H_
#define EVENKEEL_COORDINATOR_LOOP_FOR_TEST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/coordinator_loop.h"
#include "coordinator/episode_sink.h"
#include "coordinator/round_journal.h"
#include "coordinator/round_plan.h"
#include "coordinator/test_agents.h"

namespace evenkeel {

inline const absl::Time kStart = absl::FromUnixSeconds(1000);
inline constexpr uint64_t kSteps = 8;

class MemorySink : public EpisodeSink {
 public:
  absl::StatusOr<uint64_t> NextEpisode() override { return episodes.size(); }
  absl::Status Summarize(const v1::EpisodeSummary& summary) override {
    summaries.push_back(summary);
    return absl::OkStatus();
  }
  absl::Status Append(v1::Episode episode) override {
    episodes.push_back(std::move(episode));
    return append_status;
  }

  std::vector<v1::EpisodeSummary> summaries;
  std::vector<v1::Episode> episodes;
  absl::Status append_status;
};

// One run of the loop with agents in memory.
struct TestRun {
  // `journal` outlives the run.
  explicit TestRun(v1::Experiment the_experiment, uint64_t first_round = 0, RoundJournal* journal = nullptr)
      : experiment(std::move(the_experiment)), gateway({"run-1", 2, 3, kSteps}, &clock), agents(&gateway) {
    CoordinatorLoopOptions options;
    options.experiment = &experiment;
    options.plan = *PlanRounds(experiment);
    options.learns = true;
    options.first_round = first_round;
    options.journal = journal;
    options.warn = options.notice = [this](const std::string& warning) { warnings.push_back(warning); };
    loop = std::make_unique<CoordinatorLoop>(options, &gateway, &agents, &sink, &clock);
  }

  absl::Status Play() {
    agents.Join(0);
    agents.Join(1);
    return loop->Run();
  }

  v1::Experiment experiment;
  ScriptedClock clock{kStart};
  AgentGateway gateway;
  TestAgents agents;
  MemorySink sink;
  std::vector<std::string> warnings;
  std::unique_ptr<CoordinatorLoop> loop;
};

inline std::vector<std::string> Serialized(const std::vector<v1::Episode>& episodes) {
  std::vector<std::string> bytes;
  for (const v1::Episode& episode : episodes) bytes.push_back(episode.SerializeAsString());
  return bytes;
}

inline bool IsStep(const TestAgents::Sent& sent, uint64_t step) {
  return sent.message.has_step_request() && sent.message.step_request().step() == step;
}

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_LOOP_FOR_TEST_H_
