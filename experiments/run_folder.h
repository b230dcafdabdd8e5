// The folder of one run: what it holds, who may write to it, and how a person names it.
//
//   config.textproto  config.origin.tsv   the resolved experiment, and where each value came from
//   run.json          id, command, build, host          status.json   state of the newest attempt
//   endpoints/ROLE    addresses of the living services  attempts/NN/ROLE.log
//   metrics.jsonl     one line per episode (coordinator)     learner.jsonl   one line per round of updates
//   (learner) checkpoints/  policies/vN/policy.pb  (learner)      replay/  (replay) evaluation.{json,csv,txt}
//   RESULT.json              written last, in this order
//   round.journal            the round under way on the wall clock (coordinator)
//   stacks/PID.txt           of a stall
//   heartbeats/RANK  hosts/RANK/ROLE.log  exit  requeues  ssh/   of a run over several hosts (cli/host.h, experiments/launch)
#ifndef EVENKEEL_EXPERIMENTS_RUN_FOLDER_H_
#define EVENKEEL_EXPERIMENTS_RUN_FOLDER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/config_layer.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// What run.json keeps.
struct RunIdentity {
  std::string id;                    // names the run among all; agents of another run are refused by it
  std::vector<std::string> command;  // as it was typed
  std::string version;               // of this build
  std::string host;
  std::string created;  // RFC 3339
};

// runs/NAME/ALGORITHM-sSEED: the same experiment finds its folder again.
std::string DefaultRunFolder(const v1::Experiment& experiment);

// The run folder that `argument` names: any path at or inside one, or a prefix of the path of exactly one
// below `runs_root` ("quickstart/q"). NOT_FOUND lists the runs there are; INVALID_ARGUMENT: several match.
absl::StatusOr<std::string> FindRunFolder(const std::string& argument, const std::string& runs_root);

// True if `folder` is one (it holds run.json).
bool IsRunFolder(const std::string& folder);

// The id in RUN/run.json.
absl::StatusOr<std::string> ReadRunId(const std::string& folder);

// A run folder that this process owns until the object goes; a lock on RUN/lock keeps others out. Not
// thread-safe.
class RunFolder {
 public:
  // Makes a new one. ALREADY_EXISTS: `folder` is a run folder (the message tells its state and what to do),
  // or holds other files, or another process is just making it.
  static absl::StatusOr<std::unique_ptr<RunFolder>> Create(const std::string& folder,
                                                           const ConfigLayer& config,
                                                           const RunIdentity& identity);

  // Takes over an existing one. ALREADY_EXISTS: another process is at it. NOT_FOUND: it is no run folder.
  static absl::StatusOr<std::unique_ptr<RunFolder>> Open(const std::string& folder);

  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

  // Replaces the resolved experiment (a resumption may change some keys).
  absl::Status WriteConfig(const ConfigLayer& config);

  // Begins an attempt: makes RUN/attempts/NN (counted from 01), forgets the endpoints of the attempt before,
  // and returns the folder.
  absl::StatusOr<std::string> BeginAttempt();

  // Replaces status.json. `state`: running, stopped, failed, trained (still to be evaluated), finished.
  absl::Status WriteState(const std::string& state, const std::string& detail);

 private:
  RunFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  static absl::StatusOr<std::unique_ptr<RunFolder>> Lock(const std::string& folder);

  const std::string path_;
  const int lock_;  // file descriptor
};

// The state in RUN/status.json; "unknown" if there is none.
std::string ReadState(const std::string& folder);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_RUN_FOLDER_H_
