// Random streams: every source of randomness is one Rng, named by a root seed and a path of numbers (episode, LB, ...),
// so a run needs no stored generator state to be repeated, and adding a stream never shifts another.
#ifndef EVENKEEL_COMMON_RNG_H_
#define EVENKEEL_COMMON_RNG_H_

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace evenkeel {

// xoshiro256++ (Blackman and Vigna 2019), seeded through SplitMix64. The samplers are our own because those of
// <random> differ between libraries. Copyable; copies continue independently. Not thread-safe.
class Rng {
 public:
  // The stream that `path` names below `seed`. Different paths give independent streams.
  explicit Rng(uint64_t seed, std::initializer_list<uint64_t> path = {}) {
    uint64_t key = Mix(seed + 0x9e3779b97f4a7c15u);
    for (uint64_t part : path) key = Mix(key ^ Mix(part + 0xbf58476d1ce4e5b9u)) + 0x9e3779b97f4a7c15u;
    for (uint64_t& word : state_) word = Mix(key += 0x9e3779b97f4a7c15u);
  }

  uint64_t Next() {
    const uint64_t result = Rotate(state_[0] + state_[3], 23) + state_[0];
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = Rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

  // Uniform in {0, ..., bound-1}. REQUIRES: bound > 0. Bias below 2^-32 for bound < 2^32.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

  // Exponential with the given mean.
  double Exponential(double mean) { return -mean * std::log(1 - Uniform()); }

  // Standard normal (Box-Muller; one of the pair is dropped so that no hidden state remains).
  double Normal() {
    const double radius = std::sqrt(-2.0 * std::log(1 - Uniform()));
    return radius * std::cos(6.283185307179586 * Uniform());
  }

  // Lognormal with the given mean and standard deviation of the log.
  double Lognormal(double mean, double log_std) {
    return mean * std::exp(log_std * Normal() - 0.5 * log_std * log_std);
  }

 private:
  static uint64_t Rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  uint64_t state_[4];
};

// First element of a stream's path, so that streams of different purpose never meet.
enum RngStream : uint64_t {
  kArrivalStream = 1,      // + episode or held-out seed
  kDispatchStream = 2,     // + episode, LB
  kExplorationStream = 3,  // + episode, LB
  kReservoirStream = 4,    // + episode, LB
  kInitStream = 5,         // network initialisation
  kSampleStream = 6,       // + update
  kServerStream = 7,       // + episode (co-location)
  kControlStream = 8,      // + episode, LB (random weights and the like)
  kExchangeStream = 9,     // + episode (delay and losses of exchanged counts)
  kSearchStream = 10,      // + generation, candidate or scenario (es)
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_RNG_H_
