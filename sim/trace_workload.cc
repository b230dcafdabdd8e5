#include "sim/trace_workload.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "sim/share_sampler.h"
#include "sim/workload.h"

namespace evenkeel::sim {
namespace {

// Below kArrivalStream.
enum Substream : uint64_t { kOffset = 16, kLbs = 17 };

// A stretch of a trace: the rows [first, last) and the time they span.
struct Part {
  size_t first;
  size_t last;
  double start_s;
  double end_s;
};

class TraceWorkload : public ArrivalSource {
 public:
  TraceWorkload(std::shared_ptr<const Trace> trace, const Part& part, const TraceWindowOptions& options,
                uint64_t seed)
      : trace_(std::move(trace)),
        part_(part),
        speedup_(options.speedup),
        lb_sampler_(options.lb_shares),
        lb_stream_(seed, {kArrivalStream, kLbs}) {
    const double length_s = part.end_s - part.start_s;
    const double window_s = options.episode_s * options.speedup;
    const double free_s = window_s < length_s ? length_s - window_s : length_s;
    zero_s_ = part.start_s + free_s * Rng(seed, {kArrivalStream, kOffset}).Uniform();
    const auto begin = trace_->time_s.begin();
    row_ = std::lower_bound(begin + part.first, begin + part.last, zero_s_) - begin;
  }

  size_t Next(absl::Span<Flow> flows) override {
    for (Flow& flow : flows) {
      if (row_ == part_.last) {
        row_ = part_.first;
        zero_s_ -= part_.end_s - part_.start_s;
      }
      flow.arrival_s = (trace_->time_s[row_] - zero_s_) / speedup_;
      flow.work_s = static_cast<float>(trace_->work_s[row_]);
      flow.lb = lb_sampler_.Draw(&lb_stream_);
      flow.flow_class = 0;
      ++row_;
    }
    return flows.size();
  }

 private:
  const std::shared_ptr<const Trace> trace_;
  const Part part_;
  const double speedup_;
  const ShareSampler lb_sampler_;
  Rng lb_stream_;
  double zero_s_;  // the trace's time at which the episode began; moves back at each return to the part's
                   // beginning
  size_t row_;
};

absl::Status Wrong(const char* field, const char* expected, double found) {
  return absl::InvalidArgumentError(
      absl::StrCat("workload.trace.", field, " must be ", expected, ", found ", found));
}

absl::Status ValidateWindow(const TraceWindowOptions& options) {
  if (!(std::isfinite(options.speedup) && options.speedup > 0)) {
    return Wrong("speedup", "a positive number", options.speedup);
  }
  if (!(options.held_out_share >= 0 && options.held_out_share <= 1)) {
    return Wrong("held_out_share", "in 0..1", options.held_out_share);
  }
  return ValidateLbShares(options.lb_shares);
}

Part FindPart(const Trace& trace, const TraceWindowOptions& options) {
  const double start_s = trace.time_s.front();
  const double end_s = trace.time_s.back();
  const double cut_s = start_s + (1 - options.held_out_share) * (end_s - start_s);
  const size_t cut = std::lower_bound(trace.time_s.begin(), trace.time_s.end(), cut_s) - trace.time_s.begin();
  if (options.held_out) return {cut, trace.time_s.size(), cut_s, end_s};
  return {0, options.held_out_share == 0 ? trace.time_s.size() : cut, start_s, cut_s};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ArrivalSource>> MakeTraceWorkload(std::shared_ptr<const Trace> trace,
                                                                 const TraceWindowOptions& options,
                                                                 uint64_t seed) {
  EK_RETURN_IF_ERROR(ValidateWindow(options));
  const Part part = FindPart(*trace, options);
  if (part.first == part.last || !(part.end_s > part.start_s)) {
    return absl::InvalidArgumentError(absl::StrCat(
        trace->path, ": the ", options.held_out ? "held-out" : "training",
        " part is empty with workload.trace.held_out_share ", options.held_out_share, "; the trace has ",
        trace->time_s.size(), " requests over ", trace->time_s.back() - trace->time_s.front(), " s"));
  }
  return std::unique_ptr<ArrivalSource>(new TraceWorkload(std::move(trace), part, options, seed));
}

}  // namespace evenkeel::sim
