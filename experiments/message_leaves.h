// A configuration message seen as its leaves: every value that is set, with its path.
#ifndef EVENKEEL_EXPERIMENTS_MESSAGE_LEAVES_H_
#define EVENKEEL_EXPERIMENTS_MESSAGE_LEAVES_H_

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <vector>

namespace evenkeel {

// A scalar that is set, or a list of scalars that is not empty (one leaf for the whole list).
struct Leaf {
  std::string path;  // "topology.servers[0].count"
  const google::protobuf::Message* message;
  const google::protobuf::FieldDescriptor* field;
};

// Calls `visit` for every leaf of `message`, in the order of the schema.
void ForEachLeaf(const google::protobuf::Message& message, const std::function<void(const Leaf&)>& visit);

// The value as text format writes it; a list as "[1, 2]".
std::string LeafText(const Leaf& leaf);

// "topology.servers[0].count" -> "topology.servers.count".
std::string WithoutIndexes(const std::string& path);

// Lays `upper` over *lower, which has the same type: values set in `upper` win, singular messages are merged
// field by field, and a list that is set in `upper` replaces the whole list.
void Overlay(const google::protobuf::Message& upper, google::protobuf::Message* lower);

// Paths whose values differ between two messages of one type, in the order of the schema (of `a`, then of
// `b`).
std::vector<std::string> DifferingPaths(const google::protobuf::Message& a,
                                        const google::protobuf::Message& b);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_MESSAGE_LEAVES_H_
