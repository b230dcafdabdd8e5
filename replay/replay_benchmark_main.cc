// The figures of `evenkeel bench replay` without the rest of the product, for who works on replay.
#include <iostream>

#include "replay/replay_benchmark.h"

int main() {
  const auto results = evenkeel::BenchmarkReplay();
  if (!results.ok()) {
    std::cerr << results.status() << std::endl;
    return 1;
  }
  for (const evenkeel::BenchmarkResult& one : *results) {
    std::cout << one.name << ' ' << one.value << ' ' << one.unit << '\n';
  }
  return 0;
}
