// The flows a load balancer tracks, and how many are open on each server. The counts are what the dispatch
// decision reads, so they must neither leak nor go negative whatever packets arrive (method.md A11 lists how
// the released code failed).
#ifndef EVENKEEL_LB_SHIM_FLOW_TABLE_H_
#define EVENKEEL_LB_SHIM_FLOW_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evenkeel {

// A tracked flow is open (counted) from its SYN until the first of: FIN, RST, time-out, removal of its
// server. After a FIN it is closing: no longer counted, but still found, so that its last packets reach the
// same server. Memory grows with the most flows ever tracked at once, so that many small tables stay in the caches; every
// operation but RemoveServer and ExpireIdle is O(1), amortised. Not thread-safe.
//
// When `capacity` flows are tracked, a new one takes the place of the oldest closing flow; if none is closing
// it is not tracked: it is counted in untracked_flows() and nowhere else, and none of its later packets
// changes any count.
class FlowTable {
 public:
  struct Options {
    int servers = 0;              // n
    size_t capacity = 65536;      // flows tracked at most, open and closing together
    double idle_timeout_s = 40;   // s without a packet after which an open flow is given up
    double linger_timeout_s = 2;  // s without a packet after which a closing flow is forgotten
  };

  enum class SynResult {
    kOpened,     // new and counted
    kDuplicate,  // already open (a retransmitted SYN): keeps the server it has
    kUntracked,  // the table is full
  };

  // A flow that has just been closed. server < 0: there was no such open flow, and nothing changed.
  struct Closed {
    int server = -1;
    double opened_s = 0;  // when its first SYN was seen
  };

  // REQUIRES: servers >= 0, 0 < capacity < 2^31, time-outs > 0.
  explicit FlowTable(const Options& options);

  // First packet of flow `key`, sent to `server`. A closing flow of the same key ends here: its client reuses
  // the port. `now_s` must not decrease from call to call, here and below. REQUIRES: 0 <= server < n.
  SynResult Syn(uint64_t key, int server, double now_s);

  // Any other packet: refreshes the flow. Returns its server, or -1 if it is not tracked.
  int Touch(uint64_t key, double now_s);

  // The client is done. A second FIN finds no open flow.
  Closed Fin(uint64_t key, double now_s);

  // The flow is gone at once, open or closing.
  Closed Reset(uint64_t key);

  // Gives up flows whose time-out has passed; returns how many of them were open.
  size_t ExpireIdle(double now_s);

  // Forgets all flows of `server`; returns how many of them were open. O(tracked flows).
  size_t RemoveServer(int server);

  // [n] open flows per server, valid as long as the table; the array that sed_pick reads.
  const uint32_t* open_flows() const { return open_flows_.data(); }

  size_t total_open_flows() const { return lists_[kOpen].size; }
  size_t closing_flows() const { return lists_[kClosing].size; }
  uint64_t untracked_flows() const { return untracked_flows_; }

 private:
  enum State : uint8_t { kOpen = 0, kClosing = 1 };
  static constexpr uint32_t kNone = 0xffffffffu;

  struct Entry {
    uint64_t key;
    double last_seen_s;
    double opened_s;
    uint32_t older;  // neighbours in the list of its state; `newer` also links the free list
    uint32_t newer;
    uint16_t server;
    State state;
  };

  // In order of last_seen_s, so that time-outs look at the oldest only.
  struct List {
    uint32_t oldest = kNone;
    uint32_t newest = kNone;
    size_t size = 0;
  };

  size_t Home(uint64_t key) const;
  size_t FindBucket(uint64_t key) const;
  void Grow();
  void EraseBucket(size_t bucket);
  void Link(uint32_t index, State state, double now_s);
  void Unlink(uint32_t index);
  void Forget(uint32_t index);
  size_t ForgetOlderThan(State state, double last_seen_s);
  size_t ForgetOnServer(State state, int server);

  const Options options_;
  std::vector<Entry> entries_;  // ever used
  std::vector<uint32_t>
      buckets_;  // open addressing, linear probing, at most half full; index into entries_ or kNone
  int shift_;    // 64 - log2(buckets)
  uint32_t free_ = kNone;
  List lists_[2];
  std::vector<uint32_t> open_flows_;
  uint64_t untracked_flows_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_FLOW_TABLE_H_
