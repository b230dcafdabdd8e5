#include "learner/learner_loop.h"

#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "learner/importance_weights.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

// Bounds how long a stop waits for a sample under way.
constexpr absl::Duration kSampleTimeout = absl::Seconds(5);

// RocksDB flushes up to 32 MiB for a snapshot, on a disk that may be busy.
constexpr absl::Duration kSnapshotTimeout = absl::Seconds(30);

// Replay may have been stopped at the same moment, and whoever stops us does not wait for long.
constexpr absl::Duration kSnapshotTimeoutAtStop = absl::Seconds(2);

absl::Duration StallAfter(const v1::Experiment& experiment) {
  const bool wall = experiment.training().clock() == v1::Training::WALL;
  return absl::Seconds(experiment.barrier().stall_after_seconds() +
                       (wall ? experiment.training().episode_seconds() : 0));
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<const v1::Episode*> PointersTo(const EpisodeBatch& batch) {
  std::vector<const v1::Episode*> episodes;
  for (const v1::SampledItem& item : batch) episodes.push_back(&item.episode());
  return episodes;
}

v1::ReplayTable SampledTable(const v1::ReplayOptions& replay) {
  for (const v1::ReplayTable& table : replay.tables()) {
    if (table.name() == replay.sample_from()) return table;
  }
  return v1::ReplayTable();
}

bool SamplesByPriority(const v1::ReplayTable& table) {
  return table.sampler() == v1::ReplayTable::PRIORITISED || table.sampler() == v1::ReplayTable::MAX_HEAP ||
         table.sampler() == v1::ReplayTable::MIN_HEAP;
}

double Metric(const UpdateMetrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? std::nan("") : found->second;
}

}  // namespace

UpdateSchedule MakeUpdateSchedule(const v1::Training& training) {
  UpdateSchedule schedule;
  schedule.warmup_episodes = training.warmup_episodes();
  schedule.updates_per_episode = training.updates_per_episode();
  return schedule;
}

LearnerLoop::LearnerLoop(Options options, EpisodeSource* episodes, Trainer* trainer,
                         CheckpointStore* checkpoints, PolicyPublisher* publisher, Clock* clock)
    : options_(std::move(options)),
      schedule_(MakeUpdateSchedule(options_.experiment.training())),
      worlds_(std::max<uint64_t>(1, options_.experiment.training().worlds())),
      stall_after_(StallAfter(options_.experiment)),
      table_(SampledTable(options_.experiment.replay())),
      episodes_(episodes),
      trainer_(trainer),
      checkpoints_(checkpoints),
      publisher_(publisher),
      clock_(clock) {
  absl::MutexLock lock(&mutex_);
  status_.set_updates(trainer_->updates());
  status_.set_target_updates(schedule_.UpdatesDue(options_.experiment.training().episodes()));
  status_.set_checkpoint_updates(trainer_->updates());
}

v1::LearnerStatus LearnerLoop::status() const {
  absl::MutexLock lock(&mutex_);
  return status_;
}

std::vector<uint64_t> LearnerLoop::RoundEnds() const {
  const uint64_t last = options_.experiment.training().episodes();
  std::vector<uint64_t> ends;
  for (uint64_t end = worlds_; end < last; end += worlds_) ends.push_back(end);
  if (last > 0) ends.push_back(last);
  return ends;
}

void LearnerLoop::Publish() {
  publisher_->Publish(std::make_shared<v1::PolicyParameters>(trainer_->Export()));
}

absl::Status LearnerLoop::Run(const absl::Notification* stop) {
  EK_ASSIGN_OR_RETURN(LearnerLog log, LearnerLog::Open(absl::StrCat(options_.run_folder, "/learner.jsonl"),
                                                       trainer_->updates()));
  Publish();
  const uint64_t every = options_.experiment.checkpoint().every_episodes();
  uint64_t next_checkpoint = every;
  for (const uint64_t round_end : RoundEnds()) {
    const bool checkpoint_due = round_end >= next_checkpoint;
    if (checkpoint_due) next_checkpoint = round_end + every;
    if (schedule_.UpdatesDue(round_end) <= trainer_->updates()) continue;
    absl::Status status = AwaitEpisodes(round_end, stop);
    if (status.ok()) status = UpdateRound(round_end, stop, &log);
    if (absl::IsCancelled(status)) return Stop(status);
    EK_RETURN_IF_ERROR(status);
    Publish();
    if (checkpoint_due) EK_RETURN_IF_ERROR(WriteCheckpoint(kSnapshotTimeout));
  }
  return Finish();
}

absl::Status LearnerLoop::AwaitEpisodes(uint64_t round_end, const absl::Notification* stop) {
  const absl::Time begin = clock_->Now();
  absl::Time last_progress = begin;
  absl::Status trouble;
  while (next_episode_ < round_end) {
    if (stop->HasBeenNotified()) {
      return absl::CancelledError(absl::StrCat("stopped while waiting for episode ", round_end - 1));
    }
    const absl::StatusOr<uint64_t> seen = episodes_->AwaitNextEpisode(next_episode_ + 1, options_.tick);
    const absl::Time now = clock_->Now();
    if (!seen.ok() && !absl::IsUnavailable(seen.status())) return seen.status();
    if (!seen.ok()) clock_->SleepUntil(now + options_.tick);
    trouble = seen.status();
    if (seen.ok() && *seen > next_episode_) {
      next_episode_ = *seen;
      last_progress = now;
    }
    if (next_episode_ < round_end && now - last_progress > stall_after_) {
      return absl::DeadlineExceededError(absl::StrCat(
          "stalled: waited ", absl::FormatDuration(now - last_progress), " for episode ", next_episode_,
          " (episodes below ", round_end, " are needed for update ", trainer_->updates(), ")",
          trouble.ok() ? std::string() : absl::StrCat("; replay: ", trouble.message()),
          "; look at the coordinator's log"));
    }
  }
  waited_ += clock_->Now() - begin;
  return absl::OkStatus();
}

absl::StatusOr<EpisodeBatch> LearnerLoop::SampleBatch(uint64_t update, uint64_t round_end,
                                                      const absl::Notification* stop) const {
  v1::SampleRequest request;
  const uint64_t batch = options_.experiment.training().batch_episodes();
  request.set_episodes(static_cast<uint32_t>(std::min(batch, round_end)));
  request.set_seed(Rng(options_.experiment.seed(), {kSampleStream, update}).Next());
  request.set_before_episode(round_end);
  request.set_table(options_.experiment.replay().sample_from());
  EpisodeBatch items;
  EK_RETURN_IF_ERROR(WhileAway(stop, [&]() -> absl::Status {
    EK_ASSIGN_OR_RETURN(items, episodes_->Sample(request, kSampleTimeout));
    return absl::OkStatus();
  }));
  if (items.empty()) {
    return absl::NotFoundError(
        absl::StrCat("replay drew no episode below ", round_end, " of ", request.episodes(), " asked"));
  }
  return items;
}

absl::Status LearnerLoop::WhileAway(const absl::Notification* stop, const std::function<absl::Status()>& call) const {
  const absl::Time deadline = clock_->Now() + stall_after_;
  absl::Status status = call();
  while (absl::IsUnavailable(status) && clock_->Now() < deadline) {
    if (stop->HasBeenNotified()) return absl::CancelledError("stopped while replay was away");
    clock_->SleepUntil(clock_->Now() + options_.tick);
    status = call();
  }
  return status;
}

absl::Status LearnerLoop::SendPriorities(const EpisodeBatch& batch, const UpdateMetrics& metrics,
                                         const absl::Notification* stop) {
  v1::UpdatePrioritiesRequest request;
  request.set_table(options_.experiment.replay().sample_from());
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto error = metrics.find(absl::StrCat("td_error_abs.", i));
    if (error == metrics.end()) continue;
    v1::ItemPriority* priority = request.add_priorities();
    priority->set_key(batch[i].key());
    priority->set_priority(error->second);
  }
  if (request.priorities().empty()) return absl::OkStatus();
  return WhileAway(stop, [&] { return episodes_->UpdatePriorities(request, kSampleTimeout); });
}

absl::StatusOr<UpdateMetrics> LearnerLoop::UpdateOn(const EpisodeBatch& batch) {
  const uint64_t updates = schedule_.UpdatesDue(options_.experiment.training().episodes());
  const double exponent = ImportanceExponent(table_, trainer_->updates(), updates);
  EK_ASSIGN_OR_RETURN(const std::vector<float> weights, ImportanceWeights(batch, exponent));
  least_weight_ = std::min<double>(least_weight_, *std::min_element(weights.begin(), weights.end()));
  return trainer_->Update(PointersTo(batch), weights);
}

absl::StatusOr<UpdateMetrics> LearnerLoop::UpdateOnce(
    const std::function<absl::StatusOr<EpisodeBatch>()>& next_batch, uint64_t round_end,
    const absl::Notification* stop, std::vector<double>* update_ms) {
  const absl::Time begin = clock_->Now();
  absl::StatusOr<EpisodeBatch> batch = next_batch();
  const absl::Time sampled = clock_->Now();
  waited_ += sampled - begin;
  absl::StatusOr<UpdateMetrics> metrics = batch.ok() ? UpdateOn(*batch) : batch.status();
  if (!metrics.ok()) {
    return absl::Status(metrics.status().code(),
                        absl::StrCat("update ", trainer_->updates(), " on episodes below ", round_end, ": ",
                                     metrics.status().message()));
  }
  update_ms->push_back(absl::ToDoubleMilliseconds(clock_->Now() - sampled));
  {
    absl::MutexLock lock(&mutex_);
    status_.set_updates(trainer_->updates());
  }
  if (SamplesByPriority(table_)) EK_RETURN_IF_ERROR(SendPriorities(*batch, *metrics, stop));
  return metrics;
}

absl::Status LearnerLoop::UpdateRound(uint64_t round_end, const absl::Notification* stop, LearnerLog* log) {
  const uint64_t due = schedule_.UpdatesDue(round_end);
  const uint64_t count = due - trainer_->updates();
  const auto fetch = [this, round_end, stop](uint64_t update) { return SampleBatch(update, round_end, stop); };
  absl::optional<SamplePrefetcher> ahead;
  if (!SamplesByPriority(table_)) ahead.emplace(trainer_->updates(), due, fetch);
  const auto next_batch = [&] { return ahead.has_value() ? ahead->Next() : fetch(trainer_->updates()); };
  LearnerRound round;
  std::vector<double> update_ms;
  while (trainer_->updates() < due) {
    if (stop->HasBeenNotified()) {
      return absl::CancelledError(absl::StrCat("stopped after update ", trainer_->updates()));
    }
    EK_ASSIGN_OR_RETURN(const UpdateMetrics metrics, UpdateOnce(next_batch, round_end, stop, &update_ms));
    round.loss += Metric(metrics, "loss");
    round.q_mean += Metric(metrics, "q_mean");
    round.gradient_norm += Metric(metrics, "gradient_norm");
  }
  round.loss /= count;
  round.q_mean /= count;
  round.gradient_norm /= count;
  round.episodes = round_end;
  round.updates = due;
  round.update_ms = Median(std::move(update_ms));
  round.wait_ms = absl::ToDoubleMilliseconds(std::exchange(waited_, absl::ZeroDuration()));
  round.importance_weight_min = std::exchange(least_weight_, 1);
  EK_RETURN_IF_ERROR(log->Append(round));
  absl::MutexLock lock(&mutex_);
  status_.set_loss(round.loss);
  status_.set_update_ms(round.update_ms);
  return absl::OkStatus();
}

absl::Status LearnerLoop::WriteCheckpoint(absl::Duration snapshot_timeout) {
  Checkpoint checkpoint;
  checkpoint.updates = trainer_->updates();
  if (checkpoint.updates == status().checkpoint_updates()) return absl::OkStatus();
  for (const uint64_t round_end : RoundEnds()) {
    const uint64_t due = schedule_.UpdatesDue(round_end);
    if (due > 0 && due <= checkpoint.updates) checkpoint.episodes = round_end;
  }
  checkpoint.extra_updates = checkpoint.updates - schedule_.UpdatesDue(checkpoint.episodes);
  EK_ASSIGN_OR_RETURN(checkpoint.trainer_state, trainer_->SaveState());
  checkpoint.policy = trainer_->Export();
  CheckpointStore::SnapshotReplay snapshot;
  if (options_.experiment.checkpoint().replay()) {
    snapshot = [this, snapshot_timeout](const std::string& folder) {
      const absl::Status status = episodes_->Snapshot(folder, snapshot_timeout);
      if (!status.ok()) LOG(WARNING) << "a checkpoint is written without a snapshot of replay: " << status;
      return status;
    };
  }
  EK_RETURN_IF_ERROR(checkpoints_->Write(checkpoint, snapshot).status());
  absl::MutexLock lock(&mutex_);
  status_.set_checkpoint_updates(checkpoint.updates);
  return absl::OkStatus();
}

absl::Status LearnerLoop::Stop(const absl::Status& cancelled) {
  EK_RETURN_IF_ERROR(WriteCheckpoint(kSnapshotTimeoutAtStop));
  return absl::CancelledError(absl::StrCat(cancelled.message(), "; the newest checkpoint holds update ",
                                           status().checkpoint_updates()));
}

absl::Status LearnerLoop::Finish() {
  EK_RETURN_IF_ERROR(WriteCheckpoint(kSnapshotTimeout));
  EK_RETURN_IF_ERROR(
      WritePolicyFile(PolicyFilePath(options_.run_folder, trainer_->updates()), trainer_->Export()));
  absl::MutexLock lock(&mutex_);
  status_.set_finished(true);
  return absl::OkStatus();
}

}  // namespace evenkeel
