#include "replay/replay_client.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_channel.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "replay/episode_validation.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(20);
constexpr absl::Duration kMaxBackoff = absl::Seconds(1);

}  // namespace

ReplayClient::ReplayClient(const std::string& address, Clock* clock)
    : address_(address),
      clock_(clock),
      stub_(v1::Replay::NewStub(MakeGrpcChannel(address, kMaxReplayMessageBytes))) {}

template <typename Attempt>
absl::Status ReplayClient::Call(const char* call, absl::Duration timeout, Attempt attempt) {
  const absl::Time begin = clock_->Now();
  const absl::Time deadline = begin + timeout;
  absl::Duration backoff = kFirstBackoff;
  for (int attempts = 1;; ++attempts) {
    grpc::ClientContext context;
    context.set_deadline(GrpcDeadlineIn(deadline - clock_->Now()));
    const grpc::Status status = attempt(&context);
    if (status.ok()) return absl::OkStatus();
    const absl::Time again = clock_->Now() + backoff;
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || again >= deadline) {
      const std::string tried = attempts == 1
                                    ? ""
                                    : absl::StrCat(" (", attempts, " attempts in ",
                                                   absl::FormatDuration(clock_->Now() - begin), ")");
      return absl::Status(
          static_cast<absl::StatusCode>(status.error_code()),
          absl::StrCat("replay at ", address_, ": ", call, ": ", FromGrpcStatus(status).message(), tried));
    }
    clock_->SleepUntil(again);
    backoff = std::min(2 * backoff, kMaxBackoff);
  }
}

absl::StatusOr<v1::AppendReply> ReplayClient::Append(v1::Episode episode, absl::Duration timeout) {
  v1::AppendRequest request;
  *request.mutable_episode() = std::move(episode);
  v1::AppendReply reply;
  EK_RETURN_IF_ERROR(Call("Append", timeout, [&](grpc::ClientContext* context) {
    return stub_->Append(context, request, &reply);
  }));
  return reply;
}

absl::StatusOr<std::vector<v1::SampledItem>> ReplayClient::Sample(const v1::SampleRequest& request,
                                                                  absl::Duration timeout) {
  std::vector<v1::SampledItem> items;
  EK_RETURN_IF_ERROR(Call("Sample", timeout, [&](grpc::ClientContext* context) {
    items.clear();
    const auto reader = stub_->Sample(context, request);
    v1::SampledItem item;
    while (reader->Read(&item)) items.push_back(std::move(item));
    return reader->Finish();
  }));
  return items;
}

absl::StatusOr<v1::UpdatePrioritiesReply> ReplayClient::UpdatePriorities(const v1::UpdatePrioritiesRequest& request,
                                                                         absl::Duration timeout) {
  v1::UpdatePrioritiesReply reply;
  EK_RETURN_IF_ERROR(Call("UpdatePriorities", timeout, [&](grpc::ClientContext* context) {
    return stub_->UpdatePriorities(context, request, &reply);
  }));
  return reply;
}

absl::StatusOr<v1::SnapshotReply> ReplayClient::Snapshot(const std::string& directory, absl::Duration timeout) {
  v1::SnapshotRequest request;
  request.set_directory(directory);
  v1::SnapshotReply reply;
  EK_RETURN_IF_ERROR(Call("Snapshot", timeout, [&](grpc::ClientContext* context) {
    return stub_->Snapshot(context, request, &reply);
  }));
  return reply;
}

absl::StatusOr<v1::ReplayInfo> ReplayClient::GetInfo(uint64_t min_next_episode, absl::Duration timeout) {
  v1::InfoRequest request;
  request.set_min_next_episode(min_next_episode);
  v1::ReplayInfo reply;
  EK_RETURN_IF_ERROR(Call("GetInfo", timeout, [&](grpc::ClientContext* context) {
    return stub_->GetInfo(context, request, &reply);
  }));
  return reply;
}

}  // namespace evenkeel
