#include "experiments/launch/host_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <memory>

namespace evenkeel {

absl::StatusOr<std::string> FirstHostAddress() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return absl::ErrnoToStatus(errno, "cannot list this host's addresses");
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    if ((one->ifa_flags & IFF_UP) == 0 || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    char text[INET_ADDRSTRLEN];
    const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    if (::inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text)) != nullptr) return std::string(text);
  }
  return absl::UnavailableError("this host has no IPv4 address but loopback, where other hosts cannot reach it; name one with "
                                "--listen HOST:0");
}

}  // namespace evenkeel
