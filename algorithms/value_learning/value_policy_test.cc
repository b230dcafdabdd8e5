#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "algorithms/parameters.h"
#include "algorithms/value_learning/value_learning.h"
#include "algorithms/value_learning/value_for_test.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

std::vector<int> Levels(const v1::Action& action) { return {action.levels().begin(), action.levels().end()}; }

// The actions of `policy` for a round of `worlds` over `steps` steps; world w sees observation stream (w + shift).
std::vector<std::vector<int>> Play(Policy* policy, RoundContext round, int steps, int shift = 0) {
  std::vector<std::vector<int>> played;
  policy->BeginRound(round);
  for (int step = 0; step < steps; ++step) {
    std::vector<v1::Observation> observations;
    std::vector<const v1::Observation*> pointers;
    for (int world = 0; world < round.worlds; ++world) observations.push_back(RandomObservation(100 * step + world + shift, kTestServers));
    for (const v1::Observation& observation : observations) pointers.push_back(&observation);
    std::vector<v1::Action> actions(round.worlds);
    EXPECT_TRUE(policy->Act(pointers, absl::MakeSpan(actions)).ok());
    for (const v1::Action& action : actions) played.push_back(Levels(action));
  }
  return played;
}

struct TestPolicy {
  explicit TestPolicy(v1::Experiment from = ValueExperiment(), int agent = 0)
      : experiment(std::move(from)), policy(MakeValuePolicy("qmix", ContextOf(experiment, agent)).value()) {}
  v1::Experiment experiment;
  std::unique_ptr<Policy> policy;
};

// Parameters of version 1 whose weights are six times those that a network starts with, and without biases, so that what it
// does varies with what it sees.
v1::PolicyParameters LivelyParameters() {
  v1::Experiment experiment = ValueExperiment();
  experiment.set_seed(11);
  v1::PolicyParameters parameters = MakeValueTrainer("qmix", Mixing::kMonotonic, ContextOf(experiment)).value()->Export();
  for (v1::NamedTensor& tensor : *parameters.mutable_tensors()) {
    const float factor = tensor.shape_size() == 2 ? 6 : 0;
    auto* values = reinterpret_cast<float*>(&(*tensor.mutable_data())[0]);
    for (size_t i = 0; i < tensor.data().size() / sizeof(float); ++i) values[i] *= factor;
  }
  parameters.set_version(1);
  Seal(&parameters);
  return parameters;
}

TEST(ValuePolicy, GreedyActionsDoNotDependOnEpisodeOrAgent) {
  TestPolicy one(ValueExperiment(), 0), other(ValueExperiment(), 1);
  ASSERT_TRUE(one.policy->Load(LivelyParameters()).ok());
  ASSERT_TRUE(other.policy->Load(LivelyParameters()).ok());
  EXPECT_EQ(Play(one.policy.get(), {0, 1, false}, 20), Play(other.policy.get(), {40, 1, false}, 20));
}

TEST(ValuePolicy, ExplorationIsTheSameForTheSameEpisodeAndOtherForAnother) {
  TestPolicy policy;
  const auto first = Play(policy.policy.get(), {3, 1, true}, 20);
  EXPECT_EQ(first, Play(policy.policy.get(), {3, 1, true}, 20));
  EXPECT_NE(first, Play(policy.policy.get(), {4, 1, true}, 20));
}

TEST(ValuePolicy, AgentsExploreIndependently) {
  TestPolicy one(ValueExperiment(), 0), other(ValueExperiment(), 1);
  EXPECT_NE(Play(one.policy.get(), {3, 1, true}, 20), Play(other.policy.get(), {3, 1, true}, 20));
}

// Share of the heads whose level is not the greedy one of the same history. History matters through the last action,
// so only first steps are compared.
double ShareExplored(uint64_t first_episode) {
  TestPolicy policy;
  int changed = 0, heads = 0;
  const RoundContext greedy_round{first_episode, 400, false};
  const RoundContext exploring_round{first_episode, 400, true};
  const auto greedy = Play(policy.policy.get(), greedy_round, 1), explored = Play(policy.policy.get(), exploring_round, 1);
  for (size_t world = 0; world < greedy.size(); ++world) {
    for (int server = 0; server < kTestServers; ++server, ++heads) changed += greedy[world][server] != explored[world][server];
  }
  return static_cast<double>(changed) / heads;
}

TEST(ValuePolicy, ExploresTheShareThatEpsilonOfTheEpisodeSays) {
  // At epsilon 0.05 (all 400 worlds are past episode 50) 2/3 of the explored heads differ: 1200 heads, mean 0.033,
  // standard deviation 0.0052. The bounds fail by chance with less than 1e-5 (and the seed is fixed).
  const double late = ShareExplored(1000);
  EXPECT_GT(late, 0.010);
  EXPECT_LT(late, 0.060);
}

TEST(ValuePolicy, ExploresEveryHeadAtTheStart) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->set_epsilon_episodes(1000000);
  TestPolicy policy(experiment);
  const auto played = Play(policy.policy.get(), {0, 300, true}, 1);
  int count[kTestLevels] = {};
  for (const auto& levels : played) {
    for (int level : levels) ++count[level];
  }
  // 900 draws over 3 levels: mean 300, standard deviation 14; five of them fail with less than 1e-5.
  for (int level = 0; level < kTestLevels; ++level) EXPECT_NEAR(count[level], 300, 71);
}

TEST(ValuePolicy, LivelyParametersMakeTheTestsHereMeaningful) {
  TestPolicy policy;
  ASSERT_TRUE(policy.policy->Load(LivelyParameters()).ok());
  const auto played = Play(policy.policy.get(), {0, 4, false}, 20);
  EXPECT_GT(std::set<std::vector<int>>(played.begin(), played.end()).size(), 5u);
}

TEST(ValuePolicy, ManyWorldsAtOnceActLikeManyPoliciesOfOneWorld) {
  TestPolicy together, alone;
  ASSERT_TRUE(together.policy->Load(LivelyParameters()).ok());
  ASSERT_TRUE(alone.policy->Load(LivelyParameters()).ok());
  const auto played = Play(together.policy.get(), {60, 4, true}, 30);
  for (int world = 0; world < 4; ++world) {
    const auto single = Play(alone.policy.get(), {60u + world, 1, true}, 30, world);
    for (int step = 0; step < 30; ++step) EXPECT_EQ(played[step * 4 + world], single[step]) << world << " " << step;
  }
}

TEST(ValuePolicy, ARoundBeginsWithoutMemoryOfTheLast) {
  TestPolicy policy;
  ASSERT_TRUE(policy.policy->Load(LivelyParameters()).ok());
  const auto first = Play(policy.policy.get(), {0, 2, false}, 10);
  Play(policy.policy.get(), {2, 2, false}, 7, 50);
  EXPECT_EQ(first, Play(policy.policy.get(), {0, 2, false}, 10));
}

TEST(ValuePolicy, SetsTheWeightOfItsLevelAndNoBias) {
  TestPolicy policy;
  policy.policy->BeginRound({0, 1, true});
  const v1::Observation observation = RandomObservation(1, kTestServers);
  const v1::Observation* pointer = &observation;
  v1::Action action;
  ASSERT_TRUE(policy.policy->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
  ASSERT_EQ(action.controls().servers_size(), kTestServers);
  EXPECT_EQ(action.controls().mode(), v1::SHORTEST_EXPECTED_DELAY);
  const std::vector<float> values = {1.0f, 1.5f, 2.0f};
  for (int server = 0; server < kTestServers; ++server) {
    EXPECT_EQ(action.controls().servers(server).weight(), values[action.levels(server)]);
    EXPECT_EQ(action.controls().servers(server).bias(), 0.0f);
  }
}

TEST(ValuePolicy, SendsNothingToAServerThatTakesNoFlows) {
  TestPolicy policy;
  policy.policy->BeginRound({0, 1, false});
  v1::Observation observation = RandomObservation(1, kTestServers);
  observation.set_available(1, 0);
  const v1::Observation* pointer = &observation;
  v1::Action action;
  ASSERT_TRUE(policy.policy->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
  EXPECT_GT(action.controls().servers(0).weight(), 0);
  EXPECT_EQ(action.controls().servers(1).weight(), 0);
  EXPECT_GT(action.controls().servers(2).weight(), 0);
}

TEST(ValuePolicy, RefusesAnObservationOfAnotherNumberOfServersAndGoesOn) {
  TestPolicy policy, untouched;
  const v1::Observation good = RandomObservation(1, kTestServers), bad = RandomObservation(2, kTestServers + 1);
  const v1::Observation* bad_pair[] = {&good, &bad};
  const v1::Observation* good_pair[] = {&good, &good};
  std::vector<v1::Action> actions(2), expected(2);
  policy.policy->BeginRound({0, 2, true});
  untouched.policy->BeginRound({0, 2, true});
  const absl::Status status = policy.policy->Act(bad_pair, absl::MakeSpan(actions));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("open_flows has 4 entries, expected one for each of 3 servers"));
  ASSERT_TRUE(policy.policy->Act(good_pair, absl::MakeSpan(actions)).ok());
  ASSERT_TRUE(untouched.policy->Act(good_pair, absl::MakeSpan(expected)).ok());
  for (int world = 0; world < 2; ++world) EXPECT_EQ(Levels(actions[world]), Levels(expected[world]));
}

TEST(ValuePolicy, BeforeTheFirstLoadItHasTheTrainersInitialParameters) {
  v1::Experiment experiment = ValueExperiment();
  const auto trainer = MakeValueTrainer("qmix", Mixing::kMonotonic, ContextOf(experiment)).value();
  TestPolicy fresh, loaded;
  EXPECT_EQ(fresh.policy->version(), 0u);
  ASSERT_TRUE(loaded.policy->Load(trainer->Export()).ok());
  EXPECT_EQ(Play(fresh.policy.get(), {0, 2, false}, 20), Play(loaded.policy.get(), {0, 2, false}, 20));
}

TEST(ValuePolicy, LoadTakesOverTheVersionAndChangesWhatItDoes) {
  TestPolicy policy;
  const auto before = Play(policy.policy.get(), {0, 4, false}, 20);
  ASSERT_TRUE(policy.policy->Load(LivelyParameters()).ok());
  EXPECT_EQ(policy.policy->version(), 1u);
  EXPECT_NE(before, Play(policy.policy.get(), {0, 4, false}, 20));
}

void ExpectLoadRefused(const v1::PolicyParameters& parameters, absl::StatusCode code, const std::string& what) {
  TestPolicy policy;
  const auto before = Play(policy.policy.get(), {0, 4, false}, 20);
  const absl::Status status = policy.policy->Load(parameters);
  EXPECT_EQ(status.code(), code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  EXPECT_EQ(policy.policy->version(), 0u);
  EXPECT_EQ(before, Play(policy.policy.get(), {0, 4, false}, 20));
}

TEST(ValuePolicy, ParametersOfAnotherAlgorithmAreRefusedAndChangeNothing) {
  v1::PolicyParameters parameters = LivelyParameters();
  parameters.set_algorithm("vdn");
  ExpectLoadRefused(parameters, absl::StatusCode::kInvalidArgument, "algorithm \"vdn\", expected \"qmix\"");
}

TEST(ValuePolicy, DamagedParametersAreRefusedAndChangeNothing) {
  v1::PolicyParameters parameters = LivelyParameters();
  (*parameters.mutable_tensors(2)->mutable_data())[9] ^= 0x40;
  ExpectLoadRefused(parameters, absl::StatusCode::kDataLoss, "damaged");
}

TEST(ValuePolicy, AWrongTensorShapeIsRefusedByNameAndChangesNothing) {
  v1::PolicyParameters parameters = LivelyParameters();
  parameters.mutable_tensors(0)->set_shape(0, 15);
  ExpectLoadRefused(parameters, absl::StatusCode::kInvalidArgument,
                    "tensor \"agent.fc1.weight\": expected shape [16, 27], found [15, 27]");
}

TEST(ValuePolicy, ParametersOfAnotherNumberOfLevelsAreRefused) {
  v1::PolicyParameters parameters = LivelyParameters();
  parameters.mutable_shape()->set_levels(6);
  ExpectLoadRefused(parameters, absl::StatusCode::kInvalidArgument, "made for 6 action levels, this experiment has 3");
}

}  // namespace
}  // namespace evenkeel
