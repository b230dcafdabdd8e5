#include "replay/selectors/item_tree.h"

#include <algorithm>
#include <cassert>
#include <queue>

namespace evenkeel {
namespace {

// The finaliser of SplitMix64: a bijection, so no two keys share a rank.
uint64_t Rank(uint64_t key) {
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9u;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebu;
  return key ^ (key >> 31);
}

}  // namespace

int32_t ItemTree::NewNode(const Item& item) {
  int32_t node;
  if (free_.empty()) {
    node = static_cast<int32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    node = free_.back();
    free_.pop_back();
    nodes_[node] = Node();
  }
  nodes_[node].item = item;
  Sum(node);
  return node;
}

void ItemTree::Sum(int32_t node) {
  Node& n = nodes_[node];
  n.size = 1 + Size(n.left) + Size(n.right);
  n.weight = Weight(n.left) + n.item.weight + Weight(n.right);
  n.lowest = n.highest = n.item.priority;
  for (int32_t child : {n.left, n.right}) {
    if (child == kNone) continue;
    n.lowest = std::min(n.lowest, nodes_[child].lowest);
    n.highest = std::max(n.highest, nodes_[child].highest);
  }
}

int32_t ItemTree::RotateUp(int32_t node, bool from_left) {
  Node& parent = nodes_[node];
  const int32_t child = from_left ? parent.left : parent.right;
  if (from_left) {
    parent.left = nodes_[child].right;
    nodes_[child].right = node;
  } else {
    parent.right = nodes_[child].left;
    nodes_[child].left = node;
  }
  Sum(node);
  Sum(child);
  return child;
}

int32_t ItemTree::Set(int32_t node, const Item& item) {
  if (node == kNone) return NewNode(item);
  if (nodes_[node].item.key == item.key) {
    nodes_[node].item = item;
    Sum(node);
    return node;
  }
  const bool go_left = item.key < nodes_[node].item.key;
  const int32_t child = Set(go_left ? nodes_[node].left : nodes_[node].right, item);
  (go_left ? nodes_[node].left : nodes_[node].right) = child;
  if (Rank(nodes_[child].item.key) > Rank(nodes_[node].item.key)) return RotateUp(node, go_left);
  Sum(node);
  return node;
}

void ItemTree::Set(const Item& item) { root_ = Set(root_, item); }

int32_t ItemTree::Merge(int32_t left, int32_t right) {
  if (left == kNone) return right;
  if (right == kNone) return left;
  if (Rank(nodes_[left].item.key) > Rank(nodes_[right].item.key)) {
    nodes_[left].right = Merge(nodes_[left].right, right);
    Sum(left);
    return left;
  }
  nodes_[right].left = Merge(left, nodes_[right].left);
  Sum(right);
  return right;
}

int32_t ItemTree::Erase(int32_t node, uint64_t key) {
  if (node == kNone) return kNone;
  Node& n = nodes_[node];
  if (n.item.key == key) {
    free_.push_back(node);
    return Merge(n.left, n.right);
  }
  int32_t& child = key < n.item.key ? n.left : n.right;
  child = Erase(child, key);
  Sum(node);
  return node;
}

void ItemTree::Erase(uint64_t key) { root_ = Erase(root_, key); }

uint64_t ItemTree::CountBelow(uint64_t end) const {
  uint64_t count = 0;
  for (int32_t node = root_; node != kNone;) {
    const Node& n = nodes_[node];
    if (n.item.key < end) count += Size(n.left) + 1;
    node = n.item.key < end ? n.right : n.left;
  }
  return count;
}

double ItemTree::WeightBelow(uint64_t end) const {
  double weight = 0;
  for (int32_t node = root_; node != kNone;) {
    const Node& n = nodes_[node];
    if (n.item.key < end) weight += Weight(n.left) + n.item.weight;
    node = n.item.key < end ? n.right : n.left;
  }
  return weight;
}

const ItemTree::Item& ItemTree::At(uint64_t position) const {
  assert(position < size());
  int32_t node = root_;
  while (true) {
    const Node& n = nodes_[node];
    const uint64_t before = Size(n.left);
    if (position == before) return n.item;
    node = position < before ? n.left : n.right;
    if (position > before) position -= before + 1;
  }
}

const ItemTree::Item& ItemTree::AtWeight(double weight, uint64_t end) const {
  const Item* last = nullptr;  // weighs something, and nothing before it is enough
  for (int32_t node = root_; node != kNone;) {
    const Node& n = nodes_[node];
    if (n.item.key >= end || weight < Weight(n.left)) {
      node = n.left;
      continue;
    }
    weight -= Weight(n.left);
    if (n.item.weight > 0) {
      last = &n.item;
      if (weight < n.item.weight) return n.item;
    }
    weight -= n.item.weight;
    node = n.right;
  }
  assert(last != nullptr || weight != 0);
  return last != nullptr ? *last : AtWeight(0, end);
}

std::vector<uint64_t> ItemTree::Extremes(bool highest, uint64_t count, uint64_t end) const {
  // Best first over subtrees: a subtree stands for the best that it may hold.
  struct Candidate {
    double priority;  // negated for the lowest
    bool whole;       // a subtree, not an item
    uint64_t key;
    int32_t node;
    bool operator<(const Candidate& other) const {
      if (priority != other.priority) return priority < other.priority;
      if (whole != other.whole) return !whole;  // a subtree may hold the smaller key: look into it first
      return key > other.key;
    }
  };
  std::priority_queue<Candidate> candidates;
  const auto add = [&](int32_t node) {
    if (node == kNone) return;
    const Node& n = nodes_[node];
    candidates.push({highest ? n.highest : -n.lowest, true, n.item.key, node});
  };
  add(root_);
  std::vector<uint64_t> keys;
  while (keys.size() < count && !candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    const Node& n = nodes_[best.node];
    if (!best.whole) {
      keys.push_back(best.key);
      continue;
    }
    add(n.left);
    if (n.item.key >= end) continue;
    candidates.push({highest ? n.item.priority : -n.item.priority, false, n.item.key, best.node});
    add(n.right);
  }
  return keys;
}

}  // namespace evenkeel
