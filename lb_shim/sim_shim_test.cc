#include "lb_shim/sim_shim.h"

#include <cmath>
#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

v1::Controls TwoServers(float gain, float smoothing) {
  v1::Controls controls;
  for (int j = 0; j < 2; ++j) controls.add_servers()->set_weight(1);
  controls.set_exchange_gain(gain);
  controls.set_exchange_smoothing(smoothing);
  return controls;
}

// A data plane with two equal servers and no flows. These tests never observe, so it needs no cluster.
std::unique_ptr<SimShim> MakeShim(const v1::Controls& controls) {
  SimShim::Options options;
  options.servers = 2;
  options.exchange = true;
  return std::make_unique<SimShim>(options, controls, Rng(1), Rng(2), nullptr);
}

// How many flows are taken to be on server 0: new flows go to server 1 while it has fewer.
int FlowsTakenToBeOnServer0(SimShim* shim) {
  uint64_t flow_id = 0;
  int flows = 0;
  while (flows < 1000 && shim->Pick({}) == 1) {
    shim->OnOpened(0, ++flow_id, 1);
    ++flows;
  }
  while (flow_id > 0) shim->OnRejected(0, flow_id--, 1);
  return flows;
}

TEST(SimShim, TheOthersCountsTimesTheGainAreAddedToTheBias) {
  for (float gain : {0.25f, 1.0f, 3.0f}) {
    std::unique_ptr<SimShim> shim = MakeShim(TwoServers(gain, 0));
    const uint32_t others[2] = {42, 0};
    shim->ReceiveCounts(others, 0);
    // 0.5 flows of server 0's own bias break the tie.
    v1::Controls controls = TwoServers(gain, 0);
    controls.mutable_servers(0)->set_bias(-0.5f);
    ASSERT_TRUE(shim->Apply(controls).ok());
    EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), std::ceil(42 * gain - 0.5)) << gain;
  }
}

TEST(SimShim, SmoothedCountsKeepTheShareOfTheOldThatTheControlsInForceSay) {
  std::unique_ptr<SimShim> shim = MakeShim(TwoServers(1, 0.75f));
  const uint32_t others[2] = {160, 0};
  v1::Controls tie_breaker = TwoServers(1, 0.75f);
  tie_breaker.mutable_servers(0)->set_bias(-0.5f);
  ASSERT_TRUE(shim->Apply(tie_breaker).ok());
  shim->ReceiveCounts(others, 0);
  EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), 40);  // 0.25 x 160
  shim->ReceiveCounts(others, 0);
  EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), 70);  // 0.75 x 40 + 0.25 x 160
  tie_breaker.set_exchange_smoothing(0);
  ASSERT_TRUE(shim->Apply(tie_breaker).ok());
  EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), 70);  // until the next update
  shim->ReceiveCounts(others, 0);
  EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), 160);
}

TEST(SimShim, ANewGainActsOnWhatWasReceivedBefore) {
  std::unique_ptr<SimShim> shim = MakeShim(TwoServers(0, 0));
  const uint32_t others[2] = {10, 0};
  shim->ReceiveCounts(others, 0);
  v1::Controls controls = TwoServers(0, 0);
  controls.mutable_servers(0)->set_bias(-0.5f);
  ASSERT_TRUE(shim->Apply(controls).ok());
  EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), 0);
  controls.set_exchange_gain(2);
  ASSERT_TRUE(shim->Apply(controls).ok());
  EXPECT_EQ(FlowsTakenToBeOnServer0(shim.get()), 20);
}

}  // namespace
}  // namespace evenkeel
