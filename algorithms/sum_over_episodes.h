// Spreading what a learner computes per episode over threads.
#ifndef EVENKEEL_ALGORITHMS_SUM_OVER_EPISODES_H_
#define EVENKEEL_ALGORITHMS_SUM_OVER_EPISODES_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/named_thread.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// The sum (by Sum::Add) of compute(part, position of its first episode) over parts of at most `at_once` episodes, which bounds
// the memory. Each of up to `threads` threads, the caller's included, takes a share of the episodes; parts and shares are summed
// in their order, so that a number of threads always gives the same bits. Blocks. REQUIRES: threads, at_once and the number of
// episodes are at least 1; `compute` is thread-safe.
template <typename Sum, typename Compute>
Sum SumOverEpisodes(absl::Span<const v1::Episode* const> episodes, int64_t threads, size_t at_once,
                    const Compute& compute) {
  const size_t shares = std::min<size_t>(threads, episodes.size());
  std::vector<Sum> sums(shares);
  const auto sum_share = [&](size_t share) {
    const size_t first = share * episodes.size() / shares, end = (share + 1) * episodes.size() / shares;
    for (size_t begin = first; begin < end; begin += at_once) {
      Sum part = compute(episodes.subspan(begin, std::min(at_once, end - begin)), begin);
      if (begin == first) {
        sums[share] = std::move(part);
      } else {
        sums[share].Add(part);
      }
    }
  };
  {
    std::vector<NamedThread> workers;
    workers.reserve(shares - 1);
    for (size_t share = 1; share < shares; ++share) {
      workers.emplace_back(absl::StrCat("learn-", share), [&sum_share, share] {
        at::init_num_threads();  // OpenMP counts threads per calling thread: take over what the main set
        sum_share(share);
      });
    }
    sum_share(0);
  }
  for (size_t share = 1; share < shares; ++share) sums[0].Add(sums[share]);
  return std::move(sums[0]);
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SUM_OVER_EPISODES_H_
