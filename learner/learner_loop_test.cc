#include "learner/learner_loop.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/durable_file.h"
#include "common/rng.h"
#include "gtest/gtest.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

// "Learns" a number that depends on every batch so far and on their order.
class CountingTrainer : public Trainer {
 public:
  absl::StatusOr<UpdateMetrics> Update(absl::Span<const v1::Episode* const> batch,
                                       absl::Span<const float> weights) override {
    if (updates_ == fail_at_) return absl::InternalError("the loss is not finite");
    ++updates_;
    weights_.emplace_back(weights.begin(), weights.end());
    for (const v1::Episode* episode : batch) learned_ = learned_ * 31 + episode->number() + 1;
    if (after_update_) after_update_(updates_);
    UpdateMetrics metrics{{"loss", 1.0 / updates_}, {"q_mean", 2.0}};
    for (size_t i = 0; tells_td_errors_ && i < batch.size(); ++i) {
      metrics[absl::StrCat("td_error_abs.", i)] = static_cast<double>(100 * updates_ + i);
    }
    return metrics;
  }

  uint64_t updates() const override { return updates_; }

  v1::PolicyParameters Export() const override {
    v1::PolicyParameters policy;
    policy.set_algorithm("counting");
    policy.set_version(updates_);
    return policy;
  }

  absl::StatusOr<std::string> SaveState() const override { return absl::StrCat(updates_, " ", learned_); }

  absl::Status RestoreState(const std::string& state) override {
    const std::vector<std::string> words = absl::StrSplit(state, ' ');
    const bool ok = absl::SimpleAtoi(words[0], &updates_) && absl::SimpleAtoi(words[1], &learned_);
    return ok ? absl::OkStatus() : absl::DataLossError("no counting state");
  }

  void CallAfterEachUpdate(std::function<void(uint64_t)> call) { after_update_ = std::move(call); }
  void FailAt(uint64_t update) { fail_at_ = update; }
  void TellTdErrors() { tells_td_errors_ = true; }
  uint64_t learned() const { return learned_; }
  const std::vector<std::vector<float>>& weights() const { return weights_; }  // of each update

 private:
  uint64_t updates_ = 0;
  uint64_t learned_ = 0;
  std::vector<std::vector<float>> weights_;
  uint64_t fail_at_ = UINT64_MAX;
  bool tells_td_errors_ = false;
  std::function<void(uint64_t)> after_update_;
};

// Has all episodes below `stored`; a wait for more takes its whole timeout on the clock.
class FakeEpisodes : public EpisodeSource {
 public:
  FakeEpisodes(uint64_t stored, ManualClock* clock) : stored_(stored), clock_(clock) {}

  absl::StatusOr<uint64_t> AwaitNextEpisode(uint64_t wanted, absl::Duration timeout) override {
    if (stored_ >= wanted) return std::min(stored_, ++shown_);
    clock_->Advance(timeout);
    if (on_wait_) on_wait_();
    return stored_;
  }

  absl::StatusOr<std::vector<v1::SampledItem>> Sample(const v1::SampleRequest& request,
                                                      absl::Duration timeout) override {
    absl::MutexLock lock(&mutex_);
    if (away_) {
      clock_->Advance(timeout);
      if (on_wait_) on_wait_();
      return absl::UnavailableError("replay is away");
    }
    requests_.push_back(request);
    std::vector<v1::SampledItem> batch(request.episodes());
    Rng rng(request.seed());
    for (v1::SampledItem& item : batch) {
      item.mutable_episode()->set_number(rng.Below(request.before_episode()));
      item.set_key(1000 + item.episode().number());
      item.set_probability(0.25);
    }
    if (first_probability_ != 0) batch[0].set_probability(first_probability_);
    return batch;
  }

  absl::Status UpdatePriorities(const v1::UpdatePrioritiesRequest& request, absl::Duration) override {
    absl::MutexLock lock(&mutex_);
    priorities_.push_back(request);
    sampled_before_.push_back(requests_.size());
    return absl::OkStatus();
  }

  absl::Status Snapshot(const std::string& directory, absl::Duration) override {
    absl::MutexLock lock(&mutex_);
    if (away_) return absl::UnavailableError("replay is away");
    std::filesystem::create_directory(directory);
    snapshots_.push_back(directory);
    return absl::OkStatus();
  }

  void GoAway() {
    absl::MutexLock lock(&mutex_);
    away_ = true;
  }

  // Of the first item of each batch; that of the others is 0.25.
  void SetFirstProbability(double probability) { first_probability_ = probability; }

  void OnWait(std::function<void()> call) { on_wait_ = std::move(call); }

  std::vector<v1::SampleRequest> requests() {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

  std::vector<v1::UpdatePrioritiesRequest> priorities() {
    absl::MutexLock lock(&mutex_);
    return priorities_;
  }

  // How many batches had been drawn when each update of the priorities came.
  std::vector<size_t> sampled_before() {
    absl::MutexLock lock(&mutex_);
    return sampled_before_;
  }

  std::vector<std::string> snapshots() {
    absl::MutexLock lock(&mutex_);
    return snapshots_;
  }

 private:
  const uint64_t stored_;
  uint64_t shown_ = 0;
  ManualClock* const clock_;
  std::function<void()> on_wait_;
  double first_probability_ = 0;  // 0: like the others
  absl::Mutex mutex_;
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<v1::SampleRequest> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::UpdatePrioritiesRequest> priorities_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> sampled_before_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> snapshots_ ABSL_GUARDED_BY(mutex_);
};

class RecordingPublisher : public PolicyPublisher {
 public:
  void Publish(SharedPolicy policy) override { versions.push_back(policy->version()); }

  std::vector<uint64_t> versions;
};

v1::Experiment Example() {
  v1::Experiment experiment;
  experiment.set_seed(7);
  experiment.mutable_algorithm()->set_name("counting");
  experiment.mutable_training()->set_episodes(10);
  experiment.mutable_training()->set_worlds(4);
  experiment.mutable_training()->set_warmup_episodes(5);
  experiment.mutable_training()->set_updates_per_episode(3);
  experiment.mutable_training()->set_batch_episodes(6);
  experiment.mutable_barrier()->set_stall_after_seconds(60);
  experiment.mutable_checkpoint()->set_every_episodes(4);
  experiment.mutable_checkpoint()->set_keep_last(3);
  return experiment;
}

// One process's life: a trainer (restored from the run folder, if it holds a checkpoint) and its loop.
class Learner {
 public:
  Learner(const std::string& run_folder, const v1::Experiment& experiment, uint64_t stored)
      : run_folder_(run_folder),
        experiment_(experiment),
        clock_(absl::UnixEpoch()),
        episodes_(stored, &clock_),
        store_(StoreOptions()) {
    const absl::StatusOr<CheckpointScan> scan = store_.LatestValid();
    EXPECT_TRUE(scan.ok()) << scan.status();
    if (scan->newest.has_value()) {
      EXPECT_TRUE(trainer_.RestoreState(scan->newest->trainer_state).ok());
    }
  }

  absl::Status Run() {
    LearnerLoop loop({run_folder_, experiment_, absl::Milliseconds(200)}, &episodes_, &trainer_, &store_,
                     &publisher_, &clock_);
    const absl::Status status = loop.Run(&stop_);
    status_ = loop.status();
    return status;
  }

  CountingTrainer& trainer() { return trainer_; }
  FakeEpisodes& episodes() { return episodes_; }
  absl::Notification& stop() { return stop_; }
  CheckpointStore& store() { return store_; }
  ManualClock& clock() { return clock_; }
  const std::vector<uint64_t>& published() const { return publisher_.versions; }
  const v1::LearnerStatus& status() const { return status_; }

 private:
  CheckpointStoreOptions StoreOptions() const {
    CheckpointStoreOptions options;
    options.folder = absl::StrCat(run_folder_, "/checkpoints");
    options.run_id = "test";
    options.experiment = experiment_;
    return options;
  }

  const std::string run_folder_;
  const v1::Experiment experiment_;
  ManualClock clock_;
  FakeEpisodes episodes_;
  CheckpointStore store_;
  CountingTrainer trainer_;
  RecordingPublisher publisher_;
  absl::Notification stop_;
  v1::LearnerStatus status_;
};

class LearnerLoopTest : public testing::Test {
 protected:
  LearnerLoopTest()
      : run_folder_(absl::StrCat(testing::TempDir(), "/",
                                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(run_folder_);
    EXPECT_TRUE(MakeFolders(run_folder_ + "/straight").ok());
    EXPECT_TRUE(MakeFolders(run_folder_ + "/stopped").ok());
  }

  std::vector<std::string> LogLines(const std::string& folder) const {
    std::vector<std::string> lines =
        absl::StrSplit(ReadFile(folder + "/learner.jsonl").value(), '\n', absl::SkipEmpty());
    return lines;
  }

  const std::string run_folder_;
};

// Rounds end after 4, 8, 10 episodes; due are 0, (8-5+1)*3 = 12 and (10-5+1)*3 = 18 updates.
TEST_F(LearnerLoopTest, DoesTheUpdatesOfEachRoundAndPublishesOncePerRound) {
  Learner learner(run_folder_, Example(), 10);
  ASSERT_TRUE(learner.Run().ok());
  EXPECT_EQ(learner.trainer().updates(), 18u);
  EXPECT_EQ(learner.published(), (std::vector<uint64_t>{0, 12, 18}));
}

TEST_F(LearnerLoopTest, SamplesEachUpdateFromItsOwnStreamBelowItsRound) {
  Learner learner(run_folder_, Example(), 10);
  ASSERT_TRUE(learner.Run().ok());
  const std::vector<v1::SampleRequest> requests = learner.episodes().requests();
  ASSERT_EQ(requests.size(), 18u);
  for (uint64_t update = 0; update < requests.size(); ++update) {
    EXPECT_EQ(requests[update].seed(), Rng(7, {kSampleStream, update}).Next()) << update;
    EXPECT_EQ(requests[update].before_episode(), update < 12 ? 8u : 10u) << update;
    EXPECT_EQ(requests[update].episodes(), 6u) << update;
  }
}

TEST_F(LearnerLoopTest, ABatchIsNoLargerThanWhatIsStored) {
  v1::Experiment experiment = Example();
  experiment.mutable_training()->set_warmup_episodes(1);
  Learner learner(run_folder_, experiment, 10);
  ASSERT_TRUE(learner.Run().ok());
  EXPECT_EQ(learner.episodes().requests()[0].episodes(), 4u);
}

TEST_F(LearnerLoopTest, WritesOneLinePerRoundOfUpdates) {
  Learner learner(run_folder_, Example(), 10);
  ASSERT_TRUE(learner.Run().ok());
  const std::vector<std::string> lines = LogLines(run_folder_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("{\"episodes\":8,\"updates\":12,"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("{\"episodes\":10,\"updates\":18,"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1].find("\"q_mean\":2.0"), std::string::npos) << lines[1];
}

TEST_F(LearnerLoopTest, AtTheEndThePolicyTheCheckpointAndTheStatusSaySo) {
  Learner learner(run_folder_, Example(), 10);
  ASSERT_TRUE(learner.Run().ok());
  const absl::StatusOr<v1::PolicyParameters> policy = ReadPolicyFile(PolicyFilePath(run_folder_, 18));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->version(), 18u);
  const CheckpointScan scan = learner.store().LatestValid().value();
  ASSERT_TRUE(scan.newest.has_value());
  EXPECT_EQ(scan.path, run_folder_ + "/checkpoints/ep-000010");
  EXPECT_EQ(scan.newest->updates, 18u);
  EXPECT_TRUE(learner.status().finished());
  EXPECT_EQ(learner.status().updates(), 18u);
  EXPECT_EQ(learner.status().target_updates(), 18u);
  EXPECT_EQ(learner.status().checkpoint_updates(), 18u);
}

TEST_F(LearnerLoopTest, CheckpointsEverySoManyEpisodesRoundedUpToRounds) {
  v1::Experiment experiment = Example();
  experiment.mutable_training()->set_episodes(24);
  experiment.mutable_training()->set_warmup_episodes(1);
  experiment.mutable_checkpoint()->set_every_episodes(6);
  experiment.mutable_checkpoint()->set_keep_last(99);
  Learner learner(run_folder_, experiment, 24);
  ASSERT_TRUE(learner.Run().ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(run_folder_ + "/checkpoints")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"ep-000008", "ep-000016", "ep-000024"}));
}

TEST_F(LearnerLoopTest, ARunWithoutAnyUpdateFinishes) {
  v1::Experiment experiment = Example();
  experiment.mutable_training()->set_warmup_episodes(99);
  Learner learner(run_folder_, experiment, 10);
  EXPECT_TRUE(learner.Run().ok());
  EXPECT_EQ(learner.published(), std::vector<uint64_t>{0});
}

TEST_F(LearnerLoopTest, WaitingLongerThanTheStallTimeForTheNextEpisodeIsAnError) {
  Learner learner(run_folder_, Example(), 6);
  const absl::Status status = learner.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(status.message().find("stalled: waited 1m0.2s for episode 6"), std::string::npos) << status;
}

TEST_F(LearnerLoopTest, OnTheWallClockAnEpisodesLengthIsNoStall) {
  v1::Experiment experiment = Example();
  experiment.mutable_training()->set_clock(v1::Training::WALL);
  experiment.mutable_training()->set_episode_seconds(30);
  Learner learner(run_folder_, experiment, 6);
  const absl::Status status = learner.Run();
  EXPECT_NE(status.message().find("waited 1m30.2s"), std::string::npos) << status;
}

TEST_F(LearnerLoopTest, AFailedUpdateEndsTheRunAndNamesTheUpdate) {
  Learner learner(run_folder_, Example(), 10);
  learner.trainer().FailAt(13);
  const absl::Status status = learner.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.message().find("update 13 on episodes below 10: the loss is not finite"),
            std::string::npos)
      << status;
  EXPECT_EQ(learner.store().LatestValid()->newest->updates, 12u);
}

TEST_F(LearnerLoopTest, AReplayThatStaysAwayEndsTheRun) {
  Learner learner(run_folder_, Example(), 10);
  learner.trainer().CallAfterEachUpdate([&](uint64_t) { learner.episodes().GoAway(); });
  const absl::Status status = learner.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("replay is away"), std::string::npos) << status;
  EXPECT_GE(learner.clock().Now() - absl::UnixEpoch(), absl::Seconds(60));
}

TEST_F(LearnerLoopTest, StoppedWhileReplayIsAwayItStillCheckpoints) {
  Learner learner(run_folder_, Example(), 10);
  learner.trainer().CallAfterEachUpdate([&](uint64_t) { learner.episodes().GoAway(); });
  learner.episodes().OnWait([&] {
    if (!learner.stop().HasBeenNotified()) learner.stop().Notify();
  });
  EXPECT_EQ(learner.Run().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(learner.store().LatestValid()->newest->updates, learner.trainer().updates());
}

TEST_F(LearnerLoopTest, StoppedWhileWaitingItEndsAtOnce) {
  Learner learner(run_folder_, Example(), 6);
  learner.episodes().OnWait([&] {
    if (!learner.stop().HasBeenNotified()) learner.stop().Notify();
  });
  EXPECT_EQ(learner.Run().code(), absl::StatusCode::kCancelled);
  EXPECT_LE(learner.clock().Now() - absl::UnixEpoch(), absl::Milliseconds(200));
}

TEST_F(LearnerLoopTest, StoppedBetweenUpdatesItCheckpointsThere) {
  Learner learner(run_folder_, Example(), 10);
  learner.trainer().CallAfterEachUpdate([&](uint64_t updates) {
    if (updates == 14) learner.stop().Notify();
  });
  const absl::Status status = learner.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(learner.trainer().updates(), 14u);
  const CheckpointScan scan = learner.store().LatestValid().value();
  EXPECT_EQ(scan.path, run_folder_ + "/checkpoints/ep-000008+000002");
  EXPECT_EQ(scan.newest->updates, 14u);
}

// Stops in turn after every update; what the resumed learner asks for, learns and logs is what the
// uninterrupted one does.
TEST_F(LearnerLoopTest, StoppedAnywhereAndResumedItLearnsTheSame) {
  Learner straight(run_folder_ + "/straight", Example(), 10);
  ASSERT_TRUE(straight.Run().ok());
  for (uint64_t stop_at = 1; stop_at < 18; ++stop_at) {
    const std::string folder = run_folder_ + "/stopped";
    std::filesystem::remove_all(folder);
    ASSERT_TRUE(MakeFolders(folder).ok());
    Learner first(folder, Example(), 10);
    first.trainer().CallAfterEachUpdate([&](uint64_t updates) {
      if (updates == stop_at) first.stop().Notify();
    });
    ASSERT_EQ(first.Run().code(), absl::StatusCode::kCancelled) << stop_at;
    Learner second(folder, Example(), 10);
    ASSERT_TRUE(second.Run().ok());
    EXPECT_EQ(second.trainer().learned(), straight.trainer().learned()) << stop_at;
    EXPECT_EQ(second.published().front(), stop_at);
    EXPECT_EQ(second.episodes().requests().size(), 18 - stop_at);
    EXPECT_EQ(LogLines(folder).size(), 2u) << stop_at;
  }
}

// A kill loses what was learned since the last checkpoint; it is learned again, the same.
TEST_F(LearnerLoopTest, KilledAfterACheckpointItLearnsTheRestAgainTheSame) {
  Learner straight(run_folder_ + "/straight", Example(), 10);
  ASSERT_TRUE(straight.Run().ok());
  Learner killed(run_folder_ + "/stopped", Example(), 10);
  killed.trainer().FailAt(16);
  ASSERT_FALSE(killed.Run().ok());
  Learner resumed(run_folder_ + "/stopped", Example(), 10);
  EXPECT_EQ(resumed.trainer().updates(), 12u);
  ASSERT_TRUE(resumed.Run().ok());
  EXPECT_EQ(resumed.trainer().learned(), straight.trainer().learned());
}

v1::Experiment Prioritised() {
  v1::Experiment experiment = Example();
  experiment.mutable_replay()->set_sample_from("per");
  experiment.mutable_replay()->add_tables()->set_name("experience");
  v1::ReplayTable* table = experiment.mutable_replay()->add_tables();
  table->set_name("per");
  table->set_sampler(v1::ReplayTable::PRIORITISED);
  return experiment;
}

TEST_F(LearnerLoopTest, ItDrawsFromTheTableThatIsNamed) {
  Learner learner(run_folder_, Prioritised(), 10);
  ASSERT_TRUE(learner.Run().ok());
  for (const v1::SampleRequest& request : learner.episodes().requests()) EXPECT_EQ(request.table(), "per");
}

TEST_F(LearnerLoopTest, TheErrorsOfABatchAreSentBeforeTheNextIsDrawn) {
  Learner learner(run_folder_, Prioritised(), 10);
  learner.trainer().TellTdErrors();
  ASSERT_TRUE(learner.Run().ok());
  const std::vector<v1::UpdatePrioritiesRequest> sent = learner.episodes().priorities();
  ASSERT_EQ(sent.size(), 18u);
  for (size_t update = 0; update < sent.size(); ++update) {
    EXPECT_EQ(learner.episodes().sampled_before()[update], update + 1);
    EXPECT_EQ(sent[update].table(), "per");
    ASSERT_EQ(sent[update].priorities_size(), 6);
    EXPECT_EQ(sent[update].priorities(5).priority(), 100.0 * (update + 1) + 5);
    EXPECT_GE(sent[update].priorities(5).key(), 1000u);
  }
}

TEST_F(LearnerLoopTest, WithoutErrorsPerItemNoPriorityIsSent) {
  Learner learner(run_folder_, Prioritised(), 10);
  ASSERT_TRUE(learner.Run().ok());
  EXPECT_TRUE(learner.episodes().priorities().empty());
}

TEST_F(LearnerLoopTest, WhereTheTableHasNoPrioritiesNoneIsSent) {
  Learner learner(run_folder_, Example(), 10);
  learner.trainer().TellTdErrors();
  ASSERT_TRUE(learner.Run().ok());
  EXPECT_TRUE(learner.episodes().priorities().empty());
}

// The exponent goes from 0.5 in update 0 to 1 in update 17, the last.
v1::Experiment Weighted() {
  v1::Experiment experiment = Prioritised();
  experiment.mutable_replay()->mutable_tables(1)->set_importance_exponent_start(0.5);
  experiment.mutable_replay()->mutable_tables(1)->set_importance_exponent_end(1);
  return experiment;
}

TEST_F(LearnerLoopTest, TheTrainerIsGivenTheImportanceWeightsOfEachBatch) {
  Learner learner(run_folder_, Weighted(), 10);
  learner.episodes().SetFirstProbability(0.5);
  ASSERT_TRUE(learner.Run().ok());
  const std::vector<std::vector<float>>& weights = learner.trainer().weights();
  ASSERT_EQ(weights.size(), 18u);
  for (size_t update = 0; update < 18; ++update) {
    const float of_first = static_cast<float>(std::pow(0.5, 0.5 + 0.5 * update / 17));
    EXPECT_NEAR(weights[update][0], of_first, 1e-6) << update;
    EXPECT_EQ(std::vector<float>(weights[update].begin() + 1, weights[update].end()), std::vector<float>(5, 1.0f));
  }
}

TEST_F(LearnerLoopTest, AResumedLearnerGoesOnWithTheExponentOfItsUpdate) {
  Learner killed(run_folder_, Weighted(), 10);
  killed.trainer().FailAt(16);
  ASSERT_FALSE(killed.Run().ok());
  Learner resumed(run_folder_, Weighted(), 10);
  resumed.episodes().SetFirstProbability(0.5);
  ASSERT_TRUE(resumed.Run().ok());
  ASSERT_EQ(resumed.trainer().weights().size(), 6u);
  EXPECT_NEAR(resumed.trainer().weights().front()[0], std::pow(0.5, 0.5 + 0.5 * 12 / 17), 1e-6);
  EXPECT_NEAR(resumed.trainer().weights().back()[0], 0.5, 1e-6);
}

TEST_F(LearnerLoopTest, WhereAllDrawsAreEquallyLikelyAllWeightsAreOne) {
  Learner learner(run_folder_, Weighted(), 10);
  ASSERT_TRUE(learner.Run().ok());
  for (const std::vector<float>& weights : learner.trainer().weights()) EXPECT_EQ(weights, std::vector<float>(6, 1.0f));
  EXPECT_NE(LogLines(run_folder_)[0].find("\"importance_weight_min\":1.0"), std::string::npos);
}

TEST_F(LearnerLoopTest, TheLogTellsTheLeastWeightOfEachRound) {
  v1::Experiment experiment = Weighted();
  experiment.mutable_replay()->mutable_tables(1)->set_importance_exponent_start(1);
  Learner learner(run_folder_, experiment, 10);
  learner.episodes().SetFirstProbability(0.5);
  learner.trainer().CallAfterEachUpdate([&](uint64_t updates) {
    if (updates == 12) learner.episodes().SetFirstProbability(0.25);  // before the first batch of the second round
  });
  ASSERT_TRUE(learner.Run().ok());
  const std::vector<std::string> lines = LogLines(run_folder_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"importance_weight_min\":0.5"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("\"importance_weight_min\":1.0"), std::string::npos) << lines[1];
}

TEST_F(LearnerLoopTest, AnImpossibleProbabilityEndsTheRunAndNamesTheUpdate) {
  Learner learner(run_folder_, Weighted(), 10);
  learner.episodes().SetFirstProbability(-1);
  const absl::Status status = learner.Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_NE(status.message().find("update 0 on episodes below 8: replay drew item "), std::string::npos) << status;
}

TEST_F(LearnerLoopTest, EachCheckpointHasASnapshotOfReplayWhereItIsAskedFor) {
  v1::Experiment experiment = Example();
  experiment.mutable_checkpoint()->set_replay(true);
  Learner learner(run_folder_, experiment, 10);
  ASSERT_TRUE(learner.Run().ok());
  EXPECT_EQ(learner.episodes().snapshots(),
            (std::vector<std::string>{run_folder_ + "/checkpoints/ep-000008.tmp/replay",
                                      run_folder_ + "/checkpoints/ep-000010.tmp/replay"}));
  EXPECT_TRUE(std::filesystem::exists(run_folder_ + "/checkpoints/ep-000010/replay"));
}

TEST_F(LearnerLoopTest, AReplayThatIsAwayCostsTheSnapshotNotTheCheckpoint) {
  v1::Experiment experiment = Example();
  experiment.mutable_checkpoint()->set_replay(true);
  Learner stopped(run_folder_ + "/stopped", experiment, 10);
  stopped.trainer().CallAfterEachUpdate([&](uint64_t) {
    stopped.episodes().GoAway();
    if (!stopped.stop().HasBeenNotified()) stopped.stop().Notify();
  });
  EXPECT_EQ(stopped.Run().code(), absl::StatusCode::kCancelled);
  const CheckpointScan scan = stopped.store().LatestValid().value();
  ASSERT_TRUE(scan.newest.has_value());
  EXPECT_FALSE(std::filesystem::exists(scan.path + "/replay"));
}

TEST_F(LearnerLoopTest, AResumeWithMoreEpisodesGoesOn) {
  Learner first(run_folder_, Example(), 10);
  ASSERT_TRUE(first.Run().ok());
  v1::Experiment longer = Example();
  longer.mutable_training()->set_episodes(16);
  Learner second(run_folder_, longer, 16);
  ASSERT_TRUE(second.Run().ok());
  EXPECT_EQ(second.trainer().updates(), 36u);
  EXPECT_EQ(second.published(), (std::vector<uint64_t>{18, 24, 36}));
}

}  // namespace
}  // namespace evenkeel
