// How other processes call replay.
#ifndef EVENKEEL_REPLAY_REPLAY_CLIENT_H_
#define EVENKEEL_REPLAY_REPLAY_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "protos/replay.grpc.pb.h"

namespace evenkeel {

// Blocking calls. While the peer is UNAVAILABLE each is repeated, after waits that grow from 20 ms to 1 s,
// until its timeout has passed: every call of replay may be repeated (replay.proto says what that costs). Each error
// begins with the role "replay" and the peer's address. Thread-safe.
class ReplayClient {
 public:
  // `address` is HOST:PORT. Does not connect yet. `clock` is not owned and outlives the client.
  ReplayClient(const std::string& address, Clock* clock);

  // Returns once the episode is durable. Errors: ReplayTables::Append, DEADLINE_EXCEEDED, UNAVAILABLE.
  absl::StatusOr<v1::AppendReply> Append(v1::Episode episode, absl::Duration timeout = absl::Seconds(30));

  // The items in the order in which they were drawn. Errors: ReplayTables::Sample, UNAVAILABLE.
  absl::StatusOr<std::vector<v1::SampledItem>> Sample(const v1::SampleRequest& request, absl::Duration timeout);

  // Errors: ReplayTables::UpdatePriorities, DEADLINE_EXCEEDED, UNAVAILABLE.
  absl::StatusOr<v1::UpdatePrioritiesReply> UpdatePriorities(const v1::UpdatePrioritiesRequest& request,
                                                             absl::Duration timeout);

  // `directory` is absolute. Errors: ReplayTables::Snapshot, DEADLINE_EXCEEDED, UNAVAILABLE.
  absl::StatusOr<v1::SnapshotReply> Snapshot(const std::string& directory, absl::Duration timeout);

  // Waits until next_episode >= `min_next_episode`; 0 = answers at once. Errors: ReplayTables::GetInfo,
  // UNAVAILABLE.
  absl::StatusOr<v1::ReplayInfo> GetInfo(uint64_t min_next_episode, absl::Duration timeout);

 private:
  // Runs attempt(context) -> grpc::Status as the class comment says. `call` names it in errors.
  template <typename Attempt>
  absl::Status Call(const char* call, absl::Duration timeout, Attempt attempt);

  const std::string address_;
  Clock* const clock_;
  const std::unique_ptr<v1::Replay::Stub> stub_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_CLIENT_H_
