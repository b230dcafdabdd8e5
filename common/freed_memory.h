// How the allocator behaves in a process that again and again needs as much memory as before.
#ifndef EVENKEEL_COMMON_FREED_MEMORY_H_
#define EVENKEEL_COMMON_FREED_MEMORY_H_

namespace evenkeel {

// Freed memory stays with the process, so that the temporaries of each update and the parts of each policy that comes do not
// fault in new pages: about a quarter of an update's time, half of a broadcast's. The process keeps the most that it ever
// needed. Call from a main, before other threads start.
void KeepFreedMemory();

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_FREED_MEMORY_H_
