#include "coordinator/coordinator_client.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_channel.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "protos/coordinator.grpc.pb.h"

namespace evenkeel {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;

absl::Status Named(const std::string& address, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat("coordinator at ", address, ": ", status.message()));
}

// The asynchronous API on a queue that only this object's thread polls: every wait has a deadline, and a
// message needs no switch of threads. At most one read, one write and one finish are in flight.
class GrpcSession final : public CoordinatorSession {
 public:
  explicit GrpcSession(const std::string& address)
      : address_(address),
        stub_(v1::Coordinator::NewStub(
            MakeGrpcChannel(address, kMaxMessageBytes, GrpcTraffic::kSmallMessages))) {}

  ~GrpcSession() override {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) continue;
  }

  absl::Status Open(const v1::Hello& hello, absl::Duration timeout) {
    const gpr_timespec deadline = GrpcDeadlineIn(timeout);
    stream_ = stub_->PrepareAsyncJoin(&context_, &queue_);
    Begin(&start_);
    stream_->StartCall(&start_);
    if (!Await(&start_, deadline)) return NoWelcome(timeout);
    if (!start_.ok) return Failed();
    v1::AgentMessage message;
    *message.mutable_hello() = hello;
    EK_RETURN_IF_ERROR(Write(message));
    v1::CoordinatorMessage first;
    EK_ASSIGN_OR_RETURN(const bool came, ReadBy(deadline, &first));
    if (!came) return NoWelcome(timeout);
    if (!first.has_welcome()) {
      return Named(address_, absl::InternalError("the first message is not Welcome"));
    }
    welcome_ = std::move(*first.mutable_welcome());
    return absl::OkStatus();
  }

  const v1::Welcome& welcome() const override { return welcome_; }

  absl::StatusOr<bool> Read(absl::Duration timeout, v1::CoordinatorMessage* message) override {
    return ReadBy(GrpcDeadlineIn(timeout), message);
  }

  absl::Status Write(const v1::AgentMessage& message) override {
    EK_RETURN_IF_ERROR(ended_);
    Await(&write_, GrpcDeadlineIn(absl::InfiniteDuration()));
    if (!write_.ok) return Failed();
    Begin(&write_);
    stream_->Write(message, &write_);
    return absl::OkStatus();
  }

  void Cancel() override { context_.TryCancel(); }

 private:
  // An operation of the stream; its address is its tag.
  struct Operation {
    bool pending = false;
    bool ok = true;
  };

  static void Begin(Operation* operation) { operation->pending = true; }

  // Blocks until `operation` is not in flight; false if the deadline passes first.
  bool Await(Operation* operation, gpr_timespec deadline) {
    while (operation->pending) {
      void* tag;
      bool ok;
      if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) return false;
      Operation* done = static_cast<Operation*>(tag);
      done->pending = false;
      done->ok = ok;
    }
    return true;
  }

  absl::StatusOr<bool> ReadBy(gpr_timespec deadline, v1::CoordinatorMessage* message) {
    EK_RETURN_IF_ERROR(ended_);
    if (!reading_) {
      reading_ = true;
      Begin(&read_);
      stream_->Read(&incoming_, &read_);
    }
    if (!Await(&read_, deadline)) return false;
    reading_ = false;
    if (!read_.ok) return Failed();
    *message = std::move(incoming_);
    return true;
  }

  // Why the stream ended; remembered for all later calls.
  absl::Status Failed() {
    grpc::Status status;
    Begin(&finish_);
    stream_->Finish(&status, &finish_);
    Await(&finish_, GrpcDeadlineIn(absl::InfiniteDuration()));
    ended_ =
        Named(address_, status.ok() ? absl::OutOfRangeError("it ended the session") : FromGrpcStatus(status));
    return ended_;
  }

  absl::Status NoWelcome(absl::Duration timeout) const {
    return Named(address_, absl::DeadlineExceededError(
                               absl::StrCat("no Welcome within ", absl::FormatDuration(timeout))));
  }

  const std::string address_;
  const std::unique_ptr<v1::Coordinator::Stub> stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::AgentMessage, v1::CoordinatorMessage>> stream_;
  Operation start_, read_, write_, finish_;
  bool reading_ = false;  // a read was started whose message was not given out yet
  v1::CoordinatorMessage incoming_;
  v1::Welcome welcome_;
  absl::Status ended_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<CoordinatorSession>> CoordinatorSession::Join(const std::string& address,
                                                                             const v1::Hello& hello,
                                                                             absl::Duration timeout) {
  auto session = std::make_unique<GrpcSession>(address);
  EK_RETURN_IF_ERROR(session->Open(hello, timeout));
  return session;
}

struct CoordinatorStatusClient::Impl {
  const std::string address;
  const std::unique_ptr<v1::Coordinator::Stub> stub;
};

CoordinatorStatusClient::CoordinatorStatusClient(const std::string& address)
    : impl_(new Impl{address, v1::Coordinator::NewStub(MakeGrpcChannel(address))}) {}

CoordinatorStatusClient::~CoordinatorStatusClient() = default;

absl::StatusOr<v1::RunStatus> CoordinatorStatusClient::GetStatus(absl::Duration timeout) {
  grpc::ClientContext context;
  context.set_deadline(GrpcDeadlineIn(timeout));
  v1::RunStatus status;
  const grpc::Status answered = impl_->stub->GetStatus(&context, v1::StatusRequest(), &status);
  if (!answered.ok()) return Named(impl_->address, FromGrpcStatus(answered));
  return status;
}

}  // namespace evenkeel
