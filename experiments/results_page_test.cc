#include "experiments/results_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/recordings_for_test.h"

namespace evenkeel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(ResultsPageTest, HasASectionPerSuiteAndScenario) {
  const std::string page = RenderResultsPage({RecordingForTest("a", {"m2", "m6"})}, "", "evenkeel report x");
  EXPECT_THAT(page,
              AllOf(HasSubstr("Made by `evenkeel report x`"), HasSubstr("\n## tried\n\na suite for tests.\n"),
                    HasSubstr("\n### tried: m2\n"), HasSubstr("\n### tried: m6\n")));
}

TEST(ResultsPageTest, TheNotesStandBeforeTheFigures) {
  const std::string page = RenderResultsPage({RecordingForTest("a", {"m2"})}, "What was tried.\n", "x");
  EXPECT_LT(page.find("\nWhat was tried.\n"), page.find("\n## tried\n"));
}

TEST(ResultsPageTest, ABarShowsTheMeanDistanceToTheBound) {
  Recording recording = RecordingForTest("a", {"m2", "m6"});
  recording.evaluations[1].rows[0].over_bound_percent = 40;
  const std::string page = RenderResultsPage({recording}, "", "x");
  EXPECT_THAT(page, HasSubstr("sed     30.0  ###############\n"));
}

TEST(ResultsPageTest, APolicyThatMissedAScenarioHasNoBar) {
  Recording recording = RecordingForTest("a", {"m2", "m6"});
  recording.evaluations[1].rows.erase(recording.evaluations[1].rows.begin());
  EXPECT_THAT(RenderResultsPage({recording}, "", "x"), Not(HasSubstr("####")));
}

TEST(ResultsPageTest, ABarBeyondThePageIsCutAndSaysSo) {
  Recording recording = RecordingForTest("a", {"m64"});
  recording.evaluations[0].rows[0].over_bound_percent = 700;
  EXPECT_THAT(RenderResultsPage({recording}, "", "x"), HasSubstr("##>\n"));
}

}  // namespace
}  // namespace evenkeel
