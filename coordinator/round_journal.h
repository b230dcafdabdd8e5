// RUN/round.journal: what the agents did so far in the round under way on the wall clock.
#ifndef EVENKEEL_COORDINATOR_ROUND_JOURNAL_H_
#define EVENKEEL_COORDINATOR_ROUND_JOURNAL_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/append_file.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// The whole pieces at the beginning of a journal's `bytes`, merged, and how many bytes they take. A piece that was cut
// short, or whose checksum is wrong, ends them. Allocates no more than a few times the size of `bytes`.
std::pair<v1::RoundJournal, size_t> ParseRoundJournal(absl::string_view bytes);

// Not thread-safe. Errors are those of AppendFile.
class RoundJournal {
 public:
  // Opens `path`, creating it if there is none, and cuts off what a killed process left half-written.
  static absl::StatusOr<std::unique_ptr<RoundJournal>> Open(const std::string& path);

  // What Open found; began_unix_ns is 0 if there was no round under way.
  const v1::RoundJournal& found() const { return found_; }

  // A round begins; what stands in the file is of no use any more. `begin` is the time of step 0.
  absl::Status BeginRound(uint64_t round, absl::Time begin, uint64_t policy_version);

  // The next step of the round. It outlives this process from when this returns.
  absl::Status Append(const v1::StepTaken& step);

  // No round is under way.
  absl::Status Clear();

 private:
  RoundJournal(std::unique_ptr<AppendFile> file, v1::RoundJournal found)
      : file_(std::move(file)), found_(std::move(found)) {}

  absl::Status Write(const v1::RoundJournal& piece);

  const std::unique_ptr<AppendFile> file_;
  const v1::RoundJournal found_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_ROUND_JOURNAL_H_
