// "Did you mean": the candidate nearest to a misspelt name.
#ifndef EVENKEEL_COMMON_NEAREST_NAME_H_
#define EVENKEEL_COMMON_NEAREST_NAME_H_

#include <string>
#include <vector>

namespace evenkeel {

// The candidate with the fewest edits (insert, delete, replace, swap of neighbours) to `name`, the first of
// equals; "" if the best needs more edits than a third of the longer name, but two are always allowed. Case
// is not counted.
std::string NearestName(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_NEAREST_NAME_H_
