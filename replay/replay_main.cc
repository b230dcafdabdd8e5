#include "replay/replay_main.h"

#include <glog/logging.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/grpc_server.h"
#include "common/status_macros.h"
#include "replay/episode_validation.h"
#include "replay/experience_store.h"
#include "replay/replay_service.h"
#include "replay/replay_snapshot.h"
#include "replay/replay_tables.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(5);

absl::StatusOr<std::unique_ptr<ReplayTables>> OpenTables(const ReplayServerOptions& options) {
  const v1::ReplayOptions& replay = options.experiment.replay();
  ExperienceStoreOptions store_options;
  store_options.path = absl::StrCat(options.run_folder, "/replay");
  store_options.run_id = options.run_id;
  store_options.capacity_episodes = replay.capacity_episodes();
  store_options.capacity_bytes = replay.capacity_bytes();
  store_options.tables = TableNames(replay);
  store_options.sync = replay.sync();
  EK_ASSIGN_OR_RETURN(const std::string restored,
                      RestoreReplayIfMissing(store_options.path, absl::StrCat(options.run_folder, "/checkpoints")));
  if (!restored.empty()) LOG(WARNING) << store_options.path << " was missing; it is restored from " << restored;
  EK_ASSIGN_OR_RETURN(std::unique_ptr<ExperienceStore> store, ExperienceStore::Open(store_options));
  return ReplayTables::Create(std::move(store), replay);
}

}  // namespace

absl::Status ServeReplay(const ReplayServerOptions& options, absl::Notification* stop) {
  const absl::Time begin = options.clock->Now();
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<ReplayTables> tables, OpenTables(options));
  EK_ASSIGN_OR_RETURN(const v1::ReplayInfo info, tables->GetInfo({}, absl::ZeroDuration()));
  ReplayService service(tables.get());
  GrpcServerOptions server_options;
  server_options.listen_address = options.listen_address;
  server_options.role = "replay";
  server_options.run_folder = options.run_folder;
  server_options.max_message_bytes = kMaxReplayMessageBytes;
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<GrpcServer> server,
                      GrpcServer::Start(server_options, {&service}));
  LOG(INFO) << "replay serves " << info.episodes() << " episodes at " << server->address() << ", opened in "
            << absl::FormatDuration(options.clock->Now() - begin);

  stop->WaitForNotification();
  tables->Close();
  server->Shutdown(kGrace);
  LOG(INFO) << "replay stopped";
  return absl::OkStatus();
}

}  // namespace evenkeel
