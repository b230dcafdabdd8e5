// The earliest of n times of which one changes at a time: a tournament tree.
#ifndef EVENKEEL_SIM_DEPARTURE_TREE_H_
#define EVENKEEL_SIM_DEPARTURE_TREE_H_

#include <cstdint>
#include <limits>
#include <vector>

namespace evenkeel::sim {

// All times start at infinity. Equal times are ordered in some way that depends on nothing but the calls
// made.
class DepartureTree {
 public:
  explicit DepartureTree(int leaves) {
    while (size_ < leaves) size_ *= 2;
    nodes_.resize(2 * size_);
    for (int i = 0; i < size_; ++i) nodes_[size_ + i].leaf = i;
    for (int i = size_ - 1; i > 0; --i) nodes_[i] = nodes_[2 * i];
  }

  double first_time_s() const { return nodes_[1].time_s; }
  int first() const { return nodes_[1].leaf; }

  // O(log n).
  void Set(int leaf, double time_s) {
    int i = size_ + leaf;
    Node winner{time_s, leaf};
    nodes_[i] = winner;
    for (; i > 1; i >>= 1) {
      const Node& sibling = nodes_[i ^ 1];
      const bool beaten = sibling.time_s < winner.time_s;
      winner.time_s = beaten ? sibling.time_s : winner.time_s;
      winner.leaf = beaten ? sibling.leaf : winner.leaf;
      nodes_[i >> 1] = winner;
    }
  }

 private:
  struct Node {
    double time_s = std::numeric_limits<double>::infinity();
    int leaf = 0;
  };

  int size_ = 2;             // leaves, a power of two
  std::vector<Node> nodes_;  // [2 * size_], node i has the children 2i and 2i + 1
};

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_DEPARTURE_TREE_H_
