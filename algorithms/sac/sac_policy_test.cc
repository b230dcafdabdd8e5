#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "algorithms/parameters.h"
#include "algorithms/sac/sac.h"
#include "algorithms/sac/sac_for_test.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

struct TestPolicy {
  explicit TestPolicy(int agent = 0)
      : experiment(SacExperiment()), policy(MakeSacPolicy("isac", ContextOf(experiment, agent)).value()) {}
  v1::Experiment experiment;
  std::unique_ptr<Policy> policy;
};

v1::PolicyParameters FreshParameters() {
  const v1::Experiment experiment = SacExperiment();
  return MakeSacTrainer("isac", Critics::kIndependent, ContextOf(experiment)).value()->Export();
}

// An actor whose heads all have probabilities 1/8, 2/8 and 5/8, whatever they see.
v1::PolicyParameters OneTwoFive() {
  v1::PolicyParameters parameters = FreshParameters();
  for (v1::NamedTensor& tensor : *parameters.mutable_tensors()) {
    std::vector<float> values(tensor.data().size() / sizeof(float));
    if (tensor.name() == "agent.fc4.bias") {
      for (size_t i = 0; i < values.size(); ++i) values[i] = std::log(std::vector<float>{1, 2, 5}[i % kTestLevels]);
    }
    tensor.set_data(Bytes(values));
  }
  Seal(&parameters);
  return parameters;
}

// The levels of the first `steps` steps, [steps, W, n].
std::vector<int> Play(Policy* policy, const RoundContext& round, int steps) {
  std::vector<int> played;
  policy->BeginRound(round);
  for (int step = 0; step < steps; ++step) {
    std::vector<v1::Observation> observations;
    std::vector<const v1::Observation*> pointers;
    for (int world = 0; world < round.worlds; ++world) {
      observations.push_back(RandomObservation(100 * step + world, kTestServers));
    }
    for (const v1::Observation& observation : observations) pointers.push_back(&observation);
    std::vector<v1::Action> actions(round.worlds);
    EXPECT_TRUE(policy->Act(pointers, absl::MakeSpan(actions)).ok());
    for (const v1::Action& action : actions) played.insert(played.end(), action.levels().begin(), action.levels().end());
  }
  return played;
}

TEST(SacPolicy, ExploringDrawsEachLevelAsOftenAsTheActorSays) {
  TestPolicy policy;
  ASSERT_TRUE(policy.policy->Load(OneTwoFive()).ok());
  std::map<int, int> count;
  for (int level : Play(policy.policy.get(), {0, 800, true}, 1)) ++count[level];
  // 2400 draws: means 300, 600, 1500, standard deviations 16, 21, 24; five of them fail by chance with less than 1e-5
  // (and the seed is fixed).
  EXPECT_NEAR(count[0], 300, 80);
  EXPECT_NEAR(count[1], 600, 105);
  EXPECT_NEAR(count[2], 1500, 120);
}

TEST(SacPolicy, WithoutExploringTheLikeliestLevelIsTaken) {
  TestPolicy policy;
  ASSERT_TRUE(policy.policy->Load(OneTwoFive()).ok());
  EXPECT_THAT(Play(policy.policy.get(), {0, 20, false}, 5), ::testing::Each(2));
}

TEST(SacPolicy, ExplorationIsTheSameForTheSameEpisodeAndOtherForAnotherOrForAnotherAgent) {
  TestPolicy policy, other(1);
  const auto first = Play(policy.policy.get(), {3, 1, true}, 20);
  EXPECT_EQ(first, Play(policy.policy.get(), {3, 1, true}, 20));
  EXPECT_NE(first, Play(policy.policy.get(), {4, 1, true}, 20));
  EXPECT_NE(first, Play(other.policy.get(), {3, 1, true}, 20));
}

TEST(SacPolicy, BeforeTheFirstLoadItHasTheTrainersInitialParameters) {
  TestPolicy fresh, loaded, known;
  ASSERT_TRUE(loaded.policy->Load(FreshParameters()).ok());
  ASSERT_TRUE(known.policy->Load(OneTwoFive()).ok());
  const auto played = Play(fresh.policy.get(), {0, 2, true}, 20);
  EXPECT_EQ(played, Play(loaded.policy.get(), {0, 2, true}, 20));
  EXPECT_NE(played, Play(known.policy.get(), {0, 2, true}, 20));
}

TEST(SacPolicy, ParametersOfAnotherMemberOfTheFamilyAreRefused) {
  TestPolicy policy;
  v1::PolicyParameters parameters = FreshParameters();
  parameters.set_algorithm("masac");
  const absl::Status status = policy.policy->Load(parameters);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("algorithm \"masac\", expected \"isac\""));
}

}  // namespace
}  // namespace evenkeel
