// The two-step matrix game of Rashid et al. 2018 ("QMIX", section 5): in the first step agent 0's action picks the matrix of the
// second, A or B; both agents then share its payoff. B holds the best outcome, 8, which a sum of two values cannot represent: it
// takes B to be worth at most 6.5 and A, which is 7 whatever one does, is chosen. QMIX's mixer can.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "algorithms/value_learning/value_for_test.h"
#include "algorithms/value_learning/value_learning.h"

namespace evenkeel {
namespace {

const BatchShape kGameShape{/*agents=*/2, /*servers=*/1, /*levels=*/2};
constexpr float kPayoffs[2][2][2] = {{{7, 7}, {7, 7}}, {{0, 1}, {1, 8}}};

v1::Experiment GameExperiment(uint64_t seed) {
  UseOneTorchThread();
  v1::Experiment experiment = ValueExperiment();
  experiment.set_seed(seed);
  experiment.mutable_agent()->mutable_action_levels()->Truncate(2);
  v1::Qmix* qmix = experiment.mutable_algorithm()->mutable_qmix();
  qmix->set_discount(0.99);
  qmix->set_learning_rate(5e-3);
  qmix->set_target_interval_updates(40);
  qmix->set_epsilon_end(1);  // full exploration
  return experiment;
}

// Where the game stands (the first step, matrix A, matrix B, or the end) and which agent one is: all agents share one network.
v1::Observation See(int state, int agent) {
  v1::Observation seen;
  seen.add_open_flows(state == 0 ? 32 : 0);
  seen.add_flow_duration_mean(state == 1 ? 10 : 0);
  seen.add_flow_duration_p90(state == 2 ? 10 : 0);
  seen.add_flow_duration_std(agent == 0 ? 0 : 10);
  for (auto* none : {seen.mutable_flow_duration_mean_decayed(), seen.mutable_flow_duration_p90_decayed(),
                     seen.mutable_mean_open_flows(), seen.mutable_flows_sent(), seen.mutable_flows_finished(),
                     seen.mutable_flows_rejected(), seen.mutable_flow_duration_sum()}) {
    none->Add(0);
  }
  seen.add_available(1);
  return seen;
}

using Players = std::vector<std::unique_ptr<Policy>>;

Players MakePlayers(const v1::Experiment& experiment) {
  Players players;
  for (int agent = 0; agent < 2; ++agent) {
    players.push_back(MakeValuePolicy("game", ContextFor(kGameShape, experiment, agent)).value());
  }
  return players;
}

// What a game leaves behind.
struct Game {
  int state = 0;
  std::vector<float> observations, rewards, weights;
  std::string levels;

  v1::Episode Record(uint64_t number) const {
    v1::Episode episode = RandomEpisode(number, kGameShape, 2);
    episode.set_observations(Bytes(observations));
    episode.set_levels(levels);
    episode.set_weights(Bytes(weights));
    episode.set_rewards(Bytes(rewards));
    episode.set_terminated(true);
    return episode;
  }
};

// What both agents see in every game, written down.
std::vector<std::vector<v1::Observation>> SeeAll(std::vector<Game>* games) {
  std::vector<std::vector<v1::Observation>> seen(2);
  for (Game& game : *games) {
    for (int agent = 0; agent < 2; ++agent) {
      seen[agent].push_back(See(game.state, agent));
      float raw[kFeatures];
      EXPECT_TRUE(PackFeatures(seen[agent].back(), 1, raw).ok());
      game.observations.insert(game.observations.end(), raw, raw + kFeatures);
    }
  }
  return seen;
}

void ActOnce(Players* players, std::vector<Game>* games) {
  const auto seen = SeeAll(games);
  std::vector<std::vector<v1::Action>> actions(2, std::vector<v1::Action>(games->size()));
  for (int agent = 0; agent < 2; ++agent) {
    std::vector<const v1::Observation*> pointers;
    for (const v1::Observation& observation : seen[agent]) pointers.push_back(&observation);
    EXPECT_TRUE((*players)[agent]->Act(pointers, absl::MakeSpan(actions[agent])).ok());
  }
  for (size_t i = 0; i < games->size(); ++i) {
    Game& game = (*games)[i];
    const int first = static_cast<int>(actions[0][i].levels(0)), second = static_cast<int>(actions[1][i].levels(0));
    game.rewards.push_back(game.state == 0 ? 0 : kPayoffs[game.state - 1][first][second]);
    game.state = game.state == 0 ? 1 + first : 3;
    for (const auto& of_agent : actions) {
      game.levels.push_back(static_cast<char>(of_agent[i].levels(0)));
      game.weights.push_back(of_agent[i].controls().servers(0).weight());
    }
  }
}

// So many games as episodes of two steps; rewards()[1] is a game's payoff.
std::vector<v1::Episode> Play(Players* players, int count, bool explore) {
  std::vector<Game> games(count);
  for (auto& player : *players) player->BeginRound({0, count, explore});
  for (int step = 0; step < 2; ++step) ActOnce(players, &games);
  SeeAll(&games);
  std::vector<v1::Episode> episodes;
  for (const Game& game : games) episodes.push_back(game.Record(episodes.size()));
  return episodes;
}

float Payoff(const v1::Episode& episode) { return reinterpret_cast<const float*>(episode.rewards().data())[1]; }

// What greedy play is paid after training on random play. 1024 games: the four outcomes of B are then so evenly there that the
// best sum of two values for it stays below 7 by six standard deviations.
float PayoffAfterTraining(Mixing mixing, uint64_t seed) {
  const v1::Experiment experiment = GameExperiment(seed);
  Players players = MakePlayers(experiment);
  const std::vector<v1::Episode> games = Play(&players, 1024, /*explore=*/true);
  const auto trainer = MakeValueTrainer("game", mixing, ContextFor(kGameShape, experiment)).value();
  for (uint64_t update = 0; update < 400; ++update) {
    std::vector<const v1::Episode*> batch;
    for (uint64_t i = 0; i < 32; ++i) batch.push_back(&games[(update * 32 + i) % games.size()]);
    EXPECT_TRUE(trainer->Update(batch).ok());
  }
  for (auto& player : players) EXPECT_TRUE(player->Load(trainer->Export()).ok());
  return Payoff(Play(&players, 1, /*explore=*/false)[0]);
}

class TwoStepGame : public ::testing::TestWithParam<uint64_t> {};

TEST_P(TwoStepGame, QmixFindsTheBestOutcome) { EXPECT_EQ(PayoffAfterTraining(Mixing::kMonotonic, GetParam()), 8); }

TEST_P(TwoStepGame, VdnTakesTheSafeMatrix) { EXPECT_EQ(PayoffAfterTraining(Mixing::kSum, GetParam()), 7); }

TEST_P(TwoStepGame, IqlTakesTheSafeMatrix) { EXPECT_EQ(PayoffAfterTraining(Mixing::kNone, GetParam()), 7); }

INSTANTIATE_TEST_SUITE_P(Seeds, TwoStepGame, ::testing::Range<uint64_t>(1, 6));

TEST(TwoStepGameItself, RandomPlayReachesEveryOutcome) {
  const v1::Experiment experiment = GameExperiment(1);
  Players players = MakePlayers(experiment);
  int sevens = 0, eights = 0, others = 0;
  for (const v1::Episode& game : Play(&players, 1024, /*explore=*/true)) {
    (Payoff(game) == 7 ? sevens : Payoff(game) == 8 ? eights : others) += 1;
  }
  // Expected 512, 128 and 384, standard deviations 16, 11 and 15: five of them fail by chance with less than 1e-5.
  EXPECT_NEAR(sevens, 512, 80);
  EXPECT_NEAR(eights, 128, 53);
  EXPECT_NEAR(others, 384, 77);
}

}  // namespace
}  // namespace evenkeel
