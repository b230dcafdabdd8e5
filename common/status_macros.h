// Early return on error, the one way errors travel up. Each evaluates its expression once.
#ifndef EVENKEEL_COMMON_STATUS_MACROS_H_
#define EVENKEEL_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expr` from the calling function unless it is OK.
#define EK_RETURN_IF_ERROR(expr)              \
  do {                                        \
    absl::Status ek_status = (expr);          \
    if (!ek_status.ok()) return ek_status;    \
  } while (0)

#define EK_CONCAT_INNER(a, b) a##b
#define EK_CONCAT(a, b) EK_CONCAT_INNER(a, b)

// EK_ASSIGN_OR_RETURN(auto x, F()): x = the value of F(), or returns F's error.
#define EK_ASSIGN_OR_RETURN(lhs, expr) EK_ASSIGN_OR_RETURN_IMPL(EK_CONCAT(ek_statusor_, __LINE__), lhs, expr)
#define EK_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)

#endif  // EVENKEEL_COMMON_STATUS_MACROS_H_
