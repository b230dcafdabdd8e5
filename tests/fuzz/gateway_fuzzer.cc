// What agents send to the coordinator, through AgentGateway as the service calls it.
#include <map>

#include "common/clock.h"
#include "coordinator/agent_gateway.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/inputs.pb.h"

namespace evenkeel {
namespace {

constexpr uint64_t kRound = 3;
constexpr int kAgents = 2;

// The streams that have seats, as the service keeps them.
using Streams = std::map<StreamId, Seats>;

void Receive(const v1::GatewayCalls::Call& call, AgentGateway* gateway, Streams* streams) {
  const v1::AgentMessage& message = call.receive();
  const auto seated = streams->find(call.stream());
  if (seated != streams->end()) {
    gateway->Receive(seated->second, call.stream(), message).status().IgnoreError();
    return;
  }
  const absl::StatusOr<Seats> seats = gateway->CheckHello(message.hello());
  if (!seats.ok() || call.stream() == 0) return;
  if (gateway->Seat(*seats, call.stream(), message.hello()).ok()) streams->emplace(call.stream(), *seats);
}

void Leave(StreamId stream, AgentGateway* gateway, Streams* streams) {
  const auto seated = streams->find(stream);
  if (seated == streams->end()) return;
  gateway->Leave(seated->second, stream);
  streams->erase(seated);
}

}  // namespace
}  // namespace evenkeel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evenkeel;
  v1::GatewayCalls calls;
  if (!Parse(data, size, &calls)) return 0;
  ManualClock clock(absl::UnixEpoch());
  AgentGateway gateway({"run-1", kAgents, 3, 10}, &clock);
  gateway.BeginRound(kRound, /*attempt=*/0, 300, 2);
  Streams streams;
  uint64_t next_step = 0;
  bool open = false;
  for (const v1::GatewayCalls::Call& call : calls.calls()) {
    if (call.has_receive()) Receive(call, &gateway, &streams);
    if (call.has_leave()) Leave(call.stream(), &gateway, &streams);
    if (call.has_open_step() && next_step < 10) {
      if (open) gateway.barrier().Close();
      gateway.barrier().Open(gateway.StepNumber(next_step++), {true, true});
      open = true;
    }
    gateway.GetStatus();
  }
  return 0;
}
