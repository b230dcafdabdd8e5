#include <iostream>
#include <vector>

#include "algorithms/inference/inference_benchmark.h"
#include "algorithms/torch_process.h"
#include "algorithms/value_learning/value_benchmark.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "common/benchmark_result.h"
#include "coordinator/barrier_benchmark.h"
#include "lb_shim/shim_benchmark.h"

namespace evenkeel {
namespace {

// What the barrier benchmark starts this binary with.
struct AgentFlags {
  std::string address;
  int index = 0;
};

struct BenchFlags {
  std::string what;
  OutputFormat format = OutputFormat::kTable;
};

void Append(std::vector<BenchmarkResult> more, std::vector<BenchmarkResult>* results) {
  results->insert(results->end(), more.begin(), more.end());
}

absl::StatusOr<std::vector<BenchmarkResult>> Measure(const std::string& what) {
  std::vector<BenchmarkResult> results;
  if (what == "sim") {
    Append(BenchmarkSimFlows(), &results);
    Append(BenchmarkSimSteps(), &results);
  } else if (what == "sed") {
    Append(BenchmarkSed(), &results);
  } else if (what == "learner") {
    UseOneTorchThread();
    KeepFreedMemory();
    return BenchmarkLearner();
  } else if (what == "inference") {
    return BenchmarkInference();
  } else {
    return BenchmarkBarrier();
  }
  return results;
}

int Bench(const BenchFlags& flags) {
  const absl::StatusOr<std::vector<BenchmarkResult>> results = Measure(flags.what);
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
  CLI::App* bench = app->add_subcommand("bench", "measure this machine; every figure is a median");
  auto flags = std::make_shared<BenchFlags>();
  bench->add_option("WHAT", flags->what, "sim, sed, learner, inference or barrier")
      ->required()
      ->check(CLI::IsMember({"sim", "sed", "learner", "inference", "barrier"}))
      ->type_name("");
  AddOutputFlag(bench, &flags->format);
  bench->callback([flags, exit_code] { *exit_code = Bench(*flags); });

  CLI::App* agent = app->add_subcommand(kBarrierBenchmarkAgent, "")->group("");  // hidden
  auto agent_flags = std::make_shared<AgentFlags>();
  agent->add_option("ADDRESS", agent_flags->address)->required();
  agent->add_option("INDEX", agent_flags->index)->required();
  agent->callback([agent_flags, exit_code] {
    *exit_code = RunBarrierBenchmarkAgent(agent_flags->address, agent_flags->index);
  });
}

}  // namespace evenkeel
