#include "lb_shim/flow_table.h"

namespace evenkeel {

namespace {

constexpr int kFirstBits = 6;  // log2 of the buckets at first

}  // namespace

FlowTable::FlowTable(const Options& options)
    : options_(options), buckets_(size_t{1} << kFirstBits, kNone), shift_(64 - kFirstBits), open_flows_(options.servers, 0) {}

size_t FlowTable::Home(uint64_t key) const { return ((key ^ (key >> 32)) * 0x9e3779b97f4a7c15u) >> shift_; }

// The bucket that holds `key`, or the empty one where it would go.
size_t FlowTable::FindBucket(uint64_t key) const {
  const size_t mask = buckets_.size() - 1;
  size_t bucket = Home(key);
  while (buckets_[bucket] != kNone && entries_[buckets_[bucket]].key != key) bucket = (bucket + 1) & mask;
  return bucket;
}

// Twice the buckets. Every entry ever used is tracked when this is called (the free list is empty).
void FlowTable::Grow() {
  --shift_;
  buckets_.assign(2 * buckets_.size(), kNone);
  for (uint32_t index = 0; index < entries_.size(); ++index) buckets_[FindBucket(entries_[index].key)] = index;
}

// Moves later entries of the probe run back, so that no tombstones remain.
void FlowTable::EraseBucket(size_t bucket) {
  const size_t mask = buckets_.size() - 1;
  size_t hole = bucket;
  for (size_t next = (hole + 1) & mask; buckets_[next] != kNone; next = (next + 1) & mask) {
    const size_t home = Home(entries_[buckets_[next]].key);
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      buckets_[hole] = buckets_[next];
      hole = next;
    }
  }
  buckets_[hole] = kNone;
}

// The only place where a count grows; Unlink is the only one where it shrinks.
void FlowTable::Link(uint32_t index, State state, double now_s) {
  Entry& entry = entries_[index];
  List& list = lists_[state];
  entry.state = state;
  entry.last_seen_s = now_s;
  entry.older = list.newest;
  entry.newer = kNone;
  (list.newest == kNone ? list.oldest : entries_[list.newest].newer) = index;
  list.newest = index;
  ++list.size;
  if (state == kOpen) ++open_flows_[entry.server];
}

void FlowTable::Unlink(uint32_t index) {
  const Entry& entry = entries_[index];
  List& list = lists_[entry.state];
  (entry.older == kNone ? list.oldest : entries_[entry.older].newer) = entry.newer;
  (entry.newer == kNone ? list.newest : entries_[entry.newer].older) = entry.older;
  --list.size;
  if (entry.state == kOpen) --open_flows_[entry.server];
}

void FlowTable::Forget(uint32_t index) {
  Unlink(index);
  EraseBucket(FindBucket(entries_[index].key));
  entries_[index].newer = free_;
  free_ = index;
}

FlowTable::SynResult FlowTable::Syn(uint64_t key, int server, double now_s) {
  size_t bucket = FindBucket(key);
  uint32_t index = buckets_[bucket];
  if (index != kNone) {
    const bool open = entries_[index].state == kOpen;
    Unlink(index);
    if (!open) {
      entries_[index].server = static_cast<uint16_t>(server);
      entries_[index].opened_s = now_s;
    }
    Link(index, kOpen, now_s);
    return open ? SynResult::kDuplicate : SynResult::kOpened;
  }
  if (free_ == kNone && entries_.size() == options_.capacity) {
    if (lists_[kClosing].size == 0) {
      ++untracked_flows_;
      return SynResult::kUntracked;
    }
    Forget(lists_[kClosing].oldest);
    bucket = FindBucket(key);
  }
  if (free_ == kNone) {
    if (2 * (entries_.size() + 1) > buckets_.size()) {
      Grow();
      bucket = FindBucket(key);
    }
    index = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_;
    free_ = entries_[index].newer;
  }
  buckets_[bucket] = index;
  entries_[index].key = key;
  entries_[index].server = static_cast<uint16_t>(server);
  entries_[index].opened_s = now_s;
  Link(index, kOpen, now_s);
  return SynResult::kOpened;
}

int FlowTable::Touch(uint64_t key, double now_s) {
  const uint32_t index = buckets_[FindBucket(key)];
  if (index == kNone) return -1;
  const State state = entries_[index].state;
  Unlink(index);
  Link(index, state, now_s);
  return entries_[index].server;
}

FlowTable::Closed FlowTable::Fin(uint64_t key, double now_s) {
  const uint32_t index = buckets_[FindBucket(key)];
  if (index == kNone || entries_[index].state != kOpen) return Closed();
  Unlink(index);
  Link(index, kClosing, now_s);
  return {entries_[index].server, entries_[index].opened_s};
}

FlowTable::Closed FlowTable::Reset(uint64_t key) {
  const uint32_t index = buckets_[FindBucket(key)];
  if (index == kNone) return Closed();
  const Entry entry = entries_[index];
  Forget(index);
  return entry.state == kOpen ? Closed{entry.server, entry.opened_s} : Closed();
}

size_t FlowTable::ForgetOlderThan(State state, double last_seen_s) {
  size_t forgotten = 0;
  while (lists_[state].size > 0 && entries_[lists_[state].oldest].last_seen_s <= last_seen_s) {
    Forget(lists_[state].oldest);
    ++forgotten;
  }
  return forgotten;
}

size_t FlowTable::ExpireIdle(double now_s) {
  ForgetOlderThan(kClosing, now_s - options_.linger_timeout_s);
  return ForgetOlderThan(kOpen, now_s - options_.idle_timeout_s);
}

size_t FlowTable::ForgetOnServer(State state, int server) {
  size_t forgotten = 0;
  for (uint32_t index = lists_[state].oldest; index != kNone;) {
    const uint32_t newer = entries_[index].newer;
    if (entries_[index].server == server) {
      Forget(index);
      ++forgotten;
    }
    index = newer;
  }
  return forgotten;
}

size_t FlowTable::RemoveServer(int server) {
  ForgetOnServer(kClosing, server);
  return ForgetOnServer(kOpen, server);
}

}  // namespace evenkeel
