// What the fuzzers share. libFuzzer calls LLVMFuzzerTestOneInput with every input; a crash, a sanitizer's
// finding, a CHECK, more memory or time than tools/fuzz allows: each is a bug of the parser under test.
#ifndef EVENKEEL_TESTS_FUZZ_FUZZ_INPUT_H_
#define EVENKEEL_TESTS_FUZZ_FUZZ_INPUT_H_

#include <google/protobuf/message.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace evenkeel {

inline std::string Text(const uint8_t* data, size_t size) {
  return std::string(reinterpret_cast<const char*>(data), size);
}

// The input cut at its first `separator`: what lies before, and what behind.
inline std::pair<std::string, std::string> Cut(const std::string& input, const std::string& separator) {
  const size_t at = input.find(separator);
  if (at == std::string::npos) return {input, ""};
  return {input.substr(0, at), input.substr(at + separator.size())};
}

// False for what gRPC would not hand to a service either.
inline bool Parse(const uint8_t* data, size_t size, google::protobuf::Message* message) {
  return message->ParseFromArray(data, static_cast<int>(size));
}

// A folder of this process's own, the same in every call, for parsers that take a path; in TMPDIR, which
// tools/fuzz puts in memory and removes.
inline std::string OwnFolder() {
  static const std::string* const folder = [] {
    const char* const parent = ::getenv("TMPDIR");
    std::string name = std::string(parent == nullptr ? "/tmp" : parent) + "/XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) ::abort();
    return new std::string(name);
  }();
  return *folder;
}

inline void WriteBytes(const std::string& path, const std::string& bytes) {
  FILE* const file = ::fopen(path.c_str(), "wb");
  if (file == nullptr || ::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) ::abort();
  ::fclose(file);
}

}  // namespace evenkeel

#endif  // EVENKEEL_TESTS_FUZZ_FUZZ_INPUT_H_
