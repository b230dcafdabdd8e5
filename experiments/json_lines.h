// Reading a file of JSON lines while another process appends to it.
#ifndef EVENKEEL_EXPERIMENTS_JSON_LINES_H_
#define EVENKEEL_EXPERIMENTS_JSON_LINES_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace evenkeel {

// Not thread-safe.
class JsonLines {
 public:
  explicit JsonLines(std::string path) : path_(std::move(path)) {}

  // The whole lines that were appended since the last call, in order. A line that is no JSON object is
  // skipped; a last line without its newline waits for the next call. Begins anew if the file has become
  // shorter. Does not block.
  std::vector<nlohmann::json> Next();

 private:
  const std::string path_;
  uint64_t offset_ = 0;
};

// A number of `line`, or `otherwise` if it is missing or null.
double NumberOr(const nlohmann::json& line, const std::string& name, double otherwise);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_JSON_LINES_H_
