#include "common/peer_settings.h"

#include <glog/logging.h>

#include <utility>

namespace evenkeel {
namespace {

const PeerSettings*& Setting() {
  static const PeerSettings* setting = nullptr;
  return setting;
}

}  // namespace

void SetProcessPeerSettings(PeerSettings settings) {
  CHECK(Setting() == nullptr) << "the peer settings of a process are made once";
  Setting() = new PeerSettings(std::move(settings));
}

const PeerSettings& ProcessPeerSettings() {
  static const PeerSettings* const none = new PeerSettings();
  return Setting() == nullptr ? *none : *Setting();
}

}  // namespace evenkeel
