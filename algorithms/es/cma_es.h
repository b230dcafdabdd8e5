// CMA-ES (Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772) in its separable form (Ros and Hansen, A simple
// modification in CMA-ES achieving linear time and space complexity, PPSN 2008): finds a point of low cost of a function
// that is only known by noisy comparison, by drawing candidates from a Gaussian whose mean, step and variances it adapts.
// The mean also moves away from the worse half of the candidates (Arnold, Weighted multirecombination evolution strategies,
// Theoretical Computer Science 361, 2006): what they tell is as much as what the better half tells.
// How coordinates vary together is not learned: in a hundred dimensions that would take thousands of generations.
#ifndef EVENKEEL_ALGORITHMS_ES_CMA_ES_H_
#define EVENKEEL_ALGORITHMS_ES_CMA_ES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace evenkeel {

// Not thread-safe. Same arguments and costs: same candidates, bit for bit on one machine, also after Save and Restore.
class CmaEs {
 public:
  // `population` >= 4 candidates a generation, around `initial` with standard deviation `step` > 0 in every direction.
  CmaEs(const std::vector<double>& initial, double step, int population, uint64_t seed);
  ~CmaEs();

  // The candidates of this generation [population, dimensions]. May be called again: the same ones.
  std::vector<std::vector<double>> Candidates() const;

  // Takes the costs [population] of Candidates() and goes on to the next generation. Only their order counts; NaN is the
  // worst. REQUIRES: costs.size() is the population.
  void Update(absl::Span<const double> costs);

  uint64_t generation() const;       // updates done
  std::vector<double> mean() const;  // the centre of the next candidates

  // An exponential average of the means over about the last quarter of the generations, at least 25: steadier where noise
  // keeps the mean wandering.
  std::vector<double> average() const;
  double step() const;

  // The whole state as opaque bytes with a checksum.
  std::string Save() const;

  // Takes over what Save gave, or changes nothing. DATA_LOSS: damaged. INVALID_ARGUMENT: of another dimension or population.
  absl::Status Restore(const std::string& state);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ES_CMA_ES_H_
