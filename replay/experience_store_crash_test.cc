// What was acknowledged survives kill -9: a child process (this binary again) appends from several threads and reports
// each acknowledged number through a pipe, the parent kills it at a random point and reopens the store.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/named_thread.h"
#include "common/rng.h"
#include "replay/experience_store.h"
#include "replay/test_episode.h"

extern char** environ;

namespace evenkeel {
namespace {

constexpr char kChildFlag[] = "--append-until-killed";
constexpr int kKills = 200;
constexpr uint64_t kCapacity = 24;
constexpr uint64_t kWriters = 4;
constexpr char kTable[] = "prioritised";
// 20 KB, so that a write can be torn, while opening after each kill stays quick.
constexpr TestEpisodeShape kShape = {20, 4, 8, 6};

ExperienceStoreOptions StoreOptions(const std::string& path, bool sync) {
  ExperienceStoreOptions options;
  options.path = path;
  options.run_id = "crash";
  options.capacity_episodes = kCapacity;
  options.tables = {kTable};
  options.sync = sync;
  options.write_buffer_bytes = 128 << 10;  // so that kills also meet a table or a compaction being written
  return options;
}

// What is stored beside the episode, in the same write.
TableState StateOf(uint64_t number) {
  TableState state;
  state.table = kTable;
  v1::ItemsRecord record;
  record.add_priority(static_cast<double>(number) + 0.5);
  record.add_times_sampled(number);
  record.add_gone(false);
  state.items.emplace_back(number, record);
  return state;
}

// One writer of the child: appends its share of the numbers, and writes each acknowledged one to stdout (8 bytes go
// into a pipe whole).
void AppendShare(ExperienceStore* store, uint64_t first) {
  for (uint64_t number = first;; number += kWriters) {
    absl::Status status;
    do {
      status = store->Append(MakeTestEpisode(number, kShape), {StateOf(number)}).status();
    } while (absl::IsOutOfRange(status));  // the others are behind
    if (!status.ok() || ::write(STDOUT_FILENO, &number, sizeof(number)) != sizeof(number)) {
      std::cerr << status << std::endl;
      ::_exit(2);
    }
  }
}

int AppendUntilKilled(const std::string& path, bool sync) {
  auto store = ExperienceStore::Open(StoreOptions(path, sync));
  if (!store.ok()) {
    std::cerr << store.status() << std::endl;
    return 1;
  }
  const uint64_t next = (*store)->contents().next();
  std::vector<std::unique_ptr<NamedThread>> writers;
  for (uint64_t writer = 0; writer < kWriters; ++writer) {
    writers.push_back(std::make_unique<NamedThread>(
        "writer", [&store, next, writer] { AppendShare(store->get(), next + writer); }));
  }
  return 0;
}

struct Child {
  pid_t pid = -1;
  int acknowledged = -1;  // read end of its stdout
};

Child StartChild(const std::string& path, bool sync) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string self = "/proc/self/exe", flag = kChildFlag, folder = path, how = sync ? "sync" : "log";
  char* arguments[] = {self.data(), flag.data(), folder.data(), how.data(), nullptr};
  Child child;
  EXPECT_EQ(::posix_spawn(&child.pid, self.c_str(), &actions, nullptr, arguments, environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  child.acknowledged = ends[0];
  return child;
}

// The next acknowledged number, or false when the pipe ends. Fails the test if the child says nothing for 60
// s.
bool ReadAcknowledged(const Child& child, uint64_t* number) {
  pollfd readable = {child.acknowledged, POLLIN, 0};
  if (::poll(&readable, 1, 60'000) != 1) {
    ADD_FAILURE() << "the child is stuck";
    return false;
  }
  return ::read(child.acknowledged, number, sizeof(*number)) == sizeof(*number);
}

// Appends in a child until a random moment. Adds what it acknowledged.
void AppendAndKill(const std::string& path, bool sync, Rng* rng, std::set<uint64_t>* acknowledged) {
  const Child child = StartChild(path, sync);
  const uint64_t at_least = rng->Below(30);
  uint64_t number = 0;
  for (uint64_t seen = 0; seen < at_least && ReadAcknowledged(child, &number); ++seen) acknowledged->insert(number);
  for (uint64_t spins = rng->Below(200); spins > 0; --spins) ::sched_yield();
  EXPECT_EQ(::kill(child.pid, SIGKILL), 0);
  while (ReadAcknowledged(child, &number)) acknowledged->insert(number);
  ::close(child.acknowledged);
  int status = 0;
  EXPECT_EQ(::waitpid(child.pid, &status, 0), child.pid);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
}

// Every acknowledged number was appended, and what is stored is whole, with its state.
void ExpectWhole(const ExperienceStore& store, const std::set<uint64_t>& acknowledged) {
  const EpisodeIndex contents = store.contents();
  for (uint64_t number : acknowledged) ASSERT_TRUE(contents.WasAppended(number)) << number;
  ASSERT_LE(contents.size(), kCapacity);
  const auto table = store.ReadTable(kTable);
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->items.size(), contents.size());
  for (uint64_t position = 0; position < contents.size(); ++position) {
    const uint64_t number = contents.At(position);
    const auto episode = store.Read(number);
    ASSERT_TRUE(episode.ok()) << episode.status();
    ASSERT_EQ(episode->SerializeAsString(), MakeTestEpisode(number, kShape).SerializeAsString());
    ASSERT_EQ(table->items[position].first, number);
    ASSERT_EQ(table->items[position].second.times_sampled(0), number);
  }
}

TEST(ExperienceStoreCrashTest, EveryAcknowledgedEpisodeSurvivesKill9) {
  const std::string path = testing::TempDir() + "/killed";
  std::filesystem::remove_all(path);
  Rng rng(20);
  std::set<uint64_t> acknowledged;
  uint64_t unacknowledged_survived = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    AppendAndKill(path, /*sync=*/kill % 2 == 0, &rng, &acknowledged);
    auto store = ExperienceStore::Open(StoreOptions(path, false));
    ASSERT_TRUE(store.ok()) << "after kill " << kill << ": " << store.status();
    ASSERT_NO_FATAL_FAILURE(ExpectWhole(**store, acknowledged)) << "after kill " << kill;
    // A writer has at most one append under way, so at most that one of each is there without having been acknowledged.
    const EpisodeIndex contents = (*store)->contents();
    const uint64_t unacknowledged = contents.appended() - acknowledged.size();
    ASSERT_LE(unacknowledged, kWriters) << "after kill " << kill;
    unacknowledged_survived += unacknowledged;
    // The gaps of this kill are filled, so that the next child begins at one place.
    const uint64_t end = contents.size() == 0 ? 0 : contents.At(contents.size() - 1) + 1;
    for (uint64_t number = 0; number < end; ++number) {
      if (acknowledged.insert(number).second) {
        ASSERT_TRUE((*store)->Append(MakeTestEpisode(number, kShape), {StateOf(number)}).ok()) << number;
      }
    }
  }
  EXPECT_GT(acknowledged.size(), 10 * kCapacity) << "the kills met few evictions";
  std::cout << kKills << " kills, " << acknowledged.size() << " episodes, " << unacknowledged_survived
            << " survived unacknowledged\n";
}

}  // namespace
}  // namespace evenkeel

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], evenkeel::kChildFlag) == 0) {
    return evenkeel::AppendUntilKilled(argv[2], strcmp(argv[3], "sync") == 0);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
