// The learner's work: wait for a round of episodes, do the updates that belong to it, publish, checkpoint.
// Knows no transport.
#ifndef EVENKEEL_LEARNER_LEARNER_LOOP_H_
#define EVENKEEL_LEARNER_LEARNER_LOOP_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "algorithms/algorithm.h"
#include "common/clock.h"
#include "common/update_schedule.h"
#include "learner/checkpoint_store.h"
#include "learner/episode_source.h"
#include "learner/learner_log.h"
#include "learner/policy_broadcaster.h"
#include "learner/sample_prefetcher.h"
#include "protos/experiment.pb.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// The schedule that `training` asks for.
UpdateSchedule MakeUpdateSchedule(const v1::Training& training);

// Rounds end after worlds, 2 x worlds, ... episodes; the last one after training.episodes. The updates of the
// round that ends after e episodes are those up to UpdateSchedule::UpdatesDue(e). Update u (counted from 0)
// draws its batch among the episodes below e with the seed of stream {kSampleStream, u}: what is learned
// depends on the experiment and the episodes alone, not on timing nor on where the loop was stopped and
// resumed.
//
// Batches come from the table replay.sample_from. Where its sampler goes by priorities and the trainer tells a TD error
// per item of the batch (metric "td_error_abs.N", N is the position), these become the items' priorities before the
// next batch is drawn, so nothing is fetched ahead. Such priorities outlive a checkpoint: after a kill a resumed run
// draws by those that were set last, not by those at the checkpoint. The trainer is given the importance weights of each
// batch (importance_weights.h), which are all 1 where the sampler prefers nothing; their exponent goes by the updates
// that training.episodes asks for, so a resume with more episodes goes on along a flatter line.
class LearnerLoop {
 public:
  struct Options {
    std::string run_folder;
    v1::Experiment experiment;  // resolved, of a learned algorithm
    absl::Duration tick =
        absl::Milliseconds(200);  // while it waits for episodes, `stop` is looked at this often
  };

  // All that is pointed to outlives the loop. `trainer` is new, or restored from the newest checkpoint in
  // `checkpoints`.
  LearnerLoop(Options options, EpisodeSource* episodes, Trainer* trainer, CheckpointStore* checkpoints,
              PolicyPublisher* publisher, Clock* clock);

  // Goes on from the trainer's update count to the last update; publishes its policy at the start and after
  // each round, writes a checkpoint every checkpoint.every_episodes (rounded up to whole rounds) and at the
  // end, one line per round to RUN/learner.jsonl, and the last policy to RUN/policies/vN/policy.pb. OK when
  // all that is done.
  //   CANCELLED          `stop` was notified: the update under way was finished and a checkpoint written
  //   DEADLINE_EXCEEDED  no new episode for barrier.stall_after_seconds (plus an episode's length on the wall
  //   clock) else               what the trainer, the replay or the disk said, and at which update
  // May be called once.
  absl::Status Run(const absl::Notification* stop);

  // Counters. Thread-safe; never blocks on an update.
  v1::LearnerStatus status() const;

 private:
  std::vector<uint64_t> RoundEnds() const;
  absl::Status AwaitEpisodes(uint64_t round_end, const absl::Notification* stop);
  absl::Status UpdateRound(uint64_t round_end, const absl::Notification* stop, LearnerLog* log);
  absl::StatusOr<UpdateMetrics> UpdateOnce(const std::function<absl::StatusOr<EpisodeBatch>()>& next_batch,
                                           uint64_t round_end, const absl::Notification* stop,
                                           std::vector<double>* update_ms);
  absl::StatusOr<UpdateMetrics> UpdateOn(const EpisodeBatch& batch);
  absl::StatusOr<EpisodeBatch> SampleBatch(uint64_t update, uint64_t round_end,
                                           const absl::Notification* stop) const;
  absl::Status SendPriorities(const EpisodeBatch& batch, const UpdateMetrics& metrics, const absl::Notification* stop);

  // Repeats `call` while it says UNAVAILABLE, for barrier.stall_after_seconds at most. CANCELLED: `stop`.
  absl::Status WhileAway(const absl::Notification* stop, const std::function<absl::Status()>& call) const;

  // Does nothing if the newest one on disk is of this update. A snapshot of replay that fails is logged, no error.
  absl::Status WriteCheckpoint(absl::Duration snapshot_timeout);
  absl::Status Stop(const absl::Status& cancelled);
  absl::Status Finish();
  void Publish();

  const Options options_;
  const UpdateSchedule schedule_;
  const uint64_t worlds_;
  const absl::Duration stall_after_;
  const v1::ReplayTable table_;  // that is drawn from
  EpisodeSource* const episodes_;
  Trainer* const trainer_;
  CheckpointStore* const checkpoints_;
  PolicyPublisher* const publisher_;
  Clock* const clock_;

  uint64_t next_episode_ = 0;  // all below it are stored, as far as seen
  absl::Duration waited_;      // since the last line of the log
  double least_weight_ = 1;    // likewise

  mutable absl::Mutex mutex_;
  v1::LearnerStatus status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_LEARNER_LOOP_H_
