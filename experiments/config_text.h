// Reading configuration text: all problems at once, each at its exact place.
#ifndef EVENKEEL_EXPERIMENTS_CONFIG_TEXT_H_
#define EVENKEEL_EXPERIMENTS_CONFIG_TEXT_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <vector>

#include "experiments/problem.h"

namespace evenkeel {

// Where each leaf (see message_leaves.h) was written: path -> "line:column", both from 1. Of a list of
// scalars also each element ("set[2]"), but of one in brackets the first alone.
using LeafPlaces = std::map<std::string, std::string>;

// Parses text format into *message (of any type), which is cleared first. Appends one Problem per unknown
// field, unknown enum value, value of the wrong type, repeated singular field, and at most one syntax error,
// in the order of the text; their place is "NAME:LINE:COLUMN" of the offending word. Returns whether there
// was none.
bool ParseConfigText(const std::string& name, const std::string& text, google::protobuf::Message* message,
                     LeafPlaces* places, std::vector<Problem>* problems);

// E0302 for a field that `type` does not have: suggests the nearest name, or where in `root` that name
// exists.
Problem UnknownField(const std::string& field, const google::protobuf::Descriptor* type,
                     const google::protobuf::Descriptor* root);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_CONFIG_TEXT_H_
