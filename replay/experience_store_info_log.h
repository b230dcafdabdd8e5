// RocksDB's own log of what it does (LOG), which must never be what ends the process.
#ifndef EVENKEEL_REPLAY_EXPERIENCE_STORE_INFO_LOG_H_
#define EVENKEEL_REPLAY_EXPERIENCE_STORE_INFO_LOG_H_

#include <rocksdb/env.h>

#include <memory>
#include <string>

namespace evenkeel {

// Writes to FOLDER/LOG, what was there before going to FOLDER/LOG.old.1. A line that cannot be written is left out, whole:
// the logger of RocksDB 7.8 ends the process by an assertion at the second line after the disk is full. Thread-safe.
std::shared_ptr<rocksdb::Logger> MakeInfoLog(const std::string& folder);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EXPERIENCE_STORE_INFO_LOG_H_
