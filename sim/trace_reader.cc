#include "sim/trace_reader.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"

namespace evenkeel::sim {
namespace {

constexpr size_t kMaxLineBytes = 64 * 1024;
constexpr size_t kQuotedBytes = 80;

// As much of `text` as fits an error message, printable.
std::string Quote(absl::string_view text) {
  const bool cut = text.size() > kQuotedBytes;
  return absl::StrCat("`", absl::CHexEscape(text.substr(0, kQuotedBytes)), cut ? "...`" : "`");
}

// Lines of a plain or gzip file.
class LineReader {
 public:
  explicit LineReader(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb"), gzclose) {}

  bool is_open() const { return file_ != nullptr; }
  uint64_t line_number() const { return line_number_; }  // of the line last read

  // The next line without its end; valid until the next call. False at the end of the file.
  absl::StatusOr<bool> Next(absl::string_view* line) {
    size_t end;
    while ((end = buffer_.find('\n', position_)) == std::string::npos) {
      if (buffer_.size() - position_ > kMaxLineBytes) return TooLong();
      EK_ASSIGN_OR_RETURN(const bool more, Fill());
      if (more) continue;
      if (position_ == buffer_.size()) return false;
      end = buffer_.size();
      buffer_.push_back('\n');
    }
    *line = absl::string_view(buffer_).substr(position_, end - position_);
    if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
    position_ = end + 1;
    ++line_number_;
    return true;
  }

 private:
  absl::Status TooLong() const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ":", line_number_ + 1, ": a line of more than ",
                                                   kMaxLineBytes, " bytes; is this a trace?"));
  }

  // Reads on; false at the end of the file.
  absl::StatusOr<bool> Fill() {
    buffer_.erase(0, position_);
    position_ = 0;
    const size_t old_size = buffer_.size();
    buffer_.resize(old_size + kMaxLineBytes);
    const int count = gzread(file_.get(), &buffer_[old_size], kMaxLineBytes);
    buffer_.resize(old_size + std::max(count, 0));
    int code = Z_OK;
    const char* message = gzerror(file_.get(), &code);
    if (code == Z_OK || code == Z_STREAM_END) return count > 0;
    if (code == Z_ERRNO) {
      return absl::UnavailableError(absl::StrCat(path_, ": cannot be read: ", strerror(errno)));
    }
    return absl::DataLossError(absl::StrCat(path_, ":", line_number_ + 1, ": the gzip data ",
                                            code == Z_BUF_ERROR
                                                ? std::string("end too early: the file is truncated")
                                                : absl::StrCat("are corrupt: ", message),
                                            "; fetch it again"));
  }

  const std::string path_;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
  std::string buffer_;
  size_t position_ = 0;
  uint64_t line_number_ = 0;
};

// The value of the parameter n of a query, e.g. "5478122" of "/dummy.php/?n=5478122&m=1".
bool FindIterations(absl::string_view query, absl::string_view* value) {
  size_t start = query.find('?');
  while (start != absl::string_view::npos) {
    const absl::string_view rest = query.substr(start + 1);
    if (rest.substr(0, 2) == "n=") {
      *value = rest.substr(2, rest.find('&') == absl::string_view::npos ? rest.npos : rest.find('&') - 2);
      return true;
    }
    start = query.find('&', start + 1);
  }
  return false;
}

bool ParseNonNegative(absl::string_view text, double* value) {
  return absl::SimpleAtod(text, value) && std::isfinite(*value) && *value >= 0;
}

// Appends what `line` says to *trace; the error says what is wrong with it.
absl::Status ParseLine(absl::string_view line, double seconds_per_iteration, Trace* trace) {
  const size_t tab = line.find('\t');
  if (tab == absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected `<seconds><TAB><query>`, found no tab in ", Quote(line)));
  }
  const absl::string_view time = line.substr(0, tab);
  double time_s;
  if (!ParseNonNegative(time, &time_s)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a time in seconds, a number >= 0, before the tab, found ", Quote(time)));
  }
  if (!trace->time_s.empty() && time_s < trace->time_s.back()) {
    return absl::InvalidArgumentError(absl::StrCat("time goes back from ", trace->time_s.back(), " to ",
                                                   Quote(time), "; sort the trace by time"));
  }
  const absl::string_view query = line.substr(tab + 1);
  absl::string_view value;
  if (!FindIterations(query, &value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a query with the parameter n (`...?n=<iterations>`), found ", Quote(query)));
  }
  double iterations;
  if (!ParseNonNegative(value, &iterations)) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a number of iterations >= 0 after `n=`, found ", Quote(value)));
  }
  trace->time_s.push_back(time_s);
  trace->work_s.push_back(iterations * seconds_per_iteration);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Trace> ReadTrace(const std::string& path, double seconds_per_iteration) {
  if (!(std::isfinite(seconds_per_iteration) && seconds_per_iteration > 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "workload.trace.seconds_per_iteration must be a positive number, found ", seconds_per_iteration));
  }
  LineReader reader(path);
  if (!reader.is_open()) {
    return absl::NotFoundError(
        absl::StrCat(path, ": cannot be opened: ", strerror(errno), "; check workload.trace.path"));
  }
  Trace trace;
  trace.path = path;
  absl::string_view line;
  EK_ASSIGN_OR_RETURN(bool more, reader.Next(&line));
  if (!more)
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":1: expected the header `time<TAB>query`, found an empty file"));
  if (line != "time\tquery") {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":1: expected the header `time<TAB>query`, found ", Quote(line)));
  }
  for (;;) {
    EK_ASSIGN_OR_RETURN(more, reader.Next(&line));
    if (!more) break;
    const absl::Status status = ParseLine(line, seconds_per_iteration, &trace);
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat(path, ":", reader.line_number(), ": ", status.message()));
    }
  }
  if (trace.time_s.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":2: expected a request, found the end of the file"));
  }
  return trace;
}

}  // namespace evenkeel::sim
