// What agents send to the coordinator, through AgentGateway as the service calls it.
#include "common/clock.h"
#include "coordinator/agent_gateway.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/inputs.pb.h"

namespace evenkeel {
namespace {

constexpr uint64_t kRound = 3;
constexpr int kAgents = 2;

void Receive(AgentGateway* gateway, const v1::GatewayCalls::Call& call) {
  const v1::AgentMessage& message = call.receive();
  if (message.has_hello() && gateway->CheckHello(message.hello()).ok()) {
    gateway->Seat(call.stream(), message.hello()).IgnoreError();
    return;
  }
  gateway->Receive(static_cast<int>(call.agent() % kAgents), call.stream(), message).IgnoreError();
}

}  // namespace
}  // namespace evenkeel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evenkeel;
  v1::GatewayCalls calls;
  if (!Parse(data, size, &calls)) return 0;
  ManualClock clock(absl::UnixEpoch());
  AgentGateway gateway({"run-1", kAgents, 3, 10}, &clock);
  gateway.BeginRound(kRound, 300, 2);
  uint64_t next_step = 0;
  bool open = false;
  for (const v1::GatewayCalls::Call& call : calls.calls()) {
    if (call.has_receive()) Receive(&gateway, call);
    if (call.has_leave()) gateway.Leave(static_cast<int>(call.agent() % kAgents), call.stream());
    if (call.has_open_step() && next_step < 10) {
      if (open) gateway.barrier().Close();
      gateway.barrier().Open(gateway.StepNumber(kRound, next_step++), {true, true});
      open = true;
    }
    gateway.GetStatus();
  }
  return 0;
}
