#include "experiments/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"

namespace evenkeel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TraceRow MakeTrace(uint64_t seed, double mean_s) {
  TraceRow trace;
  trace.seed = seed;
  trace.jct_mean_s = mean_s;
  trace.jct_p50_s = trace.jct_p90_s = trace.jct_p99_s = mean_s;
  trace.flows_finished = 100;
  return trace;
}

EvaluationRow MakeRow(const std::string& label, AlgorithmKind kind, double mean_s) {
  EvaluationRow row;
  row.label = row.algorithm = label;
  row.kind = kind;
  row.jct_mean_s = {mean_s, mean_s * 0.9, mean_s * 1.1};
  row.jct_p50_s = mean_s / 2;
  row.jct_p90_s = mean_s * 2;
  row.jct_p99_s = mean_s * 4;
  row.flows_finished = 195;
  row.flows_rejected = 5;
  row.versus_baseline_percent = {-4.5, -5.25, -3.75};
  row.fairness = 0.0022;
  row.jain = 0.976;
  row.utilisation_spread = 0.0312;
  row.traces = {MakeTrace(1000000, mean_s), MakeTrace(1000001, mean_s)};
  return row;
}

Evaluation MakeEvaluation() {
  Evaluation evaluation;
  evaluation.experiment = "large";
  evaluation.first_seed = 1000000;
  evaluation.seeds = 2;
  evaluation.seconds = 60;
  evaluation.warmup_seconds = 10;
  evaluation.baseline = "sed";
  evaluation.rows = {MakeRow("sed", AlgorithmKind::kHeuristic, 0.3112),
                     MakeRow("lsq", AlgorithmKind::kHeuristic, 0.5),
                     MakeRow("sed_own_average", AlgorithmKind::kHeuristic, 0.0296),
                     MakeRow("oracle", AlgorithmKind::kBound, 0.00272)};
  evaluation.rows[3].note = "knows it all";
  evaluation.bound = "oracle";
  evaluation.rows[2].gap_closed_percent = 61.3;
  evaluation.rows[2].over_bound_percent = 4.8;
  return evaluation;
}

std::vector<std::string> LinesOf(const std::string& text) { return absl::StrSplit(text, '\n'); }

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportTest, TheTableIsAlignedAndGroupsByKindThenMean) {
  const std::vector<std::string> lines = LinesOf(RenderTable(MakeEvaluation()));
  EXPECT_EQ(lines[0].rfind("policy           kind", 0), 0u) << lines[0];
  EXPECT_EQ(lines[1].rfind("sed_own_average  heuristic", 0), 0u) << lines[1];
  EXPECT_EQ(lines[2].rfind("sed  ", 0), 0u);
  EXPECT_EQ(lines[3].rfind("lsq  ", 0), 0u);
  EXPECT_EQ(lines[4].rfind("oracle           bound (cheats)", 0), 0u) << lines[4];
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(lines[i].size(), lines[0].size());
  EXPECT_EQ(lines[5], "");
}

TEST(ReportTest, TheTableShowsIntervalsInThreeSignificantDigits) {
  const std::vector<std::string> lines = LinesOf(RenderTable(MakeEvaluation()));
  EXPECT_TRUE(Contains(lines[1], "29.6 [26.6, 32.6]")) << lines[1];
  EXPECT_TRUE(Contains(lines[2], "311 [280, 342]")) << lines[2];
  EXPECT_TRUE(Contains(lines[4], "2.72 [2.45, 2.99]")) << lines[4];
  EXPECT_TRUE(Contains(lines[1], "-4.5 [-5.2, -3.8]")) << lines[1];
  EXPECT_TRUE(Contains(lines[1], "2.50")) << "5 of 200 flows were rejected: " << lines[1];
  EXPECT_TRUE(Contains(lines[1], "2.2e-03  0.976        0.031")) << lines[1];
}

TEST(ReportTest, TheNotesSayWhatWasMeasured) {
  const std::string table = RenderTable(MakeEvaluation());
  EXPECT_TRUE(Contains(
      table, "2 held-out traces (seeds 1000000-1000001) of 60 s, flows of the first 10 s not counted"));
  EXPECT_TRUE(Contains(table, "vs sed: difference of the mean jct on the same traces"));
  EXPECT_TRUE(Contains(table, "to that of oracle, the better bound"));
  EXPECT_TRUE(Contains(table, "bound (cheats): reads what no load balancer can see"));
  EXPECT_TRUE(Contains(table, "oracle: knows it all."));
}

TEST(ReportTest, TheTableShowsTheGapToTheBound) {
  const std::vector<std::string> lines = LinesOf(RenderTable(MakeEvaluation()));
  EXPECT_TRUE(Contains(lines[0], "gap closed %  over bound %")) << lines[0];
  EXPECT_TRUE(Contains(lines[1], "        61.3           4.8")) << lines[1];
}

TEST(ReportTest, SeveralTrainingSeedsAreShownAndExplained) {
  Evaluation evaluation = MakeEvaluation();
  EXPECT_FALSE(Contains(RenderTable(evaluation), "training seeds"));
  evaluation.rows[0].kind = AlgorithmKind::kLearned;
  evaluation.rows[0].training_seeds = 3;
  const std::string table = RenderTable(evaluation);
  EXPECT_TRUE(Contains(table, "learned, 3 seeds")) << table;
  EXPECT_TRUE(Contains(table, "intervals by bootstrap over training seeds and traces")) << table;
}

TEST(ReportTest, TheTableIsPlainAscii) {
  for (char c : RenderTable(MakeEvaluation())) EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~')) << int{c};
}

TEST(ReportTest, ClassesGetColumnsWhenThereAreSeveral) {
  Evaluation evaluation = MakeEvaluation();
  EXPECT_FALSE(Contains(LinesOf(RenderTable(evaluation))[0], "wiki"));
  for (EvaluationRow& row : evaluation.rows) {
    row.classes.resize(2);
    row.classes[0].name = "wiki";
    row.classes[0].jct_mean_s = {0.183, 0.18, 0.19};
    row.classes[1].name = "static";
    row.classes[1].jct_mean_s = {0.048, 0.04, 0.05};
  }
  const std::vector<std::string> lines = LinesOf(RenderTable(evaluation));
  EXPECT_TRUE(Contains(lines[0], "wiki ms  static ms"));
  EXPECT_TRUE(Contains(lines[1], "    183       48.0")) << lines[1];
}

TEST(ReportTest, WhatIsNotKnownIsNeverPrintedAsANumber) {
  Evaluation evaluation = MakeEvaluation();
  EvaluationRow nothing = MakeRow("nothing", AlgorithmKind::kHeuristic, kNaN);
  nothing.versus_baseline_percent = {kNaN, kNaN, kNaN};
  nothing.fairness = nothing.jain = nothing.utilisation_spread = kNaN;
  nothing.gap_closed_percent = nothing.over_bound_percent = kNaN;
  nothing.flows_finished = nothing.flows_rejected = 0;
  nothing.traces = {MakeTrace(1, kNaN)};
  evaluation.rows.insert(evaluation.rows.begin(), nothing);
  for (const std::string& text : {RenderTable(evaluation), RenderJson(evaluation), RenderCsv(evaluation)}) {
    EXPECT_FALSE(Contains(text, "nan")) << text;
    EXPECT_FALSE(Contains(text, "inf")) << text;
  }
  EXPECT_EQ(LinesOf(RenderTable(evaluation))[4].rfind("nothing", 0), 0u) << "last of its kind";
  EXPECT_TRUE(nlohmann::json::parse(RenderJson(evaluation))["rows"][0]["jct_mean_s"]["value"].is_null());
}

TEST(ReportTest, JsonCarriesEveryTraceInBaseUnits) {
  const auto json = nlohmann::json::parse(RenderJson(MakeEvaluation()));
  EXPECT_EQ(json["experiment"], "large");
  EXPECT_EQ(json["baseline"], "sed");
  ASSERT_EQ(json["rows"].size(), 4u);
  const auto& row = json["rows"][0];
  EXPECT_EQ(row["label"], "sed");
  EXPECT_EQ(row["kind"], "heuristic");
  EXPECT_DOUBLE_EQ(row["jct_mean_s"]["value"], 0.3112);
  EXPECT_DOUBLE_EQ(row["versus_baseline_percent"]["low"], -5.25);
  EXPECT_DOUBLE_EQ(row["rejected_share"], 0.025);
  ASSERT_EQ(row["traces"].size(), 2u);
  EXPECT_EQ(row["traces"][1]["seed"], 1000001);
  EXPECT_DOUBLE_EQ(row["traces"][1]["jct_mean_s"], 0.3112);
  EXPECT_FALSE(row["cheats"].get<bool>());
  EXPECT_TRUE(json["rows"][3]["cheats"].get<bool>());
}

TEST(ReportTest, CsvQuotesTextAndHasAsManyCellsAsColumns) {
  Evaluation evaluation = MakeEvaluation();
  evaluation.rows[0].label = "qmix, \"best\"";
  const std::vector<std::string> lines = LinesOf(RenderCsv(evaluation));
  ASSERT_EQ(lines.size(), 6u) << "header, four rows, the end";
  EXPECT_EQ(lines[0].rfind("label,algorithm,kind,cheats,jct_mean_s,", 0), 0u);
  EXPECT_EQ(lines[1].rfind("\"qmix, \"\"best\"\"\",sed,heuristic,false,0.3112,", 0), 0u) << lines[1];
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  EXPECT_EQ(commas(lines[2]), commas(lines[0]));
}

}  // namespace
}  // namespace evenkeel
