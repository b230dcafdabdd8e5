#include "learner/policy_broadcaster.h"

#include <atomic>
#include <memory>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/named_thread.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

SharedPolicy Version(uint64_t version) {
  auto policy = std::make_shared<v1::PolicyParameters>();
  policy->set_version(version);
  return policy;
}

TEST(PolicyBroadcasterTest, KeepsNothingBeforeTheFirstPolicy) {
  PolicyBroadcaster broadcaster;
  EXPECT_EQ(broadcaster.newest(), nullptr);
  EXPECT_EQ(broadcaster.Await(0, absl::ZeroDuration()), nullptr);
}

TEST(PolicyBroadcasterTest, ASlowTakerSkipsToTheNewest) {
  PolicyBroadcaster broadcaster;
  for (uint64_t version : {0, 25, 50}) broadcaster.Publish(Version(version));
  EXPECT_EQ(broadcaster.Await(1, absl::ZeroDuration())->version(), 50u);
}

TEST(PolicyBroadcasterTest, APolicyThatIsNotNewerChangesNothing) {
  PolicyBroadcaster broadcaster;
  const SharedPolicy first = Version(50);
  broadcaster.Publish(first);
  broadcaster.Publish(Version(50));
  broadcaster.Publish(Version(25));
  EXPECT_EQ(broadcaster.newest(), first);
}

TEST(PolicyBroadcasterTest, FreesVersionsThatNobodyTook) {
  PolicyBroadcaster broadcaster;
  const std::weak_ptr<const v1::PolicyParameters> skipped = [&] {
    const SharedPolicy policy = Version(1);
    broadcaster.Publish(policy);
    return std::weak_ptr<const v1::PolicyParameters>(policy);
  }();
  broadcaster.Publish(Version(2));
  EXPECT_TRUE(skipped.expired());
}

TEST(PolicyBroadcasterTest, WakesEveryWaitingTaker) {
  PolicyBroadcaster broadcaster;
  std::atomic<int> woken{0};
  {
    std::vector<NamedThread> takers;
    takers.reserve(8);
    for (int i = 0; i < 8; ++i) {
      takers.emplace_back("taker", [&] { woken += broadcaster.Await(7, kLong) != nullptr; });
    }
    broadcaster.Publish(Version(6));
    broadcaster.Publish(Version(7));
  }
  EXPECT_EQ(woken, 8);
}

TEST(PolicyBroadcasterTest, AfterCloseTakersGetTheNewestAndNoLongerWait) {
  PolicyBroadcaster broadcaster;
  broadcaster.Publish(Version(3));
  broadcaster.Close();
  EXPECT_EQ(broadcaster.Await(3, kLong)->version(), 3u);
  EXPECT_EQ(broadcaster.Await(4, kLong), nullptr);
  EXPECT_TRUE(broadcaster.closed());
}

}  // namespace
}  // namespace evenkeel
