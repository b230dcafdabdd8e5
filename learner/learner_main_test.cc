// The learner process whole: real replay, real QMIX, real gRPC, in this process.
#include "learner/learner_main.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/endpoint.h"
#include "common/named_thread.h"
#include "common/observation_features.h"
#include "common/rng.h"
#include "gtest/gtest.h"
#include "learner/checkpoint_client.h"
#include "learner/policy_file.h"
#include "replay/replay_client.h"
#include "replay/replay_main.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLong = absl::Seconds(60);
constexpr uint64_t kUpdates = 6;  // UpdatesDue(6)

v1::Experiment Example() {
  v1::Experiment experiment;
  experiment.set_seed(7);
  experiment.mutable_topology()->set_lbs(2);
  v1::ServerGroup* servers = experiment.mutable_topology()->add_servers();
  servers->set_count(3);
  servers->set_vcpus(2);
  experiment.mutable_algorithm()->set_name("qmix");
  v1::Qmix* qmix = experiment.mutable_algorithm()->mutable_qmix();
  qmix->set_hidden(8);
  qmix->set_mixer_embed(4);
  qmix->set_hypernet_hidden(4);
  qmix->set_learning_rate(1e-3);
  qmix->set_discount(0.99);
  qmix->set_td_lambda(0);
  qmix->set_double_q(true);
  qmix->set_target_interval_updates(4);
  qmix->set_max_gradient_norm(10);
  qmix->set_epsilon_start(1);
  qmix->set_epsilon_end(0.05);
  qmix->set_epsilon_episodes(50);
  qmix->set_mixer_state(v1::Qmix::JOINT_OBSERVATION);
  for (double level : {1.0, 1.5, 2.0}) experiment.mutable_agent()->add_action_levels(level);
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  experiment.mutable_agent()->set_base_weight(v1::Agent::ONE);
  v1::Network* network = experiment.mutable_algorithm()->mutable_network();
  network->set_kind(v1::Network::PAPER);
  network->set_recurrent(true);
  network->set_identity(true);
  experiment.mutable_training()->set_episodes(6);
  experiment.mutable_training()->set_worlds(2);
  experiment.mutable_training()->set_warmup_episodes(4);
  experiment.mutable_training()->set_updates_per_episode(2);
  experiment.mutable_training()->set_batch_episodes(3);
  experiment.mutable_training()->set_learner_threads(2);
  experiment.mutable_replay()->set_capacity_episodes(100);
  experiment.mutable_replay()->set_ram_tier_bytes(1 << 20);
  experiment.mutable_barrier()->set_stall_after_seconds(60);
  experiment.mutable_barrier()->set_join_seconds(60);
  experiment.mutable_checkpoint()->set_every_episodes(2);
  experiment.mutable_checkpoint()->set_keep_last(9);
  experiment.mutable_checkpoint()->set_replay(true);
  return experiment;
}

std::string RandomFloats(int count, Rng* rng) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const float value = static_cast<float>(rng->Uniform());
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  return bytes;
}

// 2 agents, 3 servers, 5 steps of noise; the same number gives the same episode.
v1::Episode RandomEpisode(uint64_t number) {
  constexpr int kSteps = 5, kAgents = 2, kServers = 3;
  Rng rng(977, {number});
  v1::Episode episode;
  episode.set_number(number);
  episode.set_steps(kSteps);
  episode.set_agents(kAgents);
  episode.set_servers(kServers);
  episode.set_features(kFeatures);
  episode.set_observations(RandomFloats((kSteps + 1) * kAgents * kServers * kFeatures, &rng));
  for (int i = 0; i < kSteps * kAgents * kServers; ++i)
    episode.mutable_levels()->push_back(static_cast<char>(rng.Below(3)));
  episode.set_weights(RandomFloats(kSteps * kAgents * kServers, &rng));
  episode.set_rewards(RandomFloats(kSteps, &rng));
  episode.set_mask(std::string(kSteps * kAgents, 1));
  return episode;
}

// A run folder with a replay process that serves six episodes.
class TestRun {
 public:
  explicit TestRun(const std::string& folder) : folder_(folder) {
    fs::remove_all(folder_);
    EXPECT_TRUE(MakeFolders(folder_).ok());
    replay_ = std::make_unique<NamedThread>("replay", [this] {
      ReplayServerOptions options;
      options.run_folder = folder_;
      options.run_id = "test";
      options.experiment = Example();
      EXPECT_TRUE(ServeReplay(options, &stop_replay_).ok());
    });
    const absl::StatusOr<std::string> address = AwaitEndpoint(folder_, "replay", kLong, RealClock());
    EXPECT_TRUE(address.ok()) << address.status();
    ReplayClient client(*address, RealClock());
    for (uint64_t number = 0; number < 6; ++number) {
      const absl::StatusOr<v1::AppendReply> reply = client.Append(RandomEpisode(number));
      EXPECT_TRUE(reply.ok()) << reply.status();
    }
  }

  ~TestRun() { stop_replay_.Notify(); }

  LearnerServerOptions Options(bool resume) const {
    LearnerServerOptions options;
    options.run_folder = folder_;
    options.run_id = "test";
    options.experiment = Example();
    options.resume = resume;
    return options;
  }

  // Serves until the learner tells that it is finished.
  absl::Status LearnToTheEnd(bool resume) {
    fs::remove(folder_ + "/endpoints/learner");
    absl::Notification stop;
    absl::Status result;
    {
      NamedThread learner("learner", [&] { result = ServeLearner(Options(resume), &stop); });
      const absl::StatusOr<std::string> address = AwaitEndpoint(folder_, "learner", kLong, RealClock());
      EXPECT_TRUE(address.ok()) << address.status();
      PolicySubscription::Options subscription;
      subscription.subscriber = "test";
      subscription.find_address = [address] { return address; };
      const absl::Notification never;
      const absl::StatusOr<SharedPolicy> policy =
          PolicySubscription(std::move(subscription), RealClock()).AwaitVersion(kUpdates, kLong, &never);
      EXPECT_TRUE(policy.ok()) << policy.status();
      while (!GetLearnerStatus(*address, kLong)->finished()) {
      }
      stop.Notify();
    }
    return result;
  }

  std::string Policy() const {
    return EncodePolicyFile(
        ReadPolicyFile(PolicyFilePath(folder_, kUpdates)).value_or(v1::PolicyParameters()));
  }

  const std::string& folder() const { return folder_; }

 private:
  const std::string folder_;
  absl::Notification stop_replay_;
  std::unique_ptr<NamedThread> replay_;
};

class LearnerMainTest : public testing::Test {
 protected:
  std::string Folder(const std::string& name) const {
    return absl::StrCat(testing::TempDir(), "/",
                        testing::UnitTest::GetInstance()->current_test_info()->name(), "/", name);
  }

  absl::Status StatusOf(const LearnerServerOptions& options) {
    absl::Notification stop;
    stop.Notify();
    return ServeLearner(options, &stop);
  }
};

TEST_F(LearnerMainTest, LearnsPublishesAndLeavesAPolicyOnDisk) {
  TestRun run(Folder("run"));
  const absl::Status status = run.LearnToTheEnd(/*resume=*/false);
  EXPECT_TRUE(status.ok()) << status;
  const absl::StatusOr<v1::PolicyParameters> policy = ReadPolicyFile(PolicyFilePath(run.folder(), kUpdates));
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(policy->algorithm(), "qmix");
  EXPECT_EQ(policy->version(), kUpdates);
  EXPECT_TRUE(fs::exists(run.folder() + "/learner.jsonl"));
  EXPECT_TRUE(fs::exists(run.folder() + "/checkpoints/ep-000006/replay/CURRENT"));
}

// The newest checkpoints are lost or damaged, as a kill or a bad disk leaves them; what is learned again is
// the same, bit for bit.
TEST_F(LearnerMainTest, ResumedFromAnEarlierCheckpointItEndsWithTheSamePolicy) {
  TestRun straight(Folder("straight"));
  ASSERT_TRUE(straight.LearnToTheEnd(/*resume=*/false).ok());
  TestRun resumed(Folder("resumed"));
  ASSERT_TRUE(resumed.LearnToTheEnd(/*resume=*/false).ok());
  fs::remove_all(resumed.folder() + "/policies");
  std::ofstream(resumed.folder() + "/checkpoints/ep-000006/trainer.state", std::ios::app) << "torn";
  const absl::Status status = resumed.LearnToTheEnd(/*resume=*/true);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(resumed.Policy(), straight.Policy());
}

TEST_F(LearnerMainTest, WithoutAnyCheckpointAResumeLearnsAllAgainTheSame) {
  TestRun straight(Folder("straight"));
  ASSERT_TRUE(straight.LearnToTheEnd(/*resume=*/false).ok());
  const std::string policy = straight.Policy();
  fs::remove_all(straight.folder() + "/checkpoints");
  fs::remove_all(straight.folder() + "/policies");
  ASSERT_TRUE(straight.LearnToTheEnd(/*resume=*/true).ok());
  EXPECT_EQ(straight.Policy(), policy);
}

TEST_F(LearnerMainTest, ANewRunNeverMixesWithOldCheckpoints) {
  TestRun run(Folder("run"));
  ASSERT_TRUE(run.LearnToTheEnd(/*resume=*/false).ok());
  EXPECT_EQ(StatusOf(run.Options(/*resume=*/false)).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(LearnerMainTest, AResumeWithOtherNetworksIsRefused) {
  TestRun run(Folder("run"));
  ASSERT_TRUE(run.LearnToTheEnd(/*resume=*/false).ok());
  LearnerServerOptions options = run.Options(/*resume=*/true);
  options.experiment.mutable_algorithm()->mutable_qmix()->set_hidden(16);
  const absl::Status status = StatusOf(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("hidden: 16"), std::string::npos) << status;
}

TEST_F(LearnerMainTest, StoppedAtOnceItSaysSo) {
  TestRun run(Folder("run"));
  EXPECT_EQ(StatusOf(run.Options(/*resume=*/false)).code(), absl::StatusCode::kCancelled);
}

TEST_F(LearnerMainTest, AnAlgorithmThatDoesNotLearnIsRefused) {
  LearnerServerOptions options;
  options.experiment = Example();
  options.experiment.mutable_algorithm()->set_name("sed");
  const absl::Status status = StatusOf(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("sed does not learn"), std::string::npos) << status;
}

TEST_F(LearnerMainTest, AnUnknownAlgorithmIsRefusedWithTheKnownOnes) {
  LearnerServerOptions options;
  options.experiment = Example();
  options.experiment.mutable_algorithm()->set_name("qmiks");
  const absl::Status status = StatusOf(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("sed"), std::string::npos) << status;
}

}  // namespace
}  // namespace evenkeel
