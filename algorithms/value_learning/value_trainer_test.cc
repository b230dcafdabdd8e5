#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <tuple>

#include "algorithms/toy_for_test.h"
#include "algorithms/value_learning/value_for_test.h"
#include "algorithms/value_learning/value_learning.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Trainer> MakeTrainer(const v1::Experiment& experiment) {
  return MakeValueTrainer("qmix", Mixing::kMonotonic, ContextOf(experiment)).value();
}

double UpdateOnce(Trainer* trainer, const std::vector<v1::Episode>& episodes) {
  const auto metrics = trainer->Update(Pointers(episodes));
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return metrics.ok() ? metrics->at("loss") : std::nan("");
}

std::string ExportedBytes(const Trainer& trainer) { return trainer.Export().SerializeAsString(); }

// Compared by value because a failed EXPECT_EQ would print kilobytes of parameters.
bool SameState(const Trainer& a, const std::string& state) { return a.SaveState().value() == state; }

double LargestDifference(const v1::PolicyParameters& a, const v1::PolicyParameters& b) {
  double largest = 0;
  for (int i = 0; i < a.tensors_size(); ++i) {
    const auto* x = reinterpret_cast<const float*>(a.tensors(i).data().data());
    const auto* y = reinterpret_cast<const float*>(b.tensors(i).data().data());
    for (size_t at = 0; at < a.tensors(i).data().size() / sizeof(float); ++at) {
      largest = std::max<double>(largest, std::abs(x[at] - y[at]));
    }
  }
  return largest;
}

TEST(ValueTrainer, TheSameSeedGivesTheSameBits) {
  const v1::Experiment experiment = ValueExperiment();
  const auto one = MakeTrainer(experiment), other = MakeTrainer(experiment);
  EXPECT_TRUE(ExportedBytes(*one) == ExportedBytes(*other));
  for (int update = 0; update < 3; ++update) {
    UpdateOnce(one.get(), FourEpisodes());
    UpdateOnce(other.get(), FourEpisodes());
  }
  EXPECT_TRUE(ExportedBytes(*one) == ExportedBytes(*other));
}

TEST(ValueTrainer, AnotherSeedStartsElsewhere) {
  v1::Experiment experiment = ValueExperiment();
  const auto one = MakeTrainer(experiment);
  experiment.set_seed(8);
  EXPECT_FALSE(ExportedBytes(*one) == ExportedBytes(*MakeTrainer(experiment)));
}

TEST(ValueTrainer, AnUpdateIsCountedAndExported) {
  const v1::Experiment experiment = ValueExperiment();
  const auto trainer = MakeTrainer(experiment);
  UpdateOnce(trainer.get(), FourEpisodes());
  EXPECT_EQ(trainer->updates(), 1u);
  EXPECT_EQ(trainer->Export().version(), 1u);
}

TEST(ValueTrainer, TwoThreadsGiveTheResultOfOneToRounding) {
  v1::Experiment experiment = ValueExperiment();
  const auto one = MakeTrainer(experiment);
  experiment.mutable_training()->set_learner_threads(2);
  const auto two = MakeTrainer(experiment);
  const auto metrics_one = one->Update(Pointers(FourEpisodes())).value();
  const auto metrics_two = two->Update(Pointers(FourEpisodes())).value();
  for (const auto& [name, value] : metrics_one) EXPECT_NEAR(metrics_two.at(name), value, 1e-4 * std::abs(value) + 1e-7) << name;
  for (int update = 0; update < 4; ++update) {
    EXPECT_NEAR(UpdateOnce(two.get(), FourEpisodes()), UpdateOnce(one.get(), FourEpisodes()), 1e-4);
  }
  EXPECT_LT(LargestDifference(one->Export(), two->Export()), 1e-4);
}

TEST(ValueTrainer, MoreThreadsThanEpisodesIsFineAndRepeatable) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_training()->set_learner_threads(8);
  const auto one = MakeTrainer(experiment), other = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) {
    UpdateOnce(one.get(), FourEpisodes());
    UpdateOnce(other.get(), FourEpisodes());
  }
  EXPECT_TRUE(ExportedBytes(*one) == ExportedBytes(*other));
}

TEST(ValueTrainer, GoesOnBitForBitAfterRestore) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->set_target_interval_updates(4);
  const auto straight = MakeTrainer(experiment), resumed = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) UpdateOnce(straight.get(), FourEpisodes());
  ASSERT_TRUE(resumed->RestoreState(straight->SaveState().value()).ok());
  EXPECT_EQ(resumed->updates(), 3u);
  for (int update = 0; update < 3; ++update) {
    EXPECT_EQ(UpdateOnce(straight.get(), FourEpisodes()), UpdateOnce(resumed.get(), FourEpisodes()));
  }
  EXPECT_TRUE(SameState(*straight, resumed->SaveState().value()));
}

// ---- training.matrix_precision ----

v1::Experiment PrecisionExperiment(v1::Training::MatrixPrecision precision, v1::Network::Kind network = v1::Network::PAPER) {
  v1::Experiment experiment = ValueExperiment(network);
  experiment.mutable_training()->set_matrix_precision(precision);
  experiment.mutable_algorithm()->mutable_qmix()->set_target_interval_updates(2);
  return experiment;
}

TEST(ValueTrainer, Float32IsWhatIsDoneWhereNoPrecisionIsSet) {
  v1::Experiment experiment = PrecisionExperiment(v1::Training::FLOAT32);
  const auto set = MakeTrainer(experiment);
  experiment.mutable_training()->clear_matrix_precision();
  const auto unset = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) {
    EXPECT_EQ(UpdateOnce(set.get(), FourEpisodes()), UpdateOnce(unset.get(), FourEpisodes()));
  }
  EXPECT_TRUE(SameState(*set, unset->SaveState().value()));
}

TEST(ValueTrainer, InBfloat16ItsLossesAreNearThoseInFloat32AndNotThem) {
  for (v1::Network::Kind network : {v1::Network::PAPER, v1::Network::SHARED}) {
    const auto exact = MakeTrainer(PrecisionExperiment(v1::Training::FLOAT32, network));
    const auto rounded = MakeTrainer(PrecisionExperiment(v1::Training::BFLOAT16, network));
    for (int update = 0; update < 5; ++update) {
      const double expected = UpdateOnce(exact.get(), FourEpisodes()), loss = UpdateOnce(rounded.get(), FourEpisodes());
      EXPECT_NEAR(loss, expected, 0.02 * expected) << update;
      EXPECT_NE(loss, expected) << update;
    }
  }
}

TEST(ValueTrainer, InBfloat16ItGoesOnBitForBitAfterRestore) {
  const v1::Experiment experiment = PrecisionExperiment(v1::Training::BFLOAT16);
  const auto straight = MakeTrainer(experiment), resumed = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) UpdateOnce(straight.get(), FourEpisodes());
  ASSERT_TRUE(resumed->RestoreState(straight->SaveState().value()).ok());
  for (int update = 0; update < 3; ++update) {
    EXPECT_EQ(UpdateOnce(straight.get(), FourEpisodes()), UpdateOnce(resumed.get(), FourEpisodes()));
  }
  EXPECT_TRUE(SameState(*straight, resumed->SaveState().value()));
}

// ---- training.cache_targets ----

// The losses of 8 updates on batches of two of four episodes, the target network copied every third.
std::vector<double> LossesOf(const v1::Experiment& experiment, Mixing mixing, bool restored_in_between = false) {
  auto trainer = MakeValueTrainer("qmix", mixing, ContextOf(experiment)).value();
  const std::vector<v1::Episode> episodes = FourEpisodes();
  std::vector<double> losses;
  for (int update = 0; update < 8; ++update) {
    if (restored_in_between && update == 5) {
      auto resumed = MakeValueTrainer("qmix", mixing, ContextOf(experiment)).value();
      EXPECT_TRUE(resumed->RestoreState(trainer->SaveState().value()).ok());
      trainer = std::move(resumed);
    }
    const std::vector<const v1::Episode*> batch = {&episodes[update % 4], &episodes[(update * 3 + 1) % 4]};
    losses.push_back(trainer->Update(batch).value().at("loss"));
  }
  return losses;
}

v1::Experiment CacheExperiment(bool cached, v1::Network::Kind network = v1::Network::PAPER, bool double_q = true) {
  v1::Experiment experiment = ValueExperiment(network);
  experiment.mutable_training()->set_cache_targets(cached);
  experiment.mutable_algorithm()->mutable_qmix()->set_target_interval_updates(3);
  experiment.mutable_algorithm()->mutable_qmix()->set_double_q(double_q);
  experiment.mutable_algorithm()->mutable_qmix()->set_learning_rate(1e-2);
  return experiment;
}

TEST(ValueTrainer, CachedTargetsGiveTheSameLossesToRounding) {
  for (v1::Network::Kind network : {v1::Network::PAPER, v1::Network::SHARED}) {
    for (Mixing mixing : {Mixing::kMonotonic, Mixing::kSum, Mixing::kNone}) {
      for (bool double_q : {true, false}) {
        const std::vector<double> expected = LossesOf(CacheExperiment(false, network, double_q), mixing);
        const std::vector<double> losses = LossesOf(CacheExperiment(true, network, double_q), mixing);
        for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], expected[i], 1e-4 * expected[i]) << i;
      }
    }
  }
}

TEST(ValueTrainer, WithCachedTargetsAResumedLearnerWhoseCacheIsEmptyGoesOnBitForBit) {
  const v1::Experiment experiment = CacheExperiment(true);
  EXPECT_EQ(LossesOf(experiment, Mixing::kMonotonic, /*restored_in_between=*/true),
            LossesOf(experiment, Mixing::kMonotonic));
}

TEST(ValueTrainer, ADeviceThatIsNotThereIsRefused) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_training()->set_device("cuda:127");
  const absl::Status status = MakeValueTrainer("qmix", Mixing::kMonotonic, ContextOf(experiment)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("training.device is \"cuda:127\""));
}

void ExpectRestoreRefused(const v1::Experiment& experiment, const std::string& state, absl::StatusCode code) {
  const auto trainer = MakeTrainer(experiment);
  const std::string before = trainer->SaveState().value();
  EXPECT_EQ(trainer->RestoreState(state).code(), code);
  EXPECT_TRUE(SameState(*trainer, before));
}

std::string StateAfterOneUpdate(const v1::Experiment& experiment) {
  const auto trainer = MakeTrainer(experiment);
  UpdateOnce(trainer.get(), FourEpisodes());
  return trainer->SaveState().value();
}

TEST(ValueTrainer, AFlippedBitAnywhereInTheStateIsDataLossAndChangesNothing) {
  const v1::Experiment experiment = ValueExperiment();
  const std::string state = StateAfterOneUpdate(experiment);
  for (size_t at : {size_t{2}, size_t{7}, state.size() / 2, state.size() - 1}) {
    std::string damaged = state;
    damaged[at] ^= 0x10;
    ExpectRestoreRefused(experiment, damaged, absl::StatusCode::kDataLoss);
  }
}

TEST(ValueTrainer, ATruncatedStateIsDataLoss) {
  const v1::Experiment experiment = ValueExperiment();
  const std::string state = StateAfterOneUpdate(experiment);
  ExpectRestoreRefused(experiment, state.substr(0, state.size() / 3), absl::StatusCode::kDataLoss);
  ExpectRestoreRefused(experiment, "", absl::StatusCode::kDataLoss);
}

TEST(ValueTrainer, AStateOfAnotherMixerIsRefused) {
  v1::Experiment experiment = ValueExperiment();
  const std::string state = StateAfterOneUpdate(experiment);
  experiment.mutable_algorithm()->mutable_qmix()->set_mixer_embed(9);
  ExpectRestoreRefused(experiment, state, absl::StatusCode::kInvalidArgument);
}

TEST(ValueTrainer, TheTargetNetworkIsCopiedExactlyAtTheInterval) {
  // Two trainers whose first copies come after updates 3 and 1000: the same losses up to and including update 3's, and
  // not after, because update 4 is the first that sees the new target network.
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->set_target_interval_updates(1000);
  const auto never = MakeTrainer(experiment);
  experiment.mutable_algorithm()->mutable_qmix()->set_target_interval_updates(3);
  const auto third = MakeTrainer(experiment);
  for (int update = 1; update <= 4; ++update) {
    const double with_copy = UpdateOnce(third.get(), FourEpisodes()), without = UpdateOnce(never.get(), FourEpisodes());
    if (update <= 3) {
      EXPECT_EQ(with_copy, without) << update;
    } else {
      EXPECT_NE(with_copy, without);
    }
  }
}

TEST(ValueTrainer, OverfitsATinyBatch) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->set_discount(0);
  experiment.mutable_algorithm()->mutable_qmix()->set_learning_rate(5e-3);
  const auto trainer = MakeTrainer(experiment);
  const std::vector<v1::Episode> episodes = {RandomEpisode(1, kTestShape, 4), RandomEpisode(2, kTestShape, 5)};
  const double first = UpdateOnce(trainer.get(), episodes);
  double last = first;
  for (int update = 0; update < 600; ++update) last = UpdateOnce(trainer.get(), episodes);
  EXPECT_GT(first, 0.05);
  EXPECT_LT(last, 1e-3);
}

TEST(ValueTrainer, ARewardThatIsNotFiniteIsRefusedByEpisodeAndChangesNothing) {
  const v1::Experiment experiment = ValueExperiment();
  const auto trainer = MakeTrainer(experiment);
  const std::string before = trainer->SaveState().value();
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[2].set_rewards(Bytes(std::vector<float>(episodes[2].steps(), std::numeric_limits<float>::infinity())));
  const absl::Status status = trainer->Update(Pointers(episodes)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("episode 2: rewards[0] is inf"));
  EXPECT_TRUE(SameState(*trainer, before));
}

TEST(ValueTrainer, AGradientThatOverflowsIsInternalAndChangesNothing) {
  const v1::Experiment experiment = ValueExperiment();
  const auto trainer = MakeTrainer(experiment);
  const std::string before = trainer->SaveState().value();
  std::vector<v1::Episode> episodes = {RandomEpisode(0, kTestShape, 1)};
  episodes[0].set_rewards(Bytes({3e38f}));
  EXPECT_EQ(trainer->Update(Pointers(episodes)).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(trainer->updates(), 0u);
  EXPECT_TRUE(SameState(*trainer, before));
}

TEST(ValueTrainer, AnEmptyBatchIsRefused) {
  const v1::Experiment experiment = ValueExperiment();
  EXPECT_EQ(MakeTrainer(experiment)->Update({}).status().code(), absl::StatusCode::kInvalidArgument);
}

using Learner = std::tuple<Mixing, v1::Network::Kind>;

class ToyLearners : public ::testing::TestWithParam<Learner> {
 protected:
  static bool IsShared() { return std::get<1>(GetParam()) == v1::Network::SHARED; }
  // Independent learners hear the rewards of all other heads as noise.
  static bool IsNoisy() { return std::get<0>(GetParam()) == Mixing::kNone && !IsShared(); }

  // The shared network knows from the start that what is true of one server is true of all.
  static uint64_t UpdatesNeeded() { return IsShared() ? 150 : IsNoisy() ? 1200 : 400; }

  // How a learner does after so many updates on 200 episodes.
  double Learn(bool shuffled) {
    v1::Experiment experiment = ValueExperiment(std::get<1>(GetParam()));
    experiment.mutable_algorithm()->mutable_qmix()->set_discount(0);
    experiment.mutable_algorithm()->mutable_qmix()->set_learning_rate(3e-3);
    experiment.mutable_algorithm()->mutable_qmix()->set_hidden(32);
    const auto trainer = MakeValueTrainer("toy", std::get<0>(GetParam()), ContextOf(experiment)).value();
    for (uint64_t update = 0; update < UpdatesNeeded(); ++update) UpdateOnce(trainer.get(), ToyBatch(update, shuffled));
    auto policy = MakeValuePolicy("toy", ContextOf(experiment)).value();
    EXPECT_TRUE(policy->Load(trainer->Export()).ok());
    return ShareRight(policy.get());
  }
};

TEST_P(ToyLearners, LearnWhatTheRewardAsksForFromRandomActionsOnly) {
  EXPECT_GT(Learn(/*shuffled=*/false), IsNoisy() ? 0.75 : 0.9);
}

TEST_P(ToyLearners, LearnNothingFromTheSameRewardsShuffledInTime) { EXPECT_LT(Learn(/*shuffled=*/true), 0.65); }

std::string LearnerName(const ::testing::TestParamInfo<Learner>& info) {
  const char* const names[] = {"qmix", "vdn", "iql"};
  return names[static_cast<int>(std::get<0>(info.param))] + ("_" + v1::Network::Kind_Name(std::get<1>(info.param)));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ToyLearners,
                         ::testing::Combine(::testing::Values(Mixing::kMonotonic, Mixing::kSum, Mixing::kNone),
                                            ::testing::Values(v1::Network::PAPER, v1::Network::SHARED)),
                         LearnerName);

}  // namespace
}  // namespace evenkeel
