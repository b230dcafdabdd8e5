#include "experiments/signal_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <glog/logging.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace evenkeel {
namespace {

std::atomic<int> write_end{-1};
int read_end = -1;

void WriteSignal(int signal) {
  const int saved = errno;
  const unsigned char byte = static_cast<unsigned char>(signal);
  const ssize_t ignored = ::write(write_end.load(), &byte, 1);
  (void)ignored;  // a full pipe: the reader will find enough signals
  errno = saved;
}

}  // namespace

SignalPipe::SignalPipe(const std::vector<int>& signals) {
  CHECK_EQ(write_end.load(), -1) << "one SignalPipe at a time";
  int ends[2];
  CHECK_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  read_end = ends[0];
  write_end = ends[1];
  const auto handle = [this](int signal, void (*handler)(int)) {
    struct sigaction action = {}, former = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, &former);
    former_.emplace_back(signal, former);
  };
  for (int signal : signals) handle(signal, WriteSignal);
  handle(SIGPIPE, SIG_IGN);
}

SignalPipe::~SignalPipe() {
  for (const auto& [signal, former] : former_) ::sigaction(signal, &former, nullptr);
  ::close(write_end.exchange(-1));
  ::close(read_end);
}

void SignalPipe::LeaveIgnored() {
  for (auto& [signal, former] : former_) former.sa_handler = SIG_IGN;
}

std::optional<int> SignalPipe::Wait(absl::Duration timeout) {
  pollfd waited = {read_end, POLLIN, 0};
  const int64_t milliseconds = std::clamp<int64_t>(absl::ToInt64Milliseconds(timeout), 0, 1 << 30);
  if (::poll(&waited, 1, static_cast<int>(milliseconds)) <= 0) return std::nullopt;
  unsigned char byte = 0;
  if (::read(read_end, &byte, 1) != 1) return std::nullopt;
  return byte;
}

void SignalPipe::Inject(int signal) { WriteSignal(signal); }

}  // namespace evenkeel
