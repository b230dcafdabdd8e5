#include "actor/policy_holder.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "actor/policies_for_test.h"
#include "common/named_thread.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

v1::RoundStart Round(uint64_t min_version, const std::vector<float>& nominal_weights = {1, 2}) {
  v1::RoundStart round;
  round.set_worlds(1);
  round.set_min_policy_version(min_version);
  for (float weight : nominal_weights) round.add_nominal_weights(weight);
  return round;
}

float ActOnce(PolicyHolder* holder) {
  const v1::Observation observation;
  const v1::Observation* observations[] = {&observation};
  v1::Action action;
  EXPECT_TRUE(holder->Act(observations, absl::MakeSpan(&action, 1)).ok());
  return action.controls().servers(0).weight();
}

class PolicyHolderTest : public testing::Test {
 protected:
  PolicyHolder::Options Learned() {
    PolicyHolder::Options options;
    options.make_policy = MakePolicyThatTellsItsParameters;
    options.source = &source_;
    options.patience = absl::Seconds(30);
    return options;
  }

  PublishedPolicies source_;
  const absl::Notification never_;
};

TEST_F(PolicyHolderTest, BeginsTheRoundWithTheNewestVersion) {
  source_.Publish(25);
  source_.Publish(50);
  PolicyHolder holder(Learned());
  ASSERT_TRUE(holder.BeginRound(Round(25), &never_).ok());
  EXPECT_EQ(holder.version(), 50u);
  EXPECT_EQ(ActOnce(&holder), 50);
}

TEST_F(PolicyHolderTest, AVersionThatArrivesDuringTheRoundActsFromTheNextRoundOn) {
  source_.Publish(25);
  PolicyHolder holder(Learned());
  ASSERT_TRUE(holder.BeginRound(Round(25), &never_).ok());
  source_.Publish(50);
  EXPECT_EQ(ActOnce(&holder), 25);
  ASSERT_TRUE(holder.BeginRound(Round(25), &never_).ok());
  EXPECT_EQ(ActOnce(&holder), 50);
}

TEST_F(PolicyHolderTest, ARefusedPolicyIsAnErrorAndTheOldOneStays) {
  source_.Publish(25);
  PolicyHolder holder(Learned());
  ASSERT_TRUE(holder.BeginRound(Round(25), &never_).ok());
  source_.PublishForeign(50);
  EXPECT_EQ(holder.BeginRound(Round(50), &never_).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(holder.version(), 25u);
  EXPECT_EQ(ActOnce(&holder), 25);
}

TEST_F(PolicyHolderTest, OtherNominalWeightsMakeAnotherPolicyWithTheSameParameters) {
  source_.Publish(25);
  int made = 0;
  PolicyHolder::Options options = Learned();
  options.make_policy = [&made](const std::vector<float>& weights) {
    ++made;
    return MakePolicyThatTellsItsParameters(weights);
  };
  PolicyHolder holder(options);
  ASSERT_TRUE(holder.BeginRound(Round(0, {1, 2}), &never_).ok());
  ASSERT_TRUE(holder.BeginRound(Round(0, {1, 2}), &never_).ok());
  EXPECT_EQ(made, 1);
  ASSERT_TRUE(holder.BeginRound(Round(0, {1, 2, 2}), &never_).ok());
  EXPECT_EQ(made, 2);
  EXPECT_EQ(ActOnce(&holder), 25);
}

TEST_F(PolicyHolderTest, AnAlgorithmThatDoesNotLearnNeedsNoVersion) {
  PolicyHolder::Options options = Learned();
  options.source = nullptr;
  PolicyHolder holder(options);
  EXPECT_TRUE(holder.BeginRound(Round(0), &never_).ok());
  EXPECT_EQ(holder.version(), 0u);
  EXPECT_EQ(holder.BeginRound(Round(1), &never_).code(), absl::StatusCode::kFailedPrecondition);
}

// A publisher offers versions as fast as it can. Whatever acts must be one version, whole, from a round's
// start to its end.
TEST_F(PolicyHolderTest, WhilePublishedConcurrentlyAPolicyIsSwappedWholeAndNeverInARound) {
  std::atomic<bool> done{false};
  source_.Publish(1);
  NamedThread publisher("publisher", [&] {
    for (uint64_t version = 2; !done; ++version) source_.Publish(version);
  });
  PolicyHolder holder(Learned());
  uint64_t swaps = 0;
  uint64_t before = 0;
  // On one busy core the publisher may be off it for a while, hence until enough swaps were seen.
  while (swaps < 20) {
    ASSERT_TRUE(holder.BeginRound(Round(0), &never_).ok());
    const uint64_t version = holder.version();
    ASSERT_GE(version, before);
    swaps += version > before;
    before = version;
    for (int step = 0; step < 50; ++step) ASSERT_EQ(ActOnce(&holder), static_cast<float>(version));
  }
  done = true;
}

}  // namespace
}  // namespace evenkeel
