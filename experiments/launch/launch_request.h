// What is to be launched on an engine: some runs, each over the same number of hosts.
#ifndef EVENKEEL_EXPERIMENTS_LAUNCH_LAUNCH_REQUEST_H_
#define EVENKEEL_EXPERIMENTS_LAUNCH_LAUNCH_REQUEST_H_

#include <string>
#include <vector>

namespace evenkeel {

// Every host needs `program` and the run folders at these paths (a shared file system).
struct LaunchRequest {
  std::string name;                  // of the job: letters, digits, '-'
  std::string program;               // the evenkeel binary, an absolute path
  std::vector<std::string> runs;     // absolute paths of run folders that are ready to go on
  int hosts = 1;                     // of each run; rank 0 has the services, the others the actors
  std::string tls_folder;            // absolute path of the certificates; required with more than one host
  int max_requeues = 20;             // after failures that another try could mend; a preemption does not count

  // Slurm
  std::string partition;             // empty: the cluster's default
  std::string time_limit;            // as sbatch takes it; empty: the partition's
  int follow_seconds = 30;           // hosts that have not ended so long after rank 0 are lost
  int signal_seconds = 60;           // SIGUSR1 comes this long before the time limit
  std::string log_folder;            // absolute path; exists
  std::vector<std::string> options;  // more #SBATCH lines, verbatim

  // Kubernetes
  std::string image;                 // holds `program`
  std::string volume_claim;          // of the run folders, mounted at `volume_path`
  std::string volume_path;
  std::string tls_secret;            // keys ca.crt, node.crt, node.key
};

// What the exit codes of `evenkeel` mean to whoever may start it again (cli/exit_codes.h; a test holds them together).
constexpr int kPreemptedExitCode = 75;                      // always again
constexpr int kRetryExitCodes[] = {1, 5, 6};                // again, up to max_requeues
constexpr int kFinalExitCodes[] = {2, 3, 4, 7, 8, 9, 130};  // never

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LAUNCH_LAUNCH_REQUEST_H_
