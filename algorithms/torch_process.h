// How LibTorch behaves in a process that trains or acts. Free of LibTorch. Call from a main, before the first tensor.
#ifndef EVENKEEL_ALGORITHMS_TORCH_PROCESS_H_
#define EVENKEEL_ALGORITHMS_TORCH_PROCESS_H_

namespace evenkeel {

// Each tensor operation stays on the thread that calls it. Parallelism is ours: over the episodes of a batch,
// and over the processes of a run. Also makes the order of every sum, and so the result, independent of the
// number of cores.
void UseOneTorchThread();

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_TORCH_PROCESS_H_
