#include "cli/output.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

const ResultTable kTable = {{"name", "value", "unit"}, {{"sim.x", 12.5, "ns"}, {"a, \"b\"", nullptr, "ms"}}};

TEST(OutputTest, ATableIsAlignedWithNumbersToTheRight) {
  EXPECT_EQ(Render(kTable, OutputFormat::kTable),
            "NAME    VALUE  UNIT\n"
            "sim.x    12.5  ns\n"
            "a, \"b\"      -  ms\n");
}

TEST(OutputTest, JsonIsAnArrayOfObjectsInTheOrderOfTheColumns) {
  const auto parsed = nlohmann::ordered_json::parse(Render(kTable, OutputFormat::kJson));
  ASSERT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed[0].dump(), "{\"name\":\"sim.x\",\"value\":12.5,\"unit\":\"ns\"}");
  EXPECT_TRUE(parsed[1]["value"].is_null());
}

TEST(OutputTest, CsvQuotesWhatNeedsIt) {
  EXPECT_EQ(Render(kTable, OutputFormat::kCsv), "name,value,unit\nsim.x,12.5,ns\n\"a, \"\"b\"\"\",,ms\n");
}

TEST(OutputTest, AnEmptyTableIsStillValid) {
  EXPECT_EQ(Render({{"name"}, {}}, OutputFormat::kTable), "NAME\n");
  EXPECT_EQ(Render({{"name"}, {}}, OutputFormat::kJson), "[]\n");
}

}  // namespace
}  // namespace evenkeel
