#include "algorithms/torch_process.h"

#include <ATen/Parallel.h>

namespace evenkeel {

void UseOneTorchThread() { at::set_num_threads(1); }

}  // namespace evenkeel
