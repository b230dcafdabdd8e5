#include "coordinator/round_journal.h"

#include "common/crc32c.h"
#include "common/durable_file.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr size_t kHeadBytes = 8;  // length and checksum of a piece

void AppendUint32(uint32_t value, std::string* bytes) {
  for (int byte = 0; byte < 4; ++byte) bytes->push_back(static_cast<char>(value >> 8 * byte));
}

uint32_t Uint32At(absl::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (int byte = 0; byte < 4; ++byte) value |= uint32_t{static_cast<uint8_t>(bytes[at + byte])} << 8 * byte;
  return value;
}

}  // namespace

std::pair<v1::RoundJournal, size_t> ParseRoundJournal(absl::string_view bytes) {
  v1::RoundJournal merged;
  size_t whole = 0;
  while (bytes.size() - whole >= kHeadBytes) {
    const size_t length = Uint32At(bytes, whole);
    if (length > bytes.size() - whole - kHeadBytes) break;
    const absl::string_view piece = bytes.substr(whole + kHeadBytes, length);
    v1::RoundJournal parsed;
    if (Crc32c(piece) != Uint32At(bytes, whole + 4)) break;
    if (!parsed.ParseFromArray(piece.data(), static_cast<int>(length))) break;
    merged.MergeFrom(parsed);
    whole += kHeadBytes + length;
  }
  return {std::move(merged), whole};
}

absl::StatusOr<std::unique_ptr<RoundJournal>> RoundJournal::Open(const std::string& path) {
  EK_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file, AppendFile::Open(path));
  EK_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  auto [found, whole] = ParseRoundJournal(bytes);
  if (whole < bytes.size()) EK_RETURN_IF_ERROR(file->Truncate(whole));
  return std::unique_ptr<RoundJournal>(new RoundJournal(std::move(file), std::move(found)));
}

absl::Status RoundJournal::BeginRound(uint64_t round, absl::Time begin, uint64_t policy_version) {
  EK_RETURN_IF_ERROR(Clear());
  v1::RoundJournal piece;
  piece.set_round(round);
  piece.set_began_unix_ns(absl::ToUnixNanos(begin));
  piece.set_policy_version(policy_version);
  return Write(piece);
}

absl::Status RoundJournal::Append(const v1::StepTaken& step) {
  v1::RoundJournal piece;
  *piece.add_steps() = step;
  return Write(piece);
}

absl::Status RoundJournal::Clear() { return file_->Truncate(0); }

absl::Status RoundJournal::Write(const v1::RoundJournal& piece) {
  const std::string bytes = piece.SerializeAsString();
  std::string framed;
  AppendUint32(static_cast<uint32_t>(bytes.size()), &framed);
  AppendUint32(Crc32c(bytes), &framed);
  return file_->Append(framed + bytes);
}

}  // namespace evenkeel
