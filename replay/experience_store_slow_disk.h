// A disk with slow fsyncs, as hard disks and volumes over the network have, to measure the store on.
#ifndef EVENKEEL_REPLAY_EXPERIENCE_STORE_SLOW_DISK_H_
#define EVENKEEL_REPLAY_EXPERIENCE_STORE_SLOW_DISK_H_

#include <memory>

#include "absl/time/time.h"

namespace rocksdb {
class Env;
}

namespace evenkeel {

// RocksDB's own environment, but each fsync of a file takes `longer` than there. For ExperienceStoreOptions::env; outlives the
// store. Thread-safe.
std::shared_ptr<rocksdb::Env> MakeSlowDisk(absl::Duration longer);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EXPERIENCE_STORE_SLOW_DISK_H_
