#include "algorithms/registry.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "algorithms/es/es.h"
#include "algorithms/heuristics/heuristics.h"
#include "algorithms/iql/iql.h"
#include "algorithms/isac/isac.h"
#include "algorithms/masac/masac.h"
#include "algorithms/qmix/qmix.h"
#include "algorithms/ssac/ssac.h"
#include "algorithms/vdn/vdn.h"
#include "common/nearest_name.h"

namespace evenkeel {

const std::vector<AlgorithmInfo>& Algorithms() {
  static const auto* const table = new std::vector<AlgorithmInfo>{
      {"es", AlgorithmKind::kLearned,
       "CMA-ES over a small function of what an LB sees of each server; any number of servers and LBs",
       "training: simulated worlds; acting: the LB's index and the number of LBs", &MakeEsPolicy, nullptr},
      {"iql", AlgorithmKind::kLearned, "IQL: values per server, each trained on its own by the global reward",
       "training: every LB at the step barrier; acting: -", &MakeIqlPolicy, &MakeIqlTrainer},
      {"isac", AlgorithmKind::kLearned, "independent SAC: actor and critics of each LB see what that LB sees",
       "training: every LB at the step barrier; acting: -", &MakeIsacPolicy, &MakeIsacTrainer},
      {"masac", AlgorithmKind::kLearned, "SAC with central critics: they see all LBs in training, actors their own",
       "training: every LB at the step barrier; acting: -", &MakeMasacPolicy, &MakeMasacTrainer},
      {"qmix", AlgorithmKind::kLearned,
       "QMIX: recurrent values per server, trained jointly by a monotonic mixer",
       "training: every LB at the step barrier; acting: -", &MakeQmixPolicy, &MakeQmixTrainer},
      {"ssac", AlgorithmKind::kLearned, "single SAC: what one LB could learn if it saw all traffic, not a fair competitor",
       "all traffic through one LB: it is played with topology.lbs = 1", &MakeSsacPolicy, &MakeSsacTrainer,
       /*one_lb=*/true},
      {"vdn", AlgorithmKind::kLearned, "VDN: values per server, trained jointly by their sum",
       "training: every LB at the step barrier; acting: -", &MakeVdnPolicy, &MakeVdnTrainer},
      {"arc", AlgorithmKind::kHeuristic, "sed_own_average on the LB's own arc of the servers",
       "right nominal weights, the number of LBs and its own among them", &MakeArc},
      {"awcmp", AlgorithmKind::kHeuristic, "random by nominal weight / (busy workers + 1), probed each step",
       "a probe of every server's busy workers", &MakeAwcmp},
      {"ecmp", AlgorithmKind::kHeuristic, "random, every server alike", "-", &MakeEcmp},
      {"lsq", AlgorithmKind::kHeuristic, "fewest own open flows", "-", &MakeLsq},
      {"p2c", AlgorithmKind::kHeuristic, "the better of two servers drawn at random, by sed",
       "right nominal weights", &MakeP2c},
      {"sed", AlgorithmKind::kHeuristic,
       "shortest expected delay: least (own open flows + 1) / nominal weight", "right nominal weights",
       &MakeSed},
      {"sed_exchange", AlgorithmKind::kHeuristic, "sed, the others' open flows as exchanged added to the own",
       "right nominal weights, the LBs exchange counts", &MakeSedExchange},
      {"sed_feedback", AlgorithmKind::kHeuristic,
       "sed, weights lowered where own flows last longer than elsewhere", "-", &MakeSedFeedback},
      {"sed_own_average", AlgorithmKind::kHeuristic, "sed, own average count taken for that of each other LB",
       "right nominal weights, the number of LBs", &MakeSedOwnAverage},
      {"wcmp", AlgorithmKind::kHeuristic, "random by nominal weight", "right nominal weights", &MakeWcmp},
      {"random_weights", AlgorithmKind::kControl, "sed, every weight drawn anew each step: nothing learned",
       "-", &MakeRandomWeights},
      {"sed_static", AlgorithmKind::kControl,
       "sed with the best fixed ratio of weights found on training traces", "a search on training traces",
       &MakeSedStatic},
      {"oracle", AlgorithmKind::kBound, "cheats: knows all remaining work, adds the least to the total delay",
       "a simulated data plane", &MakeOracle},
      {"sed_global", AlgorithmKind::kBound, "cheats: sed with the open flows of all LBs together",
       "a simulated data plane", &MakeSedGlobal},
  };
  return *table;
}

absl::StatusOr<const AlgorithmInfo*> FindAlgorithm(const std::string& name) {
  std::vector<std::string> known;
  for (const AlgorithmInfo& info : Algorithms()) {
    if (info.name == name) return &info;
    known.push_back(info.name);
  }
  const std::string nearest = NearestName(name, known);
  const std::string suggestion = nearest.empty() ? "" : absl::StrCat(" did you mean \"", nearest, "\"?");
  return absl::NotFoundError(
      absl::StrCat("unknown algorithm \"", name, "\":", suggestion, " known: ", absl::StrJoin(known, " ")));
}

}  // namespace evenkeel
