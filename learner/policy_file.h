// A policy on disk: RUN/policies/vN/policy.pb, `policy.pb` in a checkpoint, and what `evenkeel eval
// --policy=FILE` reads.
//
// The format is one line of text, "evenkeel policy 1 <bytes> <crc32c as 8 hex digits>\n", then that many
// bytes of a serialized v1::PolicyParameters. The line makes a foreign or torn file recognisable; 1 is the
// version of the format.
#ifndef EVENKEEL_LEARNER_POLICY_FILE_H_
#define EVENKEEL_LEARNER_POLICY_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// RUN/policies/vVERSION/policy.pb.
std::string PolicyFilePath(const std::string& run_folder, uint64_t version);

// The bytes of a policy file. Equal policies give equal bytes.
std::string EncodePolicyFile(const v1::PolicyParameters& policy);

// The policy in `bytes`; `origin` (a path) names them in errors. INVALID_ARGUMENT: no policy file.
// FAILED_PRECONDITION: of a newer format. DATA_LOSS: cut short or changed. Each says what was expected and
// what was found.
absl::StatusOr<v1::PolicyParameters> DecodePolicyFile(absl::string_view bytes, const std::string& origin);

// Replaces `path` whole, and makes the folders above it.
absl::Status WritePolicyFile(const std::string& path, const v1::PolicyParameters& policy);

// Errors of ReadFile and DecodePolicyFile.
absl::StatusOr<v1::PolicyParameters> ReadPolicyFile(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_POLICY_FILE_H_
