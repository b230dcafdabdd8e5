#include "lb_shim/flow_table.h"

#include <cstdint>
#include <numeric>
#include <unordered_map>
#include <vector>

#include "common/rng.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

FlowTable::Options SmallOptions() {
  FlowTable::Options options;
  options.servers = 3;
  options.capacity = 4;
  options.idle_timeout_s = 10;
  options.linger_timeout_s = 1;
  return options;
}

TEST(FlowTable, ARetransmittedSynCountsOnceAndKeepsItsServer) {
  FlowTable table(SmallOptions());
  EXPECT_EQ(table.Syn(1, 0, 0), FlowTable::SynResult::kOpened);
  EXPECT_EQ(table.Syn(1, 2, 1), FlowTable::SynResult::kDuplicate);
  EXPECT_EQ(table.open_flows()[0], 1u);
  EXPECT_EQ(table.open_flows()[2], 0u);
  EXPECT_EQ(table.Touch(1, 2), 0);
}

TEST(FlowTable, AFinUncountsOnceAndTheLastPacketsStillFindTheServer) {
  FlowTable table(SmallOptions());
  table.Syn(1, 2, 0.5);
  const FlowTable::Closed closed = table.Fin(1, 3);
  EXPECT_EQ(closed.server, 2);
  EXPECT_EQ(closed.opened_s, 0.5);
  EXPECT_EQ(table.open_flows()[2], 0u);
  EXPECT_EQ(table.Fin(1, 3).server, -1);
  EXPECT_EQ(table.Touch(1, 3.5), 2);
  EXPECT_EQ(table.Reset(1).server, -1);
  EXPECT_EQ(table.Touch(1, 3.5), -1);
}

TEST(FlowTable, AClosingFlowReopensOnANewSynWithTheNewServer) {
  FlowTable table(SmallOptions());
  table.Syn(1, 2, 0);
  table.Fin(1, 1);
  EXPECT_EQ(table.Syn(1, 0, 1.5), FlowTable::SynResult::kOpened);
  EXPECT_EQ(table.open_flows()[0], 1u);
  EXPECT_EQ(table.open_flows()[2], 0u);
  EXPECT_EQ(table.Reset(1).opened_s, 1.5);
}

TEST(FlowTable, AnEndWithoutABeginningChangesNothing) {
  FlowTable table(SmallOptions());
  EXPECT_EQ(table.Fin(9, 0).server, -1);
  EXPECT_EQ(table.Reset(9).server, -1);
  EXPECT_EQ(table.Touch(9, 0), -1);
  EXPECT_EQ(table.total_open_flows(), 0u);
}

TEST(FlowTable, SilentFlowsTimeOutAndAreUncounted) {
  FlowTable table(SmallOptions());
  table.Syn(1, 0, 0);
  table.Syn(2, 1, 0);
  table.Touch(1, 5);
  EXPECT_EQ(table.ExpireIdle(9.9), 0u);
  EXPECT_EQ(table.ExpireIdle(10), 1u);
  EXPECT_EQ(table.open_flows()[0], 1u);
  EXPECT_EQ(table.open_flows()[1], 0u);
  EXPECT_EQ(table.ExpireIdle(15), 1u);
  EXPECT_EQ(table.total_open_flows(), 0u);
}

TEST(FlowTable, RemovingAServerForgetsItsFlowsOnly) {
  FlowTable table(SmallOptions());
  table.Syn(1, 0, 0);
  table.Syn(2, 1, 0);
  table.Syn(3, 1, 0);
  EXPECT_EQ(table.RemoveServer(1), 2u);
  EXPECT_EQ(table.open_flows()[0], 1u);
  EXPECT_EQ(table.open_flows()[1], 0u);
  EXPECT_EQ(table.Fin(2, 1).server, -1);
}

TEST(FlowTable, AFullTableTakesClosingFlowsPlacesThenCountsUntracked) {
  FlowTable table(SmallOptions());
  for (uint64_t key = 0; key < 4; ++key) table.Syn(key, 0, 0);
  EXPECT_EQ(table.Syn(4, 1, 0), FlowTable::SynResult::kUntracked);
  EXPECT_EQ(table.untracked_flows(), 1u);
  EXPECT_EQ(table.Fin(4, 0).server, -1);
  EXPECT_EQ(table.open_flows()[1], 0u);
  table.Fin(2, 0);
  EXPECT_EQ(table.Syn(5, 1, 0), FlowTable::SynResult::kOpened);
  EXPECT_EQ(table.Touch(2, 0), -1);
  EXPECT_EQ(table.total_open_flows(), 4u);
}

// The same rules, told naively.
class ModelTable {
 public:
  explicit ModelTable(const FlowTable::Options& options) : options_(options) {}

  struct Flow {
    int server;
    bool open;
    double last_seen_s;
  };

  std::vector<uint32_t> Counts() const {
    std::vector<uint32_t> counts(options_.servers);
    for (const auto& item : flows) counts[item.second.server] += item.second.open;
    return counts;
  }

  void Expire(double now_s) {
    for (auto it = flows.begin(); it != flows.end();) {
      const double timeout = it->second.open ? options_.idle_timeout_s : options_.linger_timeout_s;
      it = it->second.last_seen_s <= now_s - timeout ? flows.erase(it) : std::next(it);
    }
  }

  void RemoveServer(int server) {
    for (auto it = flows.begin(); it != flows.end();)
      it = it->second.server == server ? flows.erase(it) : std::next(it);
  }

  std::unordered_map<uint64_t, Flow> flows;

 private:
  FlowTable::Options options_;
};

TEST(FlowTable, AgreesWithANaiveModelOnRandomEvents) {
  FlowTable::Options options = SmallOptions();
  options.capacity = 4096;
  FlowTable table(options);
  ModelTable model(options);
  Rng rng(4);
  double now = 0;
  for (int event = 0; event < 300000; ++event) {
    now += 0.02 * rng.Uniform();
    const uint64_t key = rng.Below(1500);
    const int server = static_cast<int>(rng.Below(3));
    const auto found = model.flows.find(key);
    const bool known = found != model.flows.end();
    const uint64_t kind = rng.Below(10000);
    if (kind < 4000) {
      const bool duplicate = known && found->second.open;
      ASSERT_EQ(table.Syn(key, server, now) == FlowTable::SynResult::kDuplicate, duplicate);
      if (duplicate) {
        found->second.last_seen_s = now;
      } else {
        model.flows[key] = {server, true, now};
      }
    } else if (kind < 6000) {
      ASSERT_EQ(table.Touch(key, now), known ? found->second.server : -1);
      if (known) found->second.last_seen_s = now;
    } else if (kind < 8500) {
      const bool open = known && found->second.open;
      ASSERT_EQ(table.Fin(key, now).server, open ? found->second.server : -1);
      if (open) found->second = {found->second.server, false, now};
    } else if (kind < 9900) {
      table.Reset(key);
      model.flows.erase(key);
    } else if (kind < 9990) {
      table.ExpireIdle(now);
      model.Expire(now);
    } else {
      table.RemoveServer(server);
      model.RemoveServer(server);
    }
    if (event % 500 == 0) {
      const std::vector<uint32_t> counts(table.open_flows(), table.open_flows() + 3);
      ASSERT_EQ(counts, model.Counts());
      ASSERT_EQ(table.total_open_flows() + table.closing_flows(), model.flows.size());
    }
  }
  ASSERT_EQ(table.untracked_flows(), 0u);
}

// Ten million events on a table that is often full. A count below zero would wrap around and break both
// checks.
TEST(FlowTable, CountsSumToTheOpenTrackedFlowsThroughTenMillionRandomEvents) {
  constexpr int kServers = 24;
  FlowTable::Options options;
  options.servers = kServers;
  options.capacity = 5000;
  options.idle_timeout_s = 20;
  options.linger_timeout_s = 2;
  FlowTable table(options);
  Rng rng(5);
  int64_t opened = 0, closed = 0;
  double now = 0;
  for (int event = 0; event < 10000000; ++event) {
    now += 1e-3;
    const uint64_t random = rng.Next();
    const uint64_t key = (random & 0x3fff) * 0x10001;
    const int server = static_cast<int>((random >> 20) % kServers);
    switch ((random >> 32) & 15) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
        opened += table.Syn(key, server, now) == FlowTable::SynResult::kOpened;
        break;
      case 7:
      case 8:
      case 9:
        table.Touch(key, now);
        break;
      case 10:
      case 11:
        closed += table.Fin(key, now).server >= 0;
        break;
      case 12:
      case 13:
        closed += table.Reset(key).server >= 0;
        break;
      case 14:
        closed += static_cast<int64_t>(table.ExpireIdle(now));
        break;
      default:
        if ((random >> 40) % 1024 == 0) closed += static_cast<int64_t>(table.RemoveServer(server));
    }
    if (event % 64 == 0) {
      const uint32_t* counts = table.open_flows();
      int64_t sum = 0;
      for (int j = 0; j < kServers; ++j) {
        ASSERT_LE(counts[j], options.capacity);
        sum += counts[j];
      }
      ASSERT_EQ(sum, static_cast<int64_t>(table.total_open_flows()));
      ASSERT_EQ(sum, opened - closed);
    }
  }
  EXPECT_GT(table.untracked_flows(), 100000u);
  closed += static_cast<int64_t>(table.ExpireIdle(now + 100));
  EXPECT_EQ(opened, closed);
  EXPECT_EQ(table.closing_flows(), 0u);
}

}  // namespace
}  // namespace evenkeel
