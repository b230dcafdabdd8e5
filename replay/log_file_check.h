// What RocksDB does not see when it reads its own logs.
#ifndef EVENKEEL_REPLAY_LOG_FILE_CHECK_H_
#define EVENKEEL_REPLAY_LOG_FILE_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace evenkeel {

// A write-ahead log or a manifest of a database that neither recycles nor compresses its logs: blocks of 32 KB with records
// of checksum (4 bytes), length (2), type (1) and payload. Where a record reaches beyond the file's end, RocksDB takes it
// for one that a crash cut short; where its type is that of a recycled log, for an old one. In both cases it drops it and
// all that follow, says nothing, and may remove the tables that only those named.
//
// DATA_LOSS names the place: such a type; a record that leaves its block; one that its checksum says is whole, though it
// reaches beyond the end. OK for a record that is really cut short, and for all other damage, which RocksDB does name.
// NOT_FOUND: the file cannot be opened. Holds one block of it at a time.
absl::Status CheckLogFile(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_LOG_FILE_CHECK_H_
