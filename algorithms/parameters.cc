#include "algorithms/parameters.h"

#include <cassert>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/crc32c.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

uint32_t ChecksumOf(const v1::PolicyParameters& parameters) {
  uint32_t crc = 0;
  for (const v1::NamedTensor& tensor : parameters.tensors()) crc = Crc32c(tensor.data(), crc);
  return crc;
}

template <typename Shape>
std::string ShapeText(const Shape& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

absl::Status CheckTensor(const ParameterSpec& spec, const std::string& name, const v1::NamedTensor& tensor) {
  const std::vector<int64_t> found(tensor.shape().begin(), tensor.shape().end());
  if (found != spec.shape) {
    return absl::InvalidArgumentError(absl::StrCat("tensor \"", name, "\": expected shape ", ShapeText(spec.shape),
                                                   ", found ", ShapeText(found)));
  }
  const size_t bytes = static_cast<size_t>(spec.size()) * sizeof(float);
  if (tensor.data().size() != bytes) {
    return absl::InvalidArgumentError(absl::StrCat("tensor \"", name, "\": expected ", bytes, " bytes of data, found ",
                                                   tensor.data().size()));
  }
  return absl::OkStatus();
}

absl::Status CheckNumber(absl::string_view field, uint32_t expected, uint32_t found) {
  if (expected == found) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the parameters were made for ", found, " ", field, ", this experiment has ",
                                                 expected, ": use the experiment they were trained with"));
}

}  // namespace

void AppendTensors(const ParameterLayout& layout, absl::string_view prefix, absl::Span<const float> flat,
                   v1::PolicyParameters* parameters) {
  assert(static_cast<int64_t>(flat.size()) == layout.size());
  for (size_t i = 0; i < layout.specs().size(); ++i) {
    const ParameterSpec& spec = layout.specs()[i];
    v1::NamedTensor* tensor = parameters->add_tensors();
    tensor->set_name(absl::StrCat(prefix, spec.name));
    for (int64_t extent : spec.shape) tensor->add_shape(extent);
    tensor->set_data(flat.data() + layout.offset(i), spec.size() * sizeof(float));
  }
}

absl::Status ReadTensors(const v1::PolicyParameters& parameters, const ParameterLayout& layout,
                         absl::string_view prefix, absl::Span<float> flat) {
  assert(static_cast<int64_t>(flat.size()) == layout.size());
  std::map<std::string, const v1::NamedTensor*> by_name;
  for (const v1::NamedTensor& tensor : parameters.tensors()) {
    if (!absl::StartsWith(tensor.name(), prefix)) continue;
    if (!by_name.emplace(tensor.name(), &tensor).second) {
      return absl::InvalidArgumentError(absl::StrCat("tensor \"", tensor.name(), "\" is there twice"));
    }
  }
  std::vector<const v1::NamedTensor*> in_order;
  for (const ParameterSpec& spec : layout.specs()) {
    const std::string name = absl::StrCat(prefix, spec.name);
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      return absl::InvalidArgumentError(absl::StrCat("tensor \"", name, "\" of shape ", ShapeText(spec.shape), " is missing"));
    }
    EK_RETURN_IF_ERROR(CheckTensor(spec, name, *found->second));
    in_order.push_back(found->second);
    by_name.erase(found);
  }
  if (!by_name.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("tensor \"", by_name.begin()->first, "\" is not known to this network"));
  }
  for (size_t i = 0; i < in_order.size(); ++i) {
    std::memcpy(flat.data() + layout.offset(i), in_order[i]->data().data(), in_order[i]->data().size());
  }
  return absl::OkStatus();
}

void Seal(v1::PolicyParameters* parameters) { parameters->set_crc32c(ChecksumOf(*parameters)); }

absl::Status CheckSeal(const v1::PolicyParameters& parameters) {
  const uint32_t checksum = ChecksumOf(parameters);
  if (checksum == parameters.crc32c()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the parameters are damaged: crc32c over their tensors is ", checksum,
                                          ", expected ", parameters.crc32c()));
}

absl::Status CheckShape(const v1::PolicyParameters& parameters, absl::string_view algorithm,
                        const v1::PolicyShape& shape) {
  if (parameters.algorithm() != algorithm) {
    return absl::InvalidArgumentError(absl::StrCat("the parameters are of algorithm \"", parameters.algorithm(),
                                                   "\", expected \"", algorithm, "\": run with --algo=",
                                                   parameters.algorithm(), " or load other parameters"));
  }
  const v1::PolicyShape& found = parameters.shape();
  if (found.network() != shape.network()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the parameters are of a ", v1::Network::Kind_Name(found.network()), " network, this experiment has a ",
        v1::Network::Kind_Name(shape.network()), " one: set algorithm.network.kind, or load other parameters"));
  }
  EK_RETURN_IF_ERROR(CheckNumber("servers", shape.servers(), found.servers()));
  EK_RETURN_IF_ERROR(CheckNumber("features per server", shape.features(), found.features()));
  EK_RETURN_IF_ERROR(CheckNumber("action levels", shape.levels(), found.levels()));
  return CheckNumber("hidden units", shape.hidden(), found.hidden());
}

}  // namespace evenkeel
