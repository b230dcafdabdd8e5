#include "learner/resume_check.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/message_differencer.h"

namespace evenkeel {
namespace {

using google::protobuf::Descriptor;

void Ignore(const Descriptor* message, const std::vector<std::string>& fields,
            google::protobuf::util::MessageDifferencer* differencer) {
  for (const std::string& field : fields) differencer->IgnoreField(message->FindFieldByName(field));
}

}  // namespace

absl::Status CheckResumable(const v1::Experiment& then, const v1::Experiment& now) {
  google::protobuf::util::MessageDifferencer differencer;
  Ignore(v1::Experiment::descriptor(), {"name", "include", "checkpoint", "evaluation", "barrier", "recovery"},
         &differencer);
  Ignore(v1::Training::descriptor(), {"episodes", "learner_threads", "device", "cache_targets", "agents_per_actor"}, &differencer);
  Ignore(v1::ReplayOptions::descriptor(), {"ram_tier_bytes", "sync", "capacity_bytes"}, &differencer);
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(then, now)) return absl::OkStatus();
  const std::vector<std::string> lines = absl::StrSplit(absl::StripAsciiWhitespace(report), '\n');
  return absl::FailedPreconditionError(
      absl::StrCat("the experiment changed in what cannot change on resume (checkpoint -> now): ",
                   absl::StrJoin(lines, "; "), "; set these back, or start a new run"));
}

}  // namespace evenkeel
