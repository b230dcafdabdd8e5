// The service and the subscription, over real gRPC on the loopback.
#include "learner/learner_service.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/clock.h"
#include "common/grpc_channel.h"
#include "common/grpc_server.h"
#include "common/rng.h"
#include "gtest/gtest.h"
#include "learner/checkpoint_client.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

SharedPolicy Version(uint64_t version, size_t bytes = 16) {
  auto policy = std::make_shared<v1::PolicyParameters>();
  policy->set_version(version);
  policy->add_tensors()->set_data(std::string(bytes, 'x'));
  return policy;
}

// A learner's face without a learner.
class Server {
 public:
  explicit Server(uint64_t updates = 0) : Server([updates] { return updates; }) {}

  explicit Server(std::function<uint64_t()> updates)
      : service_(&policies_, [updates] {
          v1::LearnerStatus status;
          status.set_updates(updates());
          return status;
        }) {
    GrpcServerOptions options;
    options.role = "learner";
    absl::StatusOr<std::unique_ptr<GrpcServer>> server = GrpcServer::Start(options, {&service_});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  PolicyBroadcaster& policies() { return policies_; }
  const std::string& address() const { return server_->address(); }

 private:
  PolicyBroadcaster policies_;
  LearnerService service_;
  std::unique_ptr<GrpcServer> server_;
};

// Where the learner is now, as the endpoint file tells.
class Address {
 public:
  explicit Address(std::string address) : address_(std::move(address)) {}

  absl::StatusOr<std::string> Find() {
    absl::MutexLock lock(&mutex_);
    return address_;
  }

  void Move(const std::string& address) {
    absl::MutexLock lock(&mutex_);
    address_ = address;
  }

 private:
  absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
};

class LearnerServiceTest : public testing::Test {
 protected:
  std::unique_ptr<PolicySubscription> Subscribe(Address* address) {
    PolicySubscription::Options options;
    options.subscriber = "actor-1";
    options.find_address = [address] { return address->Find(); };
    return std::make_unique<PolicySubscription>(std::move(options), RealClock());
  }

  const absl::Notification never_;
};

TEST_F(LearnerServiceTest, ASubscriberGetsTheNewestAndThenEachNewVersion) {
  Server server;
  server.policies().Publish(Version(25));
  Address address(server.address());
  const auto subscription = Subscribe(&address);
  const absl::StatusOr<SharedPolicy> first = subscription->AwaitVersion(0, kLong, &never_);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((*first)->version(), 25u);
  server.policies().Publish(Version(50));
  const absl::StatusOr<SharedPolicy> second = subscription->AwaitVersion(50, kLong, &never_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->version(), 50u);
}

TEST_F(LearnerServiceTest, APolicyLargerThanTheDefaultMessageLimitArrives) {
  Server server;
  server.policies().Publish(Version(1, 80 << 20));
  Address address(server.address());
  const auto subscription = Subscribe(&address);
  const absl::StatusOr<SharedPolicy> policy = subscription->AwaitVersion(1, kLong, &never_);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ((*policy)->tensors(0).data().size(), 80u << 20);
}

TEST_F(LearnerServiceTest, ASubscriberThatHoldsTheNewestIsSentOnlyNewerOnes) {
  Server server;
  server.policies().Publish(Version(25));
  const auto stub = v1::Learner::NewStub(MakeGrpcChannel(server.address()));
  grpc::ClientContext context;
  v1::SubscribeRequest request;
  request.set_has_version(true);
  request.set_have_version(25);
  const auto reader = stub->SubscribePolicies(&context, request);
  server.policies().Publish(Version(26));
  v1::PolicyParcel policy;
  ASSERT_TRUE(reader->Read(&policy));
  EXPECT_EQ(policy.version(), 26u);
  context.TryCancel();
}

TEST_F(LearnerServiceTest, ASubscriberThatDoesNotReadSkipsVersionsAndHoldsNobodyUp) {
  // More than the connection's window and buffers take in while nobody reads.
  constexpr size_t kBytes = 32 << 20;
  constexpr uint64_t kVersions = 20;
  Server server;
  const auto stub = v1::Learner::NewStub(MakeGrpcChannel(server.address(), 512 << 20));
  grpc::ClientContext context;
  const auto reader = stub->SubscribePolicies(&context, v1::SubscribeRequest());
  Rng rng(1);
  std::string noise(kBytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(rng.Next());
  for (uint64_t version = 1; version <= kVersions; ++version) {
    auto policy = std::make_shared<v1::PolicyParameters>();
    policy->set_version(version);
    policy->add_tensors()->set_data(version == kVersions ? "the last" : noise);
    server.policies().Publish(std::move(policy));
  }
  int received = 0;
  v1::PolicyParcel parcel;
  while (parcel.version() < kVersions) {
    ASSERT_TRUE(reader->Read(&parcel));
    ++received;
  }
  EXPECT_LT(received, static_cast<int>(kVersions));
  context.TryCancel();
}

TEST_F(LearnerServiceTest, TheStreamEndsOkWhenTheLearnerIsFinished) {
  Server server;
  server.policies().Publish(Version(7));
  server.policies().Close();
  const auto stub = v1::Learner::NewStub(MakeGrpcChannel(server.address()));
  grpc::ClientContext context;
  const auto reader = stub->SubscribePolicies(&context, v1::SubscribeRequest());
  v1::PolicyParcel policy;
  EXPECT_TRUE(reader->Read(&policy));
  EXPECT_EQ(policy.version(), 7u);
  EXPECT_FALSE(reader->Read(&policy));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(LearnerServiceTest, FindsALearnerThatWasRestartedElsewhere) {
  auto before = std::make_unique<Server>();
  before->policies().Publish(Version(25));
  Address address(before->address());
  const auto subscription = Subscribe(&address);
  ASSERT_TRUE(subscription->AwaitVersion(25, kLong, &never_).ok());
  before.reset();
  Server after;
  address.Move(after.address());
  after.policies().Publish(Version(50));
  const absl::StatusOr<SharedPolicy> policy = subscription->AwaitVersion(50, kLong, &never_);
  EXPECT_TRUE(policy.ok()) << policy.status();
}

TEST_F(LearnerServiceTest, AVersionThatDoesNotComeIsAStallThatNamesLearnerAndVersions) {
  Server server(/*updates=*/25);
  server.policies().Publish(Version(25));
  Address address(server.address());
  const auto subscription = Subscribe(&address);
  ASSERT_TRUE(subscription->AwaitVersion(25, kLong, &never_).ok());
  const absl::Status status = subscription->AwaitVersion(50, absl::Milliseconds(100), &never_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  for (const std::string& part : {std::string("actor-1"), std::string("for policy version 50"),
                                  server.address(), std::string("holds version 25")}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << part << " in: " << status;
  }
}

TEST_F(LearnerServiceTest, WhileTheLearnerMakesUpdatesItsPolicyIsAwaitedBeyondThePatience) {
  constexpr absl::Duration kPatience = absl::Milliseconds(80);
  Server* learner = nullptr;
  uint64_t updates = 25;
  Server server(std::function<uint64_t()>([&] {
    if (++updates == 50) learner->policies().Publish(Version(50));
    return updates;
  }));
  learner = &server;
  Address address(server.address());
  const auto subscription = Subscribe(&address);
  const absl::Time begin = absl::Now();
  const absl::StatusOr<SharedPolicy> policy = subscription->AwaitVersion(50, kPatience, &never_);
  EXPECT_TRUE(policy.ok()) << policy.status();
  EXPECT_GT(absl::Now() - begin, kPatience);
}

TEST_F(LearnerServiceTest, AStoppedWaitEndsSoon) {
  Address address("127.0.0.1:1");
  const auto subscription = Subscribe(&address);
  absl::Notification stop;
  stop.Notify();
  EXPECT_EQ(subscription->AwaitVersion(0, kLong, &stop).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(LearnerServiceTest, TellsItsCounters) {
  Server server(/*updates=*/123);
  const absl::StatusOr<v1::LearnerStatus> status = GetLearnerStatus(server.address(), kLong);
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->updates(), 123u);
}

TEST_F(LearnerServiceTest, ALearnerThatIsNotThereIsUnavailable) {
  EXPECT_EQ(GetLearnerStatus("127.0.0.1:1", absl::Seconds(5)).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace evenkeel
