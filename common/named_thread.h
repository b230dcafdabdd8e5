// A thread that belongs to an object: it has a name (shown by ps, top and gdb) and is joined when destroyed.
#ifndef EVENKEEL_COMMON_NAMED_THREAD_H_
#define EVENKEEL_COMMON_NAMED_THREAD_H_

#include <pthread.h>

#include <string>
#include <thread>
#include <utility>

namespace evenkeel {

class NamedThread {
 public:
  // Runs `body` at once. `name` is cut to the 15 characters that Linux keeps.
  template <typename Body>
  NamedThread(std::string name, Body body)
      : thread_([name = name.substr(0, 15), body = std::move(body)]() mutable {
          pthread_setname_np(pthread_self(), name.c_str());
          body();
        }) {}

  NamedThread(NamedThread&&) = default;
  NamedThread& operator=(NamedThread&&) = delete;

  // Blocks until the body returns; whoever owns the thread has told the body to end before.
  ~NamedThread() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_NAMED_THREAD_H_
