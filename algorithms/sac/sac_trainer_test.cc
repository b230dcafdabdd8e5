#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "algorithms/sac/sac.h"
#include "algorithms/sac/sac_for_test.h"
#include "algorithms/toy_for_test.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Trainer> MakeTrainer(const v1::Experiment& experiment, Critics critics = Critics::kIndependent) {
  return MakeSacTrainer("isac", critics, ContextOf(experiment)).value();
}

UpdateMetrics UpdateOnce(Trainer* trainer, const std::vector<v1::Episode>& episodes) {
  const auto metrics = trainer->Update(Pointers(episodes));
  EXPECT_TRUE(metrics.ok()) << metrics.status();
  return metrics.value_or(UpdateMetrics());
}

std::string ExportedBytes(const Trainer& trainer) { return trainer.Export().SerializeAsString(); }

// Compared by value because a failed EXPECT_EQ would print kilobytes of parameters.
bool SameState(const Trainer& a, const std::string& state) { return a.SaveState().value() == state; }

TEST(SacTrainer, TheSameSeedGivesTheSameBitsAndAnotherSeedOthers) {
  v1::Experiment experiment = SacExperiment();
  const auto one = MakeTrainer(experiment), same = MakeTrainer(experiment);
  experiment.set_seed(8);
  const auto other = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) {
    for (Trainer* trainer : {one.get(), same.get(), other.get()}) UpdateOnce(trainer, FourEpisodes());
  }
  EXPECT_TRUE(ExportedBytes(*one) == ExportedBytes(*same));
  EXPECT_FALSE(ExportedBytes(*one) == ExportedBytes(*other));
}

TEST(SacTrainer, TwoThreadsGiveTheResultOfOneToRounding) {
  v1::Experiment experiment = SacExperiment();
  const auto one = MakeTrainer(experiment);
  experiment.mutable_training()->set_learner_threads(2);
  const auto two = MakeTrainer(experiment);
  for (int update = 0; update < 4; ++update) {
    const UpdateMetrics of_one = UpdateOnce(one.get(), FourEpisodes()), of_two = UpdateOnce(two.get(), FourEpisodes());
    for (const auto& [name, value] : of_one) EXPECT_NEAR(of_two.at(name), value, 1e-3 * std::abs(value) + 1e-6) << name;
  }
}

TEST(SacTrainer, TheTdErrorOfAnEpisodeIsTheMeanOverItsHeadsThatCount) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->set_burn_in_steps(6);  // longer than the first episode
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[1].mutable_mask()->back() = 0;
  const UpdateMetrics together = UpdateOnce(MakeTrainer(experiment).get(), episodes);
  EXPECT_EQ(together.at("td_error_abs.0"), 0);
  for (size_t i = 1; i < episodes.size(); ++i) {
    const double alone = UpdateOnce(MakeTrainer(experiment).get(), {episodes[i]}).at("td_error_abs");
    EXPECT_GT(alone, 0);
    EXPECT_NEAR(together.at("td_error_abs." + std::to_string(i)), alone, 1e-4 * alone) << i;
  }
}

TEST(SacTrainer, MoreThreadsThanEpisodesIsFineAndRepeatable) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_training()->set_learner_threads(8);
  const auto one = MakeTrainer(experiment), other = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) {
    for (Trainer* trainer : {one.get(), other.get()}) UpdateOnce(trainer, FourEpisodes());
  }
  EXPECT_TRUE(ExportedBytes(*one) == ExportedBytes(*other));
}

TEST(SacTrainer, GoesOnBitForBitAfterRestore) {
  const v1::Experiment experiment = SacExperiment();
  const auto straight = MakeTrainer(experiment), resumed = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) UpdateOnce(straight.get(), FourEpisodes());
  ASSERT_TRUE(resumed->RestoreState(straight->SaveState().value()).ok());
  EXPECT_EQ(resumed->updates(), 3u);
  for (int update = 0; update < 3; ++update) {
    EXPECT_EQ(UpdateOnce(straight.get(), FourEpisodes()), UpdateOnce(resumed.get(), FourEpisodes()));
  }
  EXPECT_TRUE(SameState(*straight, resumed->SaveState().value()));
}

TEST(SacTrainer, InBfloat16ItsLossesAreNearThoseInFloat32AndItGoesOnBitForBitAfterRestore) {
  v1::Experiment experiment = SacExperiment();
  const auto exact = MakeTrainer(experiment);
  experiment.mutable_training()->set_matrix_precision(v1::Training::BFLOAT16);
  const auto straight = MakeTrainer(experiment), resumed = MakeTrainer(experiment);
  for (int update = 0; update < 3; ++update) {
    const double expected = UpdateOnce(exact.get(), FourEpisodes()).at("loss");
    const double loss = UpdateOnce(straight.get(), FourEpisodes()).at("loss");
    EXPECT_NEAR(loss, expected, 0.02 * expected) << update;
    EXPECT_NE(loss, expected) << update;
  }
  ASSERT_TRUE(resumed->RestoreState(straight->SaveState().value()).ok());
  for (int update = 0; update < 3; ++update) {
    EXPECT_EQ(UpdateOnce(straight.get(), FourEpisodes()), UpdateOnce(resumed.get(), FourEpisodes()));
  }
  EXPECT_TRUE(SameState(*straight, resumed->SaveState().value()));
}

void ExpectRestoreRefused(Trainer* trainer, const std::string& state, absl::StatusCode code) {
  const std::string before = trainer->SaveState().value();
  EXPECT_EQ(trainer->RestoreState(state).code(), code);
  EXPECT_TRUE(SameState(*trainer, before));
}

TEST(SacTrainer, ADamagedOrTruncatedStateIsDataLossAndChangesNothing) {
  const v1::Experiment experiment = SacExperiment();
  const auto trainer = MakeTrainer(experiment), fresh = MakeTrainer(experiment);
  UpdateOnce(trainer.get(), FourEpisodes());
  const std::string state = trainer->SaveState().value();
  for (size_t at : {size_t{2}, size_t{7}, state.size() / 2, state.size() - 1}) {
    std::string damaged = state;
    damaged[at] ^= 0x10;
    ExpectRestoreRefused(fresh.get(), damaged, absl::StatusCode::kDataLoss);
  }
  ExpectRestoreRefused(fresh.get(), state.substr(0, state.size() / 3), absl::StatusCode::kDataLoss);
  ExpectRestoreRefused(fresh.get(), "", absl::StatusCode::kDataLoss);
}

TEST(SacTrainer, AStateOfOtherCriticsIsRefused) {
  const v1::Experiment experiment = SacExperiment();
  const std::string state = MakeTrainer(experiment, Critics::kCentral)->SaveState().value();
  ExpectRestoreRefused(MakeTrainer(experiment).get(), state, absl::StatusCode::kInvalidArgument);
}

// The values of all tensors of a trainer's state whose names begin with `prefix`.
std::vector<float> StateOf(const Trainer& trainer, const std::string& prefix) {
  v1::PolicyParameters state;
  EXPECT_TRUE(state.ParseFromString(trainer.SaveState().value().substr(sizeof(uint32_t))));
  std::vector<float> values;
  for (const v1::NamedTensor& tensor : state.tensors()) {
    if (tensor.name().rfind(prefix, 0) != 0) continue;
    const auto* data = reinterpret_cast<const float*>(tensor.data().data());
    values.insert(values.end(), data, data + tensor.data().size() / sizeof(float));
  }
  return values;
}

TEST(SacTrainer, TheTargetsTakeOverTheirShareOfTheCriticsWithEveryUpdate) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->set_target_rate(0.25);
  const auto trainer = MakeTrainer(experiment);
  std::vector<float> expected = StateOf(*trainer, "targets/");
  EXPECT_EQ(expected, StateOf(*trainer, "critics/"));
  for (int update = 0; update < 2; ++update) {
    UpdateOnce(trainer.get(), FourEpisodes());
    const std::vector<float> critics = StateOf(*trainer, "critics/");
    for (size_t i = 0; i < expected.size(); ++i) expected[i] += 0.25f * (critics[i] - expected[i]);
  }
  EXPECT_EQ(StateOf(*trainer, "targets/"), expected);
  EXPECT_NE(expected, StateOf(*trainer, "critics/"));
}

TEST(SacTrainer, ActorAndCriticsLearnAtTheirOwnRates) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->set_actor_learning_rate(1e-4);
  experiment.mutable_algorithm()->mutable_sac()->set_critic_learning_rate(1e-2);
  const auto trainer = MakeTrainer(experiment);
  const std::vector<float> actor = StateOf(*trainer, "actor/"), critics = StateOf(*trainer, "critics/");
  UpdateOnce(trainer.get(), FourEpisodes());
  // Adam's first step is the learning rate, at most, for every parameter.
  const auto largest_change = [&](const std::vector<float>& before, const char* prefix) {
    const std::vector<float> after = StateOf(*trainer, prefix);
    float largest = 0;
    for (size_t i = 0; i < before.size(); ++i) largest = std::max(largest, std::abs(after[i] - before[i]));
    return largest;
  };
  EXPECT_NEAR(largest_change(actor, "actor/"), 1e-4, 1e-5);
  EXPECT_NEAR(largest_change(critics, "critics/"), 1e-2, 1e-3);
}

TEST(SacTrainer, ARewardThatIsNotFiniteIsRefusedByEpisodeAndChangesNothing) {
  const v1::Experiment experiment = SacExperiment();
  const auto trainer = MakeTrainer(experiment);
  const std::string before = trainer->SaveState().value();
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[2].set_rewards(Bytes(std::vector<float>(episodes[2].steps(), std::numeric_limits<float>::infinity())));
  const absl::Status status = trainer->Update(Pointers(episodes)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("episode 2: rewards[0] is inf"));
  EXPECT_TRUE(SameState(*trainer, before));
}

TEST(SacTrainer, AGradientThatOverflowsIsInternalAndChangesNothing) {
  const v1::Experiment experiment = SacExperiment();
  const auto trainer = MakeTrainer(experiment);
  const std::string before = trainer->SaveState().value();
  std::vector<v1::Episode> episodes = {RandomEpisode(0, kTestShape, 1)};
  episodes[0].set_rewards(Bytes({3e38f}));
  EXPECT_EQ(trainer->Update(Pointers(episodes)).status().code(), absl::StatusCode::kInternal);
  EXPECT_TRUE(SameState(*trainer, before));
}

TEST(SacTrainer, ABatchInWhichNoStepCountsIsRefused) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->set_burn_in_steps(11);  // as long as the longest episode
  const auto trainer = MakeTrainer(experiment);
  const absl::Status status = trainer->Update(Pointers(FourEpisodes())).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("algorithm.sac.burn_in_steps"));
  EXPECT_EQ(trainer->Update({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(trainer->updates(), 0u);
}

// ---- learning ----

// Values of single steps, quickly: 32 units, rates of 3e-3.
v1::Experiment ToyExperiment(v1::Network::Kind network) {
  v1::Experiment experiment = SacExperiment(network);
  v1::Sac* sac = experiment.mutable_algorithm()->mutable_sac();
  sac->set_hidden(32);
  sac->set_discount(0);
  sac->set_actor_learning_rate(3e-3);
  sac->set_critic_learning_rate(3e-3);
  return experiment;
}

class ToyLearners : public ::testing::TestWithParam<Kind> {
 protected:
  static bool IsShared() { return std::get<1>(GetParam()) == v1::Network::SHARED; }

  // Every head hears the rewards of all others as noise. The shared network knows from the start that what is true of one
  // server is true of all.
  static uint64_t UpdatesNeeded() { return IsShared() ? 300 : 1200; }

  // How a learner does after so many updates on 200 episodes. The better level is worth 1/6 more; the fixed temperature is low
  // enough to prefer it clearly (28 to 1), and high enough for the actor not to settle on the critics' first guesses.
  double Learn(bool shuffled) {
    v1::Experiment experiment = ToyExperiment(std::get<1>(GetParam()));
    experiment.mutable_algorithm()->mutable_sac()->set_initial_temperature(0.05);
    experiment.mutable_algorithm()->mutable_sac()->set_temperature_learning_rate(0);
    const auto trainer = MakeTrainer(experiment, std::get<0>(GetParam()));
    for (uint64_t update = 0; update < UpdatesNeeded(); ++update) UpdateOnce(trainer.get(), ToyBatch(update, shuffled));
    auto policy = MakeSacPolicy("isac", ContextOf(experiment)).value();
    EXPECT_TRUE(policy->Load(trainer->Export()).ok());
    return ShareRight(policy.get());
  }
};

TEST_P(ToyLearners, LearnWhatTheRewardAsksForFromRandomActionsOnly) {
  EXPECT_GT(Learn(/*shuffled=*/false), IsShared() ? 0.9 : 0.75);
}

TEST_P(ToyLearners, LearnNothingFromTheSameRewardsShuffledInTime) { EXPECT_LT(Learn(/*shuffled=*/true), 0.65); }

INSTANTIATE_TEST_SUITE_P(Kinds, ToyLearners, ::testing::ValuesIn(AllKinds()),
                         [](const auto& info) { return NameOfKind(info.param); });

struct Entropies {
  double least = std::numeric_limits<double>::infinity();
  double last = 0;  // mean of the last 200 updates
};

// Shares of the largest entropy of a head over `updates` updates on the toy, where all rewards are 0.5 if `flat`.
Entropies TrackEntropy(const v1::Experiment& experiment, bool flat, uint64_t updates) {
  const auto trainer = MakeTrainer(experiment);
  Entropies result;
  for (uint64_t update = 0; update < updates; ++update) {
    std::vector<v1::Episode> episodes = ToyBatch(update, /*shuffled=*/false);
    for (v1::Episode& episode : episodes) {
      if (flat) episode.set_rewards(Bytes(std::vector<float>(episode.steps(), 0.5f)));
    }
    const double share = UpdateOnce(trainer.get(), episodes).at("entropy") / std::log(double{kTestLevels});
    result.least = std::min(result.least, share);
    if (update + 200 >= updates) result.last += share / 200;
  }
  return result;
}

TEST(Temperature, WhereAllLevelsAreWorthTheSameTheTargetEntropyIsReachedAgain) {
  // At first the critics' initial values, which are noise, draw the actor away from an even policy.
  v1::Experiment experiment = ToyExperiment(v1::Network::PAPER);
  v1::Sac* sac = experiment.mutable_algorithm()->mutable_sac();
  sac->set_target_entropy_share(0.98);
  sac->set_initial_temperature(1e-4);
  sac->set_temperature_learning_rate(0.02);
  const Entropies learned = TrackEntropy(experiment, /*flat=*/true, 500);
  EXPECT_LT(learned.least, 0.5);
  EXPECT_NEAR(learned.last, 0.98, 0.02);
  sac->set_temperature_learning_rate(0);
  EXPECT_LT(TrackEntropy(experiment, /*flat=*/true, 500).last, 0.5);
}

// The target is half of the largest entropy.
Entropies OfTargetOneHalf(double initial_temperature, uint64_t updates) {
  v1::Experiment experiment = ToyExperiment(v1::Network::PAPER);
  v1::Sac* sac = experiment.mutable_algorithm()->mutable_sac();
  sac->set_target_entropy_share(0.5);
  sac->set_initial_temperature(initial_temperature);
  sac->set_temperature_learning_rate(0.02);
  return TrackEntropy(experiment, /*flat=*/false, updates);
}

TEST(Temperature, WhereOneLevelIsBetterTheTargetEntropyIsReachedFromBelow) {
  const Entropies entropies = OfTargetOneHalf(/*initial_temperature=*/1e-3, 1000);
  EXPECT_LT(entropies.least, 0.3);
  EXPECT_NEAR(entropies.last, 0.5, 0.06);
}

TEST(Temperature, WhereOneLevelIsBetterTheTargetEntropyIsReachedFromAbove) {
  EXPECT_NEAR(OfTargetOneHalf(/*initial_temperature=*/1, 800).last, 0.5, 0.06);
}

}  // namespace
}  // namespace evenkeel
