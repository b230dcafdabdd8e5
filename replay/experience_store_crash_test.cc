// What was acknowledged survives kill -9: a child process (this binary again) appends and reports each
// acknowledged number through a pipe, the parent kills it at a random point and reopens the store.
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
#include <string>
#include <vector>

#include "common/rng.h"
#include "replay/experience_store.h"
#include "replay/test_episode.h"

extern char** environ;

namespace evenkeel {
namespace {

constexpr char kChildFlag[] = "--append-until-killed";
constexpr int kKills = 30;
constexpr uint64_t kCapacity = 40;

ExperienceStoreOptions StoreOptions(const std::string& path) {
  ExperienceStoreOptions options;
  options.path = path;
  options.run_id = "crash";
  options.capacity_episodes = kCapacity;
  options.write_buffer_bytes = 1 << 20;  // so that kills also meet a table or a compaction being written
  return options;
}

// The child: appends from where the store is, and writes each acknowledged number to stdout.
int AppendUntilKilled(const std::string& path) {
  auto store = ExperienceStore::Open(StoreOptions(path));
  if (!store.ok()) {
    std::cerr << store.status() << std::endl;
    return 1;
  }
  for (uint64_t number = (*store)->contents().next();; ++number) {
    if (!(*store)->Append(MakeTestEpisode(number, kLargeEpisode)).ok()) return 2;
    if (::write(STDOUT_FILENO, &number, sizeof(number)) != sizeof(number)) return 3;
  }
}

struct Child {
  pid_t pid = -1;
  int acknowledged = -1;  // read end of its stdout
};

Child StartChild(const std::string& path) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string self = "/proc/self/exe", flag = kChildFlag, folder = path;
  char* arguments[] = {self.data(), flag.data(), folder.data(), nullptr};
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

// Appends in a child until a random moment after `at_least` acknowledgements. Returns one past the last
// acknowledged.
uint64_t AppendAndKill(const std::string& path, Rng* rng, uint64_t next) {
  const Child child = StartChild(path);
  const uint64_t at_least = rng->Below(40);
  uint64_t number = 0;
  for (uint64_t seen = 0; seen < at_least && ReadAcknowledged(child, &number); ++seen) next = number + 1;
  for (uint64_t spins = rng->Below(3000); spins > 0; --spins) ::sched_yield();
  EXPECT_EQ(::kill(child.pid, SIGKILL), 0);
  while (ReadAcknowledged(child, &number)) next = number + 1;
  ::close(child.acknowledged);
  int status = 0;
  EXPECT_EQ(::waitpid(child.pid, &status, 0), child.pid);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself with " << WEXITSTATUS(status);
  return next;
}

TEST(ExperienceStoreCrashTest, EveryAcknowledgedEpisodeSurvivesKill9) {
  const std::string path = testing::TempDir() + "/killed";
  std::filesystem::remove_all(path);
  Rng rng(20);
  uint64_t acknowledged = 0;
  int unacknowledged_survived = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    acknowledged = AppendAndKill(path, &rng, acknowledged);
    auto store = ExperienceStore::Open(StoreOptions(path));
    ASSERT_TRUE(store.ok()) << "after kill " << kill << ": " << store.status();
    const EpisodeIndex contents = (*store)->contents();
    // At most the one that was being appended is there without having been acknowledged.
    ASSERT_GE(contents.next(), acknowledged) << "after kill " << kill;
    ASSERT_LE(contents.next(), acknowledged + 1) << "after kill " << kill;
    ASSERT_EQ(contents.size(), std::min(contents.next(), kCapacity));
    ASSERT_EQ(contents.evicted() + contents.size(), contents.next());
    for (uint64_t number = contents.oldest(); number < contents.next(); ++number) {
      const auto episode = (*store)->Read(number);
      ASSERT_TRUE(episode.ok()) << episode.status();
      ASSERT_EQ(episode->SerializeAsString(), MakeTestEpisode(number, kLargeEpisode).SerializeAsString());
    }
    unacknowledged_survived += contents.next() != acknowledged;
    acknowledged = contents.next();
  }
  EXPECT_GT(acknowledged, kCapacity) << "the kills never met an eviction";
  std::cout << kKills << " kills, " << acknowledged << " episodes, " << unacknowledged_survived
            << " survived unacknowledged\n";
}

}  // namespace
}  // namespace evenkeel

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], evenkeel::kChildFlag) == 0) return evenkeel::AppendUntilKilled(argv[2]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
