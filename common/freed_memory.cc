#include "common/freed_memory.h"

#include <malloc.h>

namespace evenkeel {

void KeepFreedMemory() {
  constexpr int kNever = 1 << 30;  // bytes; larger than any tensor or message of ours
  ::mallopt(M_MMAP_THRESHOLD, kNever);
  ::mallopt(M_TRIM_THRESHOLD, kNever);
  ::mallopt(M_TOP_PAD, 64 << 20);
  ::mallopt(M_ARENA_MAX, 1);  // the arenas of other threads would give memory back whatever is said above
}

}  // namespace evenkeel
