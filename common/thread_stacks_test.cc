#include "common/thread_stacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/durable_file.h"
#include "common/named_thread.h"

namespace evenkeel {

// Outside the anonymous namespace: its name is looked for in the stack.
__attribute__((noinline)) void WaitsForTheEndOfTheTest(absl::Notification* here, absl::Notification* end) {
  here->Notify();
  end->WaitForNotification();
  asm volatile("" ::: "memory");  // no tail call, which would leave no frame
}

namespace {

using ::testing::HasSubstr;

TEST(ThreadStacksTest, ListsEveryThreadByNameWithWhereItIs) {
  const std::string path = StacksPath(::testing::TempDir() + "/run", ::getpid());
  absl::Notification here, end;
  {
    NamedThread waiter("the-waiter", [&] { WaitsForTheEndOfTheTest(&here, &end); });
    here.WaitForNotification();
    for (int times = 0; times < 3; ++times) {
      const absl::Status written = WriteThreadStacks(path);
      EXPECT_TRUE(written.ok()) << written;
      const std::string text = ReadFile(path).value_or("");
      EXPECT_THAT(text, HasSubstr("the-waiter"));
      EXPECT_THAT(text, HasSubstr("WaitsForTheEndOfTheTest"));
      EXPECT_THAT(text, HasSubstr(absl::StrCat("thread ", ::getpid(), " ")));
      EXPECT_THAT(text, HasSubstr("WriteThreadStacks"));
    }
    end.Notify();
  }
}

TEST(ThreadStacksTest, AFolderThatCannotBeMadeIsAnErrorThatNamesIt) {
  const absl::Status written = WriteThreadStacks("/dev/null/run/stacks/1.txt");
  EXPECT_THAT(std::string(written.message()), HasSubstr("/dev/null/run/stacks"));
}

}  // namespace
}  // namespace evenkeel
