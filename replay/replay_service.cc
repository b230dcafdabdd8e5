#include "replay/replay_service.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <memory>

#include "absl/time/time.h"
#include "common/grpc_status.h"

namespace evenkeel {
namespace {

// How often a wait looks whether its caller is still there.
constexpr absl::Duration kWaitSlice = absl::Milliseconds(200);

absl::Duration TimeLeft(const grpc::ServerContext& context) {
  const gpr_timespec now = gpr_now(GPR_CLOCK_MONOTONIC);
  const gpr_timespec deadline = gpr_convert_clock_type(context.raw_deadline(), GPR_CLOCK_MONOTONIC);
  if (gpr_time_cmp(deadline, gpr_inf_future(GPR_CLOCK_MONOTONIC)) == 0) return absl::InfiniteDuration();
  const gpr_timespec left = gpr_time_sub(deadline, now);
  return absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
}

// The time for which a call may wait, such that its answer arrives in time.
absl::Duration TimeToWait(const grpc::ServerContext& context) {
  const absl::Duration left = TimeLeft(context);
  if (left == absl::InfiniteDuration()) return left;
  return left - std::min(left / 5, absl::Milliseconds(500));
}

// Calls attempt(timeout) until it ends otherwise than by its timeout, the caller has left, or its time is
// over.
template <typename Attempt>
auto AttemptInSlices(const grpc::ServerContext& context, Attempt attempt) {
  absl::Duration left = TimeToWait(context);
  while (true) {
    const absl::Duration slice = std::min(left, kWaitSlice);
    auto result = attempt(std::max(slice, absl::ZeroDuration()));
    left -= slice;
    if (!absl::IsDeadlineExceeded(result.status()) || left <= absl::ZeroDuration() || context.IsCancelled()) {
      return result;
    }
  }
}

}  // namespace

grpc::Status ReplayService::Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                                   v1::AppendReply* reply) {
  const auto episode = std::make_shared<const v1::Episode>(request->episode());
  absl::StatusOr<v1::AppendReply> result =
      AttemptInSlices(*context, [&](absl::Duration timeout) { return tables_->Append(episode, timeout); });
  if (result.ok()) *reply = *std::move(result);
  return ToGrpcStatus(result.status());
}

grpc::Status ReplayService::Sample(grpc::ServerContext* context, const v1::SampleRequest* request,
                                   grpc::ServerWriter<v1::SampledItem>* writer) {
  auto sample =
      AttemptInSlices(*context, [&](absl::Duration timeout) { return tables_->Sample(*request, timeout); });
  if (!sample.ok()) return ToGrpcStatus(sample.status());
  for (SampledEpisode& one : *sample) {
    // Lent to the message while it is written, which changes nothing in it: others hold the same episode.
    one.item.unsafe_arena_set_allocated_episode(const_cast<v1::Episode*>(one.episode.get()));
    const bool written = writer->Write(one.item);
    one.item.unsafe_arena_release_episode();
    if (!written) return grpc::Status(grpc::StatusCode::CANCELLED, "the caller went away");
  }
  return grpc::Status::OK;
}

grpc::Status ReplayService::UpdatePriorities(grpc::ServerContext*, const v1::UpdatePrioritiesRequest* request,
                                             v1::UpdatePrioritiesReply* reply) {
  absl::StatusOr<v1::UpdatePrioritiesReply> result = tables_->UpdatePriorities(*request);
  if (result.ok()) *reply = *std::move(result);
  return ToGrpcStatus(result.status());
}

grpc::Status ReplayService::Snapshot(grpc::ServerContext*, const v1::SnapshotRequest* request,
                                     v1::SnapshotReply* reply) {
  absl::StatusOr<v1::SnapshotReply> result = tables_->Snapshot(*request);
  if (result.ok()) *reply = *std::move(result);
  return ToGrpcStatus(result.status());
}

grpc::Status ReplayService::GetInfo(grpc::ServerContext* context, const v1::InfoRequest* request,
                                    v1::ReplayInfo* reply) {
  absl::StatusOr<v1::ReplayInfo> result =
      AttemptInSlices(*context, [&](absl::Duration timeout) { return tables_->GetInfo(*request, timeout); });
  if (result.ok()) *reply = *std::move(result);
  return ToGrpcStatus(result.status());
}

}  // namespace evenkeel
