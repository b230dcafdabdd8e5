#include <iostream>
#include <vector>

#include "algorithms/inference/inference_benchmark.h"
#include "algorithms/torch_process.h"
#include "algorithms/value_learning/value_benchmark.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/step_interval_benchmark.h"
#include "common/benchmark_result.h"
#include "common/freed_memory.h"
#include "common/status_macros.h"
#include "coordinator/barrier_benchmark.h"
#include "lb_shim/shim_benchmark.h"
#include "learner/broadcast_benchmark.h"
#include "replay/replay_benchmark.h"

namespace evenkeel {
namespace {

// What the benchmarks of barrier and broadcast start this binary with.
struct ChildFlags {
  std::string address;
  int first = 0;
  int count = 0;
  int streams = 0;
  int reports = 0;
};

struct BenchFlags {
  std::string what;
  double seconds = 20;
  OutputFormat format = OutputFormat::kTable;
};

void Append(std::vector<BenchmarkResult> more, std::vector<BenchmarkResult>* results) {
  results->insert(results->end(), more.begin(), more.end());
}

absl::StatusOr<std::vector<BenchmarkResult>> MeasureWholeBarrier(double seconds) {
  EK_ASSIGN_OR_RETURN(std::vector<BenchmarkResult> results, BenchmarkBarrier());
  EK_ASSIGN_OR_RETURN(std::vector<BenchmarkResult> intervals, BenchmarkStepInterval(seconds));
  Append(std::move(intervals), &results);
  return results;
}

absl::StatusOr<std::vector<BenchmarkResult>> Measure(const BenchFlags& flags) {
  const std::string& what = flags.what;
  std::vector<BenchmarkResult> results;
  if (what == "sim") {
    Append(BenchmarkSimFlows(), &results);
    Append(BenchmarkSimSteps(), &results);
  } else if (what == "sed") {
    Append(BenchmarkSed(), &results);
  } else if (what == "replay") {
    return BenchmarkReplay();
  } else if (what == "memory") {
    return BenchmarkReplayMemory(flags.seconds);
  } else if (what == "learner") {
    UseOneTorchThread();
    KeepFreedMemory();
    return BenchmarkLearner();
  } else if (what == "broadcast") {
    KeepFreedMemory();  // as the learner does, and the actors
    return BenchmarkBroadcast();
  } else if (what == "inference") {
    return BenchmarkInference();
  } else {
    return MeasureWholeBarrier(flags.seconds);
  }
  return results;
}

int Bench(const BenchFlags& flags) {
  const absl::StatusOr<std::vector<BenchmarkResult>> results = Measure(flags);
  if (!results.ok()) return Fail(results.status());
  ResultTable table;
  table.columns = {"name", "value", "unit"};
  for (const BenchmarkResult& result : *results)
    table.rows.push_back({result.name, result.value, result.unit});
  std::cout << Render(table, flags.format);
  return kExitDone;
}

}  // namespace

void AddBenchCommand(CLI::App* app, int* exit_code) {
  CLI::App* bench = app->add_subcommand("bench", "measure this machine; times and rates are medians");
  auto flags = std::make_shared<BenchFlags>();
  bench->add_option("WHAT", flags->what, "sim, sed, learner, inference, barrier, replay, memory (of replay), broadcast")
      ->required()
      ->check(CLI::IsMember({"sim", "sed", "learner", "inference", "barrier", "replay", "memory", "broadcast"}))
      ->type_name("");
  bench->add_option("--seconds", flags->seconds, "barrier, memory: how long on the wall clock (20)")
      ->check(CLI::Range(1.0, 3600.0))
      ->type_name("S");
  AddOutputFlag(bench, &flags->format);
  bench->callback([flags, exit_code] { *exit_code = Bench(*flags); });

  CLI::App* agent = app->add_subcommand(kBarrierBenchmarkAgent, "")->group("");  // hidden
  auto child = std::make_shared<ChildFlags>();
  agent->add_option("ADDRESS", child->address)->required();
  agent->add_option("FIRST", child->first)->required();
  agent->add_option("SEATS", child->count)->required();
  agent->add_option("STREAMS", child->streams)->required();
  agent->callback([child, exit_code] {
    *exit_code = RunBarrierBenchmarkAgents(child->address, child->first, child->count, child->streams);
  });

  CLI::App* subscribers = app->add_subcommand(kBroadcastBenchmarkSubscribers, "")->group("");  // hidden
  subscribers->add_option("ADDRESS", child->address)->required();
  subscribers->add_option("COUNT", child->count)->required();
  subscribers->add_option("REPORTS", child->reports)->required();
  subscribers->callback([child, exit_code] {
    KeepFreedMemory();
    *exit_code = RunBroadcastBenchmarkSubscribers(child->address, child->count, child->reports);
  });
}

}  // namespace evenkeel
