// What every registered algorithm must pass. Adding one to the registry is enough to test it here.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "algorithms/batch.h"
#include "algorithms/compute_device.h"
#include "algorithms/episode_for_test.h"
#include "algorithms/registry.h"
#include "algorithms/torch_process.h"
#include "algorithms/trainer_state.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr int kAgents = 2;
constexpr int kServers = 4;
constexpr int kLevels = 6;  // three weights, two biases

// Every setting that some algorithm asks for, small. Learned agents have `network`, biases, and own averages.
v1::Experiment SmallExperiment(v1::Network::Kind network) {
  v1::Experiment experiment = AgentExperiment(3, network);
  experiment.set_seed(5);
  v1::Agent* agent = experiment.mutable_agent();
  agent->set_duration_decay_per_second(0.9);
  agent->set_own_average_gain(1);
  for (double level : {0.0, 2.0}) agent->add_bias_levels(level);
  v1::Algorithm* algorithm = experiment.mutable_algorithm();
  algorithm->mutable_awcmp()->set_smoothing(0.5);
  algorithm->mutable_sed_feedback()->set_gain(0.5);
  algorithm->mutable_sed_feedback()->set_leak(0.1);
  algorithm->mutable_sed_own_average()->set_horizon_seconds(2);
  algorithm->mutable_arc()->set_horizon_seconds(2);
  algorithm->mutable_sed_static()->set_exponent(0.5);
  algorithm->mutable_es()->set_hidden(2);
  algorithm->mutable_network()->set_identity(true);
  experiment.mutable_training()->set_learner_threads(2);
  v1::Qmix* qmix = algorithm->mutable_qmix();
  qmix->set_hidden(8);
  qmix->set_mixer_embed(4);
  qmix->set_hypernet_hidden(6);
  qmix->set_learning_rate(1e-2);
  qmix->set_discount(0.9);
  qmix->set_td_lambda(0.5);
  qmix->set_double_q(true);
  qmix->set_target_interval_updates(2);
  qmix->set_max_gradient_norm(10);
  qmix->set_epsilon_start(1);
  qmix->set_epsilon_end(0.05);
  qmix->set_epsilon_episodes(50);
  qmix->set_mixer_state(v1::Qmix::JOINT_OBSERVATION);
  v1::Sac* sac = algorithm->mutable_sac();
  sac->set_hidden(8);
  sac->set_actor_learning_rate(1e-2);
  sac->set_critic_learning_rate(1e-2);
  sac->set_temperature_learning_rate(1e-2);
  sac->set_discount(0.9);
  sac->set_target_rate(0.1);
  sac->set_target_entropy_share(0.5);
  sac->set_initial_temperature(0.1);
  sac->set_max_gradient_norm(10);
  sac->set_burn_in_steps(1);
  return experiment;
}

PolicyContext ContextOf(const v1::Experiment& experiment, int agent = 0) {
  return ContextFor({kAgents, kServers, kLevels}, experiment, agent);
}

v1::Observation Seen(uint64_t seed, int servers = kServers) {
  v1::Observation observation = RandomObservation(seed, servers);
  for (int server = 0; server < servers; ++server) {
    observation.add_busy_workers((seed + server) % 32);
    observation.add_others_open_flows((3 * seed + server) % 100);
  }
  return observation;
}

absl::Status ActOnce(Policy* policy, const std::vector<v1::Observation>& observations, std::vector<v1::Action>* actions) {
  std::vector<const v1::Observation*> pointers;
  for (const v1::Observation& observation : observations) pointers.push_back(&observation);
  actions->assign(observations.size(), v1::Action());
  return policy->Act(pointers, absl::MakeSpan(*actions));
}

// All actions of a round of 10 steps, as bytes.
std::vector<std::string> Play(Policy* policy, const RoundContext& round) {
  std::vector<std::string> played;
  policy->BeginRound(round);
  for (uint64_t step = 0; step < 10; ++step) {
    std::vector<v1::Observation> observations;
    for (int world = 0; world < round.worlds; ++world) observations.push_back(Seen(step * 100 + world));
    std::vector<v1::Action> actions;
    EXPECT_TRUE(ActOnce(policy, observations, &actions).ok());
    for (const v1::Action& action : actions) played.push_back(action.SerializeAsString());
  }
  return played;
}

// An algorithm and, if it learns, the kind of its agents' network.
struct Entrant {
  AlgorithmInfo info;
  v1::Network::Kind network;
};

std::string NameOf(const ::testing::TestParamInfo<Entrant>& entrant) {
  const bool learned = entrant.param.info.kind == AlgorithmKind::kLearned;
  return entrant.param.info.name + (learned ? "_" + v1::Network::Kind_Name(entrant.param.network) : "");
}

std::vector<Entrant> Entrants(bool learned_only) {
  std::vector<Entrant> entrants;
  for (const AlgorithmInfo& info : Algorithms()) {
    const bool learned = info.make_trainer != nullptr;
    if (learned || !learned_only) entrants.push_back({info, v1::Network::PAPER});
    if (learned) entrants.push_back({info, v1::Network::SHARED});
  }
  return entrants;
}

class Conformance : public ::testing::TestWithParam<Entrant> {
 protected:
  Conformance() { UseOneTorchThread(); }

  const AlgorithmInfo& info() const { return GetParam().info; }

  std::unique_ptr<Policy> MakePolicy(int agent = 0) {
    auto policy = info().make_policy(ContextOf(experiment_, agent));
    EXPECT_TRUE(policy.ok()) << policy.status();
    return *std::move(policy);
  }

  const v1::Experiment experiment_ = SmallExperiment(GetParam().network);
};

TEST_P(Conformance, ControlsOfEveryWorldAreOnesThatADataPlaneAccepts) {
  const auto policy = MakePolicy();
  policy->BeginRound({0, 3, true});
  for (uint64_t step = 0; step < 20; ++step) {
    std::vector<v1::Action> actions;
    ASSERT_TRUE(ActOnce(policy.get(), {Seen(step), Seen(step + 50), Seen(step + 90)},
                        &actions).ok());
    for (const v1::Action& action : actions) {
      ASSERT_EQ(action.controls().servers_size(), kServers);
      double sum = 0;
      for (const v1::ServerControl& server : action.controls().servers()) {
        EXPECT_TRUE(std::isfinite(server.weight()) && server.weight() >= 0) << server.weight();
        EXPECT_TRUE(std::isfinite(server.bias())) << server.bias();
        sum += server.weight();
      }
      EXPECT_GT(sum, 0);
      const float gain = action.controls().exchange_gain(), smoothing = action.controls().exchange_smoothing();
      EXPECT_TRUE(std::isfinite(gain) && gain >= 0) << gain;
      EXPECT_TRUE(smoothing >= 0 && smoothing < 1) << smoothing;
    }
  }
}

TEST_P(Conformance, LevelsIfAnyAreOnePerServerAndExist) {
  const auto policy = MakePolicy();
  policy->BeginRound({0, 1, true});
  std::vector<v1::Action> actions;
  ASSERT_TRUE(ActOnce(policy.get(), {Seen(1)}, &actions).ok());
  if (actions[0].levels().empty()) {
    EXPECT_EQ(info().make_trainer, nullptr);  // stored experience needs the levels
    return;
  }
  ASSERT_EQ(actions[0].levels_size(), kServers);
  for (uint32_t level : actions[0].levels()) EXPECT_LT(level, static_cast<uint32_t>(kLevels));
}

TEST_P(Conformance, TheSameCallsGiveTheSameActions) {
  const auto one = MakePolicy(), other = MakePolicy();
  for (bool explore : {true, false}) {
    EXPECT_TRUE(Play(one.get(), {8, 3, explore}) == Play(other.get(), {8, 3, explore}));
  }
}

TEST_P(Conformance, ARoundBeginsWithoutMemoryOfTheLast) {
  const auto policy = MakePolicy();
  const auto first = Play(policy.get(), {8, 3, true});
  Play(policy.get(), {11, 2, true});
  EXPECT_TRUE(Play(policy.get(), {8, 3, true}) == first);
}

TEST_P(Conformance, AServerThatTakesNoFlowsGetsWeightZeroAndTheOthersDoNot) {
  const auto policy = MakePolicy();
  policy->BeginRound({0, 1, true});
  for (uint64_t step = 0; step < 5; ++step) {
    v1::Observation observation = Seen(step);
    observation.set_available(2, 0);
    std::vector<v1::Action> actions;
    ASSERT_TRUE(ActOnce(policy.get(), {observation}, &actions).ok());
    for (int server = 0; server < kServers; ++server) {
      EXPECT_EQ(actions[0].controls().servers(server).weight() == 0, server == 2) << server;
    }
  }
}

TEST_P(Conformance, WithNoServerLeftTheControlsAreStillAccepted) {
  const auto policy = MakePolicy();
  policy->BeginRound({0, 1, false});
  v1::Observation observation = Seen(1);
  for (float& available : *observation.mutable_available()) available = 0;
  std::vector<v1::Action> actions;
  ASSERT_TRUE(ActOnce(policy.get(), {observation}, &actions).ok());
  EXPECT_GT(actions[0].controls().servers(0).weight(), 0);
}

TEST_P(Conformance, AnObservationOfAnotherNumberOfServersIsRefused) {
  const auto policy = MakePolicy();
  policy->BeginRound({0, 2, false});
  std::vector<v1::Action> actions;
  EXPECT_EQ(ActOnce(policy.get(), {Seen(1), Seen(2, kServers - 1)}, &actions).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(Conformance, LoadOfParametersItDoesNotHaveIsAnErrorAndChangesNothing) {
  const auto policy = MakePolicy();
  const auto before = Play(policy.get(), {0, 2, false});
  v1::PolicyParameters parameters;
  parameters.set_algorithm("no such algorithm");
  parameters.set_version(9);
  EXPECT_EQ(policy->Load(parameters).code(), info().kind == AlgorithmKind::kLearned
                                                 ? absl::StatusCode::kInvalidArgument
                                                 : absl::StatusCode::kUnimplemented);
  EXPECT_EQ(policy->version(), 0u);
  EXPECT_TRUE(Play(policy.get(), {0, 2, false}) == before);
}

TEST_P(Conformance, OnlyALearnedAlgorithmHasATrainer) {
  EXPECT_EQ(info().make_trainer != nullptr, info().kind == AlgorithmKind::kLearned && !IsSearched(info()));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, Conformance, ::testing::ValuesIn(Entrants(/*learned_only=*/false)), NameOf);

class LearnedConformance : public Conformance {
 protected:
  std::unique_ptr<Trainer> MakeTrainer() {
    auto trainer = info().make_trainer(ContextOf(experiment_));
    EXPECT_TRUE(trainer.ok()) << trainer.status();
    return *std::move(trainer);
  }

  // Of six steps each, in all of which all agents took part.
  std::vector<v1::Episode> ThreeEpisodes(uint64_t first_episode) {
    const BatchShape shape{kAgents, kServers, kLevels};
    std::vector<v1::Episode> episodes;
    for (uint64_t i = 0; i < 3; ++i) episodes.push_back(RandomEpisode(first_episode + i, shape, 6));
    return episodes;
  }

  absl::StatusOr<UpdateMetrics> Update(Trainer* trainer, uint64_t first_episode) {
    return trainer->Update(Pointers(ThreeEpisodes(first_episode)));
  }
};

TEST_P(LearnedConformance, APolicyThatLoadsAnExportActsLikeAnyOtherThatDid) {
  const auto trainer = MakeTrainer();
  for (uint64_t update = 0; update < 5; ++update) ASSERT_TRUE(Update(trainer.get(), update).ok());
  v1::PolicyParameters sent;
  ASSERT_TRUE(sent.ParseFromString(trainer->Export().SerializeAsString()));
  const auto direct = MakePolicy(), over_the_wire = MakePolicy();
  ASSERT_TRUE(direct->Load(trainer->Export()).ok());
  ASSERT_TRUE(over_the_wire->Load(sent).ok());
  EXPECT_EQ(over_the_wire->version(), 5u);
  EXPECT_TRUE(Play(direct.get(), {0, 3, false}) == Play(over_the_wire.get(), {0, 3, false}));
}

TEST_P(LearnedConformance, ParametersAreExportedUnderTheRegisteredName) {
  EXPECT_EQ(MakeTrainer()->Export().algorithm(), info().name);
}

TEST_P(LearnedConformance, AnExportSaysWithWhatItWasTrained) {
  const v1::PolicyParameters parameters = MakeTrainer()->Export();
  EXPECT_EQ(parameters.shape().network(), GetParam().network);
  EXPECT_EQ(parameters.shape().levels(), static_cast<uint32_t>(kLevels));
  EXPECT_EQ(parameters.agent().SerializeAsString(), experiment_.agent().SerializeAsString());
  EXPECT_EQ(parameters.settings().SerializeAsString(), experiment_.algorithm().SerializeAsString());
}

TEST_P(LearnedConformance, UpdatesChangeTheParametersAndAreCounted) {
  const auto trainer = MakeTrainer();
  const std::string before = trainer->Export().tensors(0).data();
  ASSERT_TRUE(Update(trainer.get(), 0).ok());
  EXPECT_FALSE(trainer->Export().tensors(0).data() == before);
  EXPECT_EQ(trainer->updates(), 1u);
  EXPECT_EQ(trainer->Export().version(), 1u);
}

TEST_P(LearnedConformance, ARestoredTrainerGoesOnBitForBit) {
  const auto straight = MakeTrainer(), restored = MakeTrainer();
  for (uint64_t update = 0; update < 3; ++update) ASSERT_TRUE(Update(straight.get(), update).ok());
  ASSERT_TRUE(restored->RestoreState(straight->SaveState().value()).ok());
  for (uint64_t update = 3; update < 6; ++update) {
    EXPECT_EQ(Update(straight.get(), update).value(), Update(restored.get(), update).value());
  }
  EXPECT_TRUE(straight->SaveState().value() == restored->SaveState().value());
}

TEST_P(LearnedConformance, TheTdErrorOfEachEpisodeIsToldInItsPlace) {
  const std::vector<v1::Episode> episodes = ThreeEpisodes(0);
  const UpdateMetrics together = MakeTrainer()->Update(Pointers(episodes)).value();
  for (size_t i = 0; i < episodes.size(); ++i) {
    const double error = MakeTrainer()->Update(Pointers({episodes[i]})).value().at("td_error_abs");
    EXPECT_GT(error, 0);
    EXPECT_NEAR(together.at("td_error_abs." + std::to_string(i)), error, 1e-4 * error) << i;
    for (size_t other = 0; other < i; ++other) {
      EXPECT_GT(std::abs(together.at("td_error_abs." + std::to_string(other)) - error), 1e-3 * error) << other << " and " << i;
    }
  }
}

TEST_P(LearnedConformance, AWeightIsThatOfItsEpisodeAndInTheLossesAlone) {
  const std::vector<v1::Episode> episodes = ThreeEpisodes(0);
  const UpdateMetrics plain = MakeTrainer()->Update(Pointers(episodes)).value();
  for (size_t i = 0; i < episodes.size(); ++i) {
    const double alone = MakeTrainer()->Update(Pointers({episodes[i]})).value().at("loss");
    std::vector<float> weights(episodes.size(), 0.0f);
    weights[i] = 0.5f;
    UpdateMetrics weighted = MakeTrainer()->Update(Pointers(episodes), weights).value();
    EXPECT_NEAR(weighted.at("loss"), 0.5 * alone / episodes.size(), 1e-4 * alone) << i;
    for (const char* of_losses : {"loss", "actor_loss", "gradient_norm", "actor_gradient_norm"}) weighted.erase(of_losses);
    for (const auto& [name, value] : weighted) EXPECT_EQ(plain.at(name), value) << name;
  }
}

TEST_P(LearnedConformance, AForeignStateIsRefused) {
  const auto trainer = MakeTrainer();
  const std::string before = trainer->SaveState().value();
  EXPECT_FALSE(trainer->RestoreState("something else entirely").ok());
  EXPECT_TRUE(trainer->SaveState().value() == before);
}

TEST_P(LearnedConformance, ABatchOfAnotherShapeIsRefusedByEpisode) {
  const auto trainer = MakeTrainer();
  const v1::Episode episode = RandomEpisode(77, {kAgents, kServers + 1, kLevels}, 4);
  const v1::Episode* pointer = &episode;
  const absl::Status status = trainer->Update({&pointer, 1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("episode 77"), absl::string_view::npos) << status;
  EXPECT_EQ(trainer->updates(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, LearnedConformance, ::testing::ValuesIn(Entrants(/*learned_only=*/true)), NameOf);

// An algorithm whose trainer computes on a CUDA device. Skipped where there is none.
struct CudaEntrant {
  Entrant entrant;
  bool recurrent;
};

std::string NameOfCudaEntrant(const ::testing::TestParamInfo<CudaEntrant>& entrant) {
  const auto& [of, recurrent] = entrant.param;
  return of.info.name + "_" + v1::Network::Kind_Name(of.network) + (recurrent ? "_recurrent" : "_feedforward");
}

std::vector<CudaEntrant> CudaEntrants() {
  std::vector<CudaEntrant> entrants;
  for (const Entrant& entrant : Entrants(/*learned_only=*/true)) {
    for (bool recurrent : {true, false}) entrants.push_back({entrant, recurrent});
  }
  if (!ComputeDevice("cuda").ok()) entrants.resize(1);  // one is skipped for all
  return entrants;
}

// The norms of the values of each tensor of `one`, less those of `other` if there is one: by the tensor's place.
std::vector<double> Norms(const v1::PolicyParameters& one, const v1::PolicyParameters* other = nullptr) {
  std::vector<double> norms;
  for (int at = 0; at < one.tensors_size(); ++at) {
    const std::string& bytes = one.tensors(at).data();
    double squares = 0;
    for (size_t begin = 0; begin < bytes.size(); begin += sizeof(float)) {
      float value, less = 0;
      std::memcpy(&value, &bytes[begin], sizeof(float));
      if (other != nullptr) std::memcpy(&less, &other->tensors(at).data()[begin], sizeof(float));
      squares += (static_cast<double>(value) - less) * (static_cast<double>(value) - less);
    }
    norms.push_back(std::sqrt(squares));
  }
  return norms;
}

class CudaConformance : public ::testing::TestWithParam<CudaEntrant> {
 protected:
  CudaConformance() { UseOneTorchThread(); }

  void SetUp() override {
    const absl::Status device = ComputeDevice("cuda").status();
    if (!device.ok()) GTEST_SKIP() << "no CUDA device: " << device.message();
  }

  static v1::Experiment ExperimentOn(const std::string& device) {
    v1::Experiment experiment = SmallExperiment(GetParam().entrant.network);
    experiment.mutable_algorithm()->mutable_network()->set_recurrent(GetParam().recurrent);
    experiment.mutable_training()->set_device(device);
    return experiment;
  }

  static std::unique_ptr<Trainer> MakeTrainer(const v1::Experiment& experiment) {
    auto trainer = GetParam().entrant.info.make_trainer(ContextOf(experiment));
    EXPECT_TRUE(trainer.ok()) << trainer.status();
    return *std::move(trainer);
  }

  static UpdateMetrics Update(Trainer* trainer, uint64_t first_episode) {
    std::vector<v1::Episode> episodes;
    for (uint32_t i = 0; i < 3; ++i) {
      episodes.push_back(RandomEpisode(first_episode + i, {kAgents, kServers, kLevels}, 6 + 2 * i));
    }
    const auto metrics = trainer->Update(Pointers(episodes));
    EXPECT_TRUE(metrics.ok()) << metrics.status();
    return metrics.value_or(UpdateMetrics());
  }

  // One update of each, on the same episodes: metrics and the gradients are the same but for rounding. Gradients are held against
  // each other as Adam's means, which are linear in them; parameters are not, as Adam's first steps go by the sign alone.
  static void ExpectTheSameUpdate(Trainer* cpu, Trainer* cuda, uint64_t first_episode, double relative = 1e-4,
                                  double of_all = 1e-6) {
    const UpdateMetrics expected = Update(cpu, first_episode), metrics = Update(cuda, first_episode);
    ASSERT_EQ(metrics.size(), expected.size());
    for (const auto& [name, value] : expected) {
      EXPECT_NEAR(metrics.at(name), value, relative * std::abs(value) + of_all) << name;
    }
    const v1::PolicyParameters one = UnpackTrainerState(cpu->SaveState().value()).value();
    const v1::PolicyParameters other = UnpackTrainerState(cuda->SaveState().value()).value();
    ASSERT_EQ(other.tensors_size(), one.tensors_size());
    const std::vector<double> norms = Norms(one), distances = Norms(one, &other);
    double all = 0;
    for (int at = 0; at < one.tensors_size(); ++at) {
      if (absl::StrContains(one.tensors(at).name(), "_mean/")) all = std::hypot(all, norms[at]);
    }
    EXPECT_GT(all, 0);
    for (int at = 0; at < one.tensors_size(); ++at) {
      const std::string& name = one.tensors(at).name();
      ASSERT_EQ(other.tensors(at).name(), name);
      if (!absl::StrContains(name, "_mean/")) continue;
      EXPECT_LE(distances[at], relative * norms[at] + of_all * all) << name;
    }
  }

  const v1::Experiment on_cpu_ = ExperimentOn("cpu");
  const v1::Experiment on_cuda_ = ExperimentOn("cuda");
};

TEST_P(CudaConformance, AnUpdateIsThatOfTheCpu) {
  const auto cpu = MakeTrainer(on_cpu_), cuda = MakeTrainer(on_cuda_);
  ExpectTheSameUpdate(cpu.get(), cuda.get(), 0);
}

// Products of the size of these networks' are off by up to a 256th, sums of them by less.
TEST_P(CudaConformance, AnUpdateInBfloat16IsThatOfTheCpuButForItsRounding) {
  v1::Experiment rounded = on_cuda_;
  rounded.mutable_training()->set_matrix_precision(v1::Training::BFLOAT16);
  const auto cpu = MakeTrainer(on_cpu_), cuda = MakeTrainer(rounded);
  ExpectTheSameUpdate(cpu.get(), cuda.get(), 0, /*relative=*/0.05, /*of_all=*/0.02);
}

// Beyond a change of the target network, from parameters that are not the initial ones.
TEST_P(CudaConformance, ATrainerGoesOnFromTheStateOfOneOnTheCpu) {
  const auto cpu = MakeTrainer(on_cpu_), cuda = MakeTrainer(on_cuda_);
  for (uint64_t update = 0; update < 5; ++update) Update(cpu.get(), update);
  ASSERT_TRUE(cuda->RestoreState(cpu->SaveState().value()).ok());
  EXPECT_EQ(cuda->Export().SerializeAsString(), cpu->Export().SerializeAsString());
  ExpectTheSameUpdate(cpu.get(), cuda.get(), 5);
}

TEST_P(CudaConformance, ARestoredTrainerGoesOnBitForBit) {
  const auto straight = MakeTrainer(on_cuda_), restored = MakeTrainer(on_cuda_);
  for (uint64_t update = 0; update < 3; ++update) Update(straight.get(), update);
  ASSERT_TRUE(restored->RestoreState(straight->SaveState().value()).ok());
  for (uint64_t update = 3; update < 6; ++update) {
    EXPECT_EQ(Update(straight.get(), update), Update(restored.get(), update));
  }
  EXPECT_TRUE(straight->SaveState().value() == restored->SaveState().value());
}

INSTANTIATE_TEST_SUITE_P(Algorithms, CudaConformance, ::testing::ValuesIn(CudaEntrants()), NameOfCudaEntrant);

}  // namespace
}  // namespace evenkeel
