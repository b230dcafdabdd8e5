// A trace, plain or gzip.
#include "sim/trace_reader.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string path = evenkeel::OwnFolder() + "/trace";
  evenkeel::WriteBytes(path, evenkeel::Text(data, size));
  const auto trace = evenkeel::sim::ReadTrace(path, 1.15e-8);
  if (trace.ok() && trace->time_s.size() != trace->work_s.size()) ::abort();
  return 0;
}
