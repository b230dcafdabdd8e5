// What is wrong with something a person gave us, with the place, the cause and what to do about it.
#ifndef EVENKEEL_EXPERIMENTS_PROBLEM_H_
#define EVENKEEL_EXPERIMENTS_PROBLEM_H_

#include <string>
#include <vector>

namespace evenkeel {

// One problem, one message. Only `code` and `message` are always set.
struct Problem {
  std::string code;         // "E0302": the first two digits are the exit code, the last two name the problem
  std::string message;      // one line, no full stop
  std::string place;        // "exp/my.textproto:14:3", "--set", a process or a file
  std::string context;      // e.g. "included from exp/my.textproto"
  std::string source_line;  // the line that `place` names
  int column = 0;           // 1-based column of the caret below source_line
  int length = 1;           // width of the caret
  std::string advice;       // what to do, e.g. `did you mean "hidden"?`
  std::string excerpt;      // further lines shown as they are, e.g. the end of a log
};

// The exit code that `problem` leads to (the first two digits of its code).
int ExitCodeOf(const Problem& problem);

// As a person reads it, with a final newline:
//   evenkeel: error[E0302]: unknown field "hiden" in evenkeel.v1.Qmix
//     --> exp/my.textproto:14:3   (included from ...)
//      | hiden: 128
//      | ^^^^^ did you mean "hidden"?
std::string RenderProblem(const Problem& problem);

// All of them and, if `closing` is not empty, a last line "evenkeel: 2 errors; CLOSING".
std::string RenderProblems(const std::vector<Problem>& problems, const std::string& closing);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_PROBLEM_H_
