// Named parameters (parameter_layout.h) in their form on the wire and on disk, v1::PolicyParameters.
// Free of LibTorch, so that whoever only checks or moves policies compiles quickly.
#ifndef EVENKEEL_ALGORITHMS_PARAMETERS_H_
#define EVENKEEL_ALGORITHMS_PARAMETERS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "algorithms/parameter_layout.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// Appends the tensors of `flat` to `parameters`, each named prefix + name. REQUIRES: flat.size() == layout.size().
void AppendTensors(const ParameterLayout& layout, absl::string_view prefix, absl::Span<const float> flat,
                   v1::PolicyParameters* parameters);

// Copies the tensors named prefix + name into `flat`. INVALID_ARGUMENT, with `flat` unchanged: a tensor is missing,
// or its shape or number of bytes is not what the layout expects; names the tensor, what was expected and found.
// Tensors without `prefix` are not looked at; one with it that the layout does not know is an error, too.
absl::Status ReadTensors(const v1::PolicyParameters& parameters, const ParameterLayout& layout,
                         absl::string_view prefix, absl::Span<float> flat);

// Sets crc32c over the data of all tensors in order.
void Seal(v1::PolicyParameters* parameters);

// DATA_LOSS if crc32c does not fit the tensors.
absl::Status CheckSeal(const v1::PolicyParameters& parameters);

// INVALID_ARGUMENT if the algorithm or a number of the shape is not the expected one; names it.
absl::Status CheckShape(const v1::PolicyParameters& parameters, absl::string_view algorithm,
                        const v1::PolicyShape& shape);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_PARAMETERS_H_
