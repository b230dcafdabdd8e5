#include "learner/learner_main.h"

#include <glog/logging.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/blas_check.h"
#include "algorithms/nets/matrix_precision.h"
#include "algorithms/registry.h"
#include "algorithms/torch_process.h"
#include "algorithms/training_precision.h"
#include "common/endpoint.h"
#include "common/freed_memory.h"
#include "common/grpc_server.h"
#include "common/status_macros.h"
#include "learner/checkpoint_store.h"
#include "learner/learner_loop.h"
#include "learner/learner_service.h"
#include "learner/policy_broadcaster.h"
#include "learner/replay_episode_source.h"
#include "replay/replay_client.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(1);

void SetUpForTraining(const v1::Training& training) {
  UseOneTorchThread();
  KeepFreedMemory();
  for (const std::string& warning :
       {SlowBlasWarning(MeasureGflops()), RoundedPrecisionWarning(training, CpuMultipliesBfloat16())}) {
    if (!warning.empty()) LOG(WARNING) << warning;
  }
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeTrainer(const v1::Experiment& experiment) {
  EK_ASSIGN_OR_RETURN(const AlgorithmInfo* algorithm, FindAlgorithm(experiment.algorithm().name()));
  if (algorithm->make_trainer == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("algorithm ", algorithm->name, " does not learn; it runs without a learner"));
  }
  PolicyContext context;
  context.experiment = &experiment;
  context.agents = static_cast<int>(experiment.topology().lbs());
  for (const v1::ServerGroup& group : experiment.topology().servers()) {
    const double weight = group.has_nominal_weight() ? group.nominal_weight() : group.vcpus();
    context.nominal_weights.insert(context.nominal_weights.end(), group.count(), static_cast<float>(weight));
  }
  context.servers = static_cast<int>(context.nominal_weights.size());
  return algorithm->make_trainer(context);
}

CheckpointStoreOptions StoreOptions(const LearnerServerOptions& options, const Trainer& trainer) {
  CheckpointStoreOptions store;
  store.folder = absl::StrCat(options.run_folder, "/checkpoints");
  store.run_id = options.run_id;
  store.experiment = options.experiment;
  store.shape = trainer.Export().shape();
  store.keep_last = static_cast<int>(options.experiment.checkpoint().keep_last());
  return store;
}

absl::Status Restore(const CheckpointScan& scan, Trainer* trainer) {
  for (const SkippedCheckpoint& skipped : scan.skipped) {
    LOG(WARNING) << "checkpoint " << skipped.path << " is not used: " << skipped.reason.message();
  }
  if (!scan.newest.has_value()) {
    LOG(INFO) << "no checkpoint to resume from: the updates are done again from the first";
    return absl::OkStatus();
  }
  const absl::Status status = trainer->RestoreState(scan.newest->trainer_state);
  if (!status.ok()) return absl::Status(status.code(), absl::StrCat(scan.path, ": ", status.message()));
  if (trainer->updates() != scan.newest->updates) {
    return absl::DataLossError(absl::StrCat(scan.path, ": the manifest tells update ", scan.newest->updates,
                                            ", the state is of update ", trainer->updates()));
  }
  LOG(INFO) << "resumes from " << scan.path << " at update " << trainer->updates();
  return absl::OkStatus();
}

absl::Status RestoreOrBegin(const LearnerServerOptions& options, const CheckpointStore& store,
                            Trainer* trainer) {
  if (options.resume) {
    EK_ASSIGN_OR_RETURN(const CheckpointScan scan, store.LatestValid());
    return Restore(scan, trainer);
  }
  if (!store.HasAny()) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      options.run_folder, "/checkpoints holds those of an earlier run; resume it, or choose another folder"));
}

// Until all is learned and `stop` was notified, or until an error.
absl::Status Learn(LearnerLoop* loop, const absl::Notification* stop) {
  const absl::Status status = loop->Run(stop);
  if (!status.ok()) return status;
  LOG(INFO) << "all " << loop->status().updates() << " updates are done";
  stop->WaitForNotification();
  return absl::OkStatus();
}

}  // namespace

absl::Status ServeLearner(const LearnerServerOptions& options, absl::Notification* stop) {
  SetUpForTraining(options.experiment.training());
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<Trainer> trainer, MakeTrainer(options.experiment));
  CheckpointStore checkpoints(StoreOptions(options, *trainer));
  EK_RETURN_IF_ERROR(RestoreOrBegin(options, checkpoints, trainer.get()));
  const absl::Duration patience = absl::Seconds(options.experiment.barrier().join_seconds());
  EK_ASSIGN_OR_RETURN(const std::string replay,
                      AwaitEndpoint(options.run_folder, "replay", patience, options.clock));
  ReplayClient replay_client(replay, options.clock);
  ReplayEpisodeSource episodes(&replay_client);

  PolicyBroadcaster policies;
  LearnerLoop loop({options.run_folder, options.experiment}, &episodes, trainer.get(), &checkpoints,
                   &policies, options.clock);
  LearnerService service(&policies, [&loop] { return loop.status(); });
  GrpcServerOptions server_options;
  server_options.listen_address = options.listen_address;
  server_options.role = "learner";
  server_options.run_folder = options.run_folder;
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<GrpcServer> server,
                      GrpcServer::Start(server_options, {&service}));
  LOG(INFO) << "learner serves at " << server->address() << ", " << loop.status().updates() << " of "
            << loop.status().target_updates() << " updates done";
  const absl::Status status = Learn(&loop, stop);
  policies.Close();
  server->Shutdown(kGrace);
  return status;
}

}  // namespace evenkeel
