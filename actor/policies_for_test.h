// A policy whose actions tell which parameters it acts with, and a source of such parameters.
#ifndef EVENKEEL_ACTOR_POLICIES_FOR_TEST_H_
#define EVENKEEL_ACTOR_POLICIES_FOR_TEST_H_

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actor/policy_holder.h"
#include "gtest/gtest.h"
#include "learner/policy_source.h"

namespace evenkeel {

// Every weight it sets is its version, and it fails if its parameters are not all of that version. Two
// servers.
class PolicyThatTellsItsParameters : public Policy {
 public:
  void BeginRound(const RoundContext& round) override { round_ = round; }

  absl::Status Act(absl::Span<const v1::Observation* const> observations,
                   absl::Span<v1::Action> actions) override {
    for (const float value : values_) EXPECT_EQ(value, static_cast<float>(version_));
    EXPECT_EQ(observations.size(), actions.size());
    EXPECT_EQ(static_cast<int>(actions.size()), round_.worlds);
    for (v1::Action& action : actions) {
      for (int server = 0; server < 2; ++server) {
        action.mutable_controls()->add_servers()->set_weight(static_cast<float>(version_));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Load(const v1::PolicyParameters& parameters) override {
    if (parameters.algorithm() != "telling") return absl::InvalidArgumentError("of another algorithm");
    values_.clear();
    for (const v1::NamedTensor& tensor : parameters.tensors()) {
      float value;
      std::memcpy(&value, tensor.data().data(), sizeof(value));
      values_.push_back(value);
    }
    version_ = parameters.version();
    return absl::OkStatus();
  }

  uint64_t version() const override { return version_; }

 private:
  RoundContext round_;
  std::vector<float> values_;
  uint64_t version_ = 0;
};

inline absl::StatusOr<std::unique_ptr<Policy>> MakePolicyThatTellsItsParameters(const std::vector<float>&) {
  return std::make_unique<PolicyThatTellsItsParameters>();
}

// What a PolicySubscription is, without a learner behind it. Thread-safe.
class PublishedPolicies : public PolicySource {
 public:
  void Publish(uint64_t version) { Publish(version, "telling"); }
  void PublishForeign(uint64_t version) { Publish(version, "other"); }

  absl::StatusOr<SharedPolicy> AwaitVersion(uint64_t min_version, absl::Duration patience,
                                            const absl::Notification*) override {
    SharedPolicy policy = published_.Await(min_version, patience);
    if (policy == nullptr) return absl::DeadlineExceededError(absl::StrCat("no version ", min_version));
    return policy;
  }

 private:
  void Publish(uint64_t version, const std::string& algorithm) {
    auto policy = std::make_shared<v1::PolicyParameters>();
    policy->set_algorithm(algorithm);
    policy->set_version(version);
    const float value = static_cast<float>(version);
    for (int i = 0; i < 8; ++i) {
      policy->add_tensors()->set_data(std::string(reinterpret_cast<const char*>(&value), sizeof(value)));
    }
    published_.Publish(std::move(policy));
  }

  PolicyBroadcaster published_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ACTOR_POLICIES_FOR_TEST_H_
