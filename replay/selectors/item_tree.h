// The items of a table in the order of their keys, with what the selectors ask about any lower part of them.
#ifndef EVENKEEL_REPLAY_SELECTORS_ITEM_TREE_H_
#define EVENKEEL_REPLAY_SELECTORS_ITEM_TREE_H_

#include <cstdint>
#include <vector>

namespace evenkeel {

// A treap (Seidel and Aragon 1996) whose heap order is a hash of the key, each node with the size, the sum of the
// weights and the extremes of the priorities below it: a sum tree that can be cut at any key. Its shape, and so the
// rounding of every sum, is a function of the content alone, whatever the order in which items came and went; that
// makes a draw repeatable after a restart. Each call is O(log size) expected. Not thread-safe.
class ItemTree {
 public:
  struct Item {
    uint64_t key;
    double priority;
    double weight;  // what a weighted draw goes by
  };

  // Adds the item, or replaces priority and weight. REQUIRES: both are finite and not negative.
  void Set(const Item& item);

  // Nothing happens if it is not there.
  void Erase(uint64_t key);

  uint64_t size() const { return Size(root_); }

  // How many keys are below `end`.
  uint64_t CountBelow(uint64_t end) const;

  // Sum of the weights of the keys below `end`.
  double WeightBelow(uint64_t end) const;

  // The item with `position` items below it. REQUIRES: position < size().
  const Item& At(uint64_t position) const;

  // The first item below `end` such that the weights up to and with it are more than `weight`; another one that
  // weighs something if rounding leaves none. REQUIRES: WeightBelow(end) > 0.
  const Item& AtWeight(double weight, uint64_t end) const;

  // The `count` items below `end` of the highest (or lowest) priority, in that order; of equal ones the smaller key
  // first. O(count x log size). REQUIRES: count <= CountBelow(end).
  std::vector<uint64_t> Extremes(bool highest, uint64_t count, uint64_t end) const;

  // Memory that it holds.
  uint64_t bytes() const { return nodes_.capacity() * sizeof(Node) + free_.capacity() * sizeof(int32_t); }

 private:
  static constexpr int32_t kNone = -1;

  struct Node {
    Item item;
    int32_t left = kNone;
    int32_t right = kNone;
    uint64_t size = 1;
    double weight = 0;
    double lowest = 0;
    double highest = 0;
  };

  uint64_t Size(int32_t node) const { return node == kNone ? 0 : nodes_[node].size; }
  double Weight(int32_t node) const { return node == kNone ? 0 : nodes_[node].weight; }
  int32_t NewNode(const Item& item);
  void Sum(int32_t node);
  int32_t RotateUp(int32_t node, bool from_left);
  int32_t Set(int32_t node, const Item& item);
  int32_t Erase(int32_t node, uint64_t key);
  int32_t Merge(int32_t left, int32_t right);

  std::vector<Node> nodes_;
  std::vector<int32_t> free_;  // unused entries of nodes_
  int32_t root_ = kNone;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_ITEM_TREE_H_
