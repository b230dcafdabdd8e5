#include "experiments/problem.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace evenkeel {
namespace {

// The source line without its indentation, and the caret moved by as much.
std::string RenderSource(const Problem& problem) {
  const std::string shown(absl::StripLeadingAsciiWhitespace(problem.source_line));
  const int stripped = static_cast<int>(problem.source_line.size() - shown.size());
  const int indent = std::max(0, problem.column - 1 - stripped);
  std::string text = absl::StrCat("   | ", shown, "\n");
  absl::StrAppend(&text, "   | ", std::string(indent, ' '), std::string(std::max(1, problem.length), '^'));
  if (!problem.advice.empty()) absl::StrAppend(&text, " ", problem.advice);
  return text + "\n";
}

}  // namespace

int ExitCodeOf(const Problem& problem) {
  int code = 1;
  if (problem.code.size() != 5 || !absl::SimpleAtoi(problem.code.substr(1, 2), &code)) return 1;
  return code;
}

std::string RenderProblem(const Problem& problem) {
  std::string text = absl::StrCat("evenkeel: error[", problem.code, "]: ", problem.message, "\n");
  if (!problem.place.empty()) {
    absl::StrAppend(&text, "  --> ", problem.place);
    if (!problem.context.empty()) absl::StrAppend(&text, "   (", problem.context, ")");
    text += "\n";
  }
  if (!problem.source_line.empty()) {
    text += RenderSource(problem);
  } else if (!problem.advice.empty()) {
    absl::StrAppend(&text, "   = ", problem.advice, "\n");
  }
  for (absl::string_view line : absl::StrSplit(problem.excerpt, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&text, "   | ", line, "\n");
  }
  return text;
}

std::string RenderProblems(const std::vector<Problem>& problems, const std::string& closing) {
  std::string text;
  for (const Problem& problem : problems) text += RenderProblem(problem);
  if (!closing.empty()) {
    absl::StrAppend(&text, "evenkeel: ", problems.size(), problems.size() == 1 ? " error; " : " errors; ",
                    closing, "\n");
  }
  return text;
}

}  // namespace evenkeel
