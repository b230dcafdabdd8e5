#include "sim/trace_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <string>

#include "common/rng.h"

namespace evenkeel::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Write(const std::string& name, const std::string& bytes) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string WriteGzip(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + "/" + name;
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return path;
}

std::string ReadBytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Lines that do not compress well.
std::string LongTrace(int lines) {
  Rng rng(1);
  std::string text = "time\tquery\n";
  for (int i = 0; i < lines; ++i) {
    text += std::to_string(i) + "\t/dummy.php/?n=" + std::to_string(rng.Below(1000000000)) + "\n";
  }
  return text;
}

std::string ErrorOf(const std::string& text, absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  const std::string path = Write("bad.csv", text);
  const absl::Status status = ReadTrace(path, 1).status();
  EXPECT_EQ(status.code(), code) << status;
  std::string message(status.message());
  EXPECT_EQ(message.substr(0, path.size()), path);
  return message.substr(path.size());
}

TEST(TraceReader, ReadsTimesAndWork) {
  const auto trace =
      ReadTrace(Write("good.csv", "time\tquery\n0.5\t/dummy.php/?n=100\n0.75\t/a?m=1&n=8&k=2\n"), 0.25);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_THAT(trace->time_s, ElementsAre(0.5, 0.75));
  EXPECT_THAT(trace->work_s, ElementsAre(25, 2));
}

TEST(TraceReader, ReadsGzip) {
  const std::string text = LongTrace(20000);
  const auto plain = ReadTrace(Write("long.csv", text), 1),
             packed = ReadTrace(WriteGzip("long.csv.gz", text), 1);
  ASSERT_TRUE(packed.ok()) << packed.status();
  EXPECT_EQ(packed->time_s.size(), 20000u);
  EXPECT_EQ(packed->time_s, plain->time_s);
  EXPECT_EQ(packed->work_s, plain->work_s);
}

TEST(TraceReader, AcceptsCarriageReturnsAndAMissingLastNewline) {
  const auto trace = ReadTrace(Write("crlf.csv", "time\tquery\r\n1\t?n=2\r\n1\t?n=3"), 1);
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_THAT(trace->work_s, ElementsAre(2, 3));
}

TEST(TraceReader, NamesAFileThatIsNotThere) {
  const absl::Status status = ReadTrace("/nowhere/trace.csv", 1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/trace.csv: cannot be opened: No such file"));
}

TEST(TraceReader, NamesAFolder) {
  EXPECT_THAT(std::string(ReadTrace(testing::TempDir(), 1).status().message()), HasSubstr("Is a directory"));
}

TEST(TraceReader, RefusesAnEmptyFile) {
  EXPECT_EQ(ErrorOf(""), ":1: expected the header `time<TAB>query`, found an empty file");
}

TEST(TraceReader, RefusesAMissingHeader) {
  EXPECT_EQ(ErrorOf("0.5\t?n=1\n"), ":1: expected the header `time<TAB>query`, found `0.5\\t?n=1`");
}

TEST(TraceReader, RefusesAHeaderAlone) {
  EXPECT_EQ(ErrorOf("time\tquery\n"), ":2: expected a request, found the end of the file");
}

TEST(TraceReader, RefusesAMissingTab) {
  EXPECT_EQ(ErrorOf("time\tquery\n0.5\t?n=1\n0.6 ?n=1\n"),
            ":3: expected `<seconds><TAB><query>`, found no tab in `0.6 ?n=1`");
}

TEST(TraceReader, RefusesABlankLine) {
  EXPECT_EQ(ErrorOf("time\tquery\n0.5\t?n=1\n\n"),
            ":3: expected `<seconds><TAB><query>`, found no tab in ``");
}

TEST(TraceReader, RefusesABadTime) {
  for (const std::string bad : {"0.5s", "", "-1", "nan", "inf"}) {
    EXPECT_EQ(ErrorOf("time\tquery\n" + bad + "\t?n=1\n"),
              ":2: expected a time in seconds, a number >= 0, before the tab, found `" + bad + "`");
  }
}

TEST(TraceReader, RefusesTimeGoingBack) {
  EXPECT_EQ(ErrorOf("time\tquery\n2\t?n=1\n1.5\t?n=1\n"),
            ":3: time goes back from 2 to `1.5`; sort the trace by time");
}

TEST(TraceReader, RefusesAQueryWithoutIterations) {
  for (const std::string bad : {"/index.html", "/?m=1", "/n=5", "/?xn=5"}) {
    EXPECT_EQ(ErrorOf("time\tquery\n1\t" + bad + "\n"),
              ":2: expected a query with the parameter n (`...?n=<iterations>`), found `" + bad + "`");
  }
}

TEST(TraceReader, RefusesABadNumberOfIterations) {
  for (const std::string bad : {"", "many", "-5", "1e999"}) {
    EXPECT_EQ(ErrorOf("time\tquery\n1\t/?n=" + bad + "&m=2\n"),
              ":2: expected a number of iterations >= 0 after `n=`, found `" + bad + "`");
  }
}

TEST(TraceReader, QuotesNoMoreThanAnErrorCanHold) {
  const std::string message = ErrorOf("time\tquery\n" + std::string(1000, 'x') + "\n");
  EXPECT_LT(message.size(), 200u);
  EXPECT_THAT(message, HasSubstr("...`"));
}

TEST(TraceReader, RefusesABinaryFileWithoutReadingItWhole) {
  EXPECT_THAT(ErrorOf(std::string(1 << 20, '\0')),
              HasSubstr(":1: a line of more than 65536 bytes; is this a trace?"));
}

TEST(TraceReader, RefusesTruncatedGzip) {
  const std::string whole = ReadBytes(WriteGzip("whole.csv.gz", LongTrace(20000)));
  const std::string error = ErrorOf(whole.substr(0, whole.size() / 2), absl::StatusCode::kDataLoss);
  EXPECT_THAT(error, HasSubstr("the gzip data end too early: the file is truncated"));
}

TEST(TraceReader, RefusesCorruptGzip) {
  std::string bytes = ReadBytes(WriteGzip("whole.csv.gz", LongTrace(20000)));
  for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i)
    bytes[i] = static_cast<char>(bytes[i] ^ 0x55);
  const absl::Status status = ReadTrace(Write("corrupt.csv.gz", bytes), 1).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("corrupt.csv.gz:"));
}

TEST(TraceReader, RefusesABadFactor) {
  EXPECT_THAT(std::string(ReadTrace(Write("good.csv", "time\tquery\n1\t?n=1\n"), 0).status().message()),
              HasSubstr("workload.trace.seconds_per_iteration"));
}

}  // namespace
}  // namespace evenkeel::sim
