#include "coordinator/coordinator_service.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Which step a message is about.
struct StepName {
  uint64_t round;
  uint64_t attempt;
  uint64_t step;

  bool operator==(const StepName& other) const {
    return round == other.round && attempt == other.attempt && step == other.step;
  }
};

template <typename Message>
StepName NameOf(const Message& message) {
  return {message.round(), message.attempt(), message.step()};
}

struct Outgoing {
  grpc::ByteBuffer bytes;
  absl::optional<StepName> step;  // of a StepRequest
  bool starts_round = false;
};

Outgoing Serialize(const v1::CoordinatorMessage& message) {
  Outgoing outgoing;
  bool own;
  grpc::SerializationTraits<v1::CoordinatorMessage>::Serialize(message, &outgoing.bytes, &own);
  if (message.has_step_request()) outgoing.step = NameOf(message.step_request());
  outgoing.starts_round = message.has_round_start();
  return outgoing;
}

}  // namespace

// One Join call. gRPC only queues what StartRead, StartWrite and Finish begin, and calls back from another
// stack, so they are called with the lock held; that keeps "no new operation after Finish" and "one write in
// flight" simple.
class AgentStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  AgentStream(CoordinatorService* service, StreamId id) : service_(service), id_(id) {
    StartRead(&incoming_);
  }

  StreamId id() const { return id_; }

  // Where its agents sit; none until it said Hello.
  absl::optional<Seats> seats() const {
    absl::MutexLock lock(&mutex_);
    return seats_;
  }
  void set_seats(const Seats& seats) {
    absl::MutexLock lock(&mutex_);
    seats_ = seats;
  }

  void Push(const v1::CoordinatorMessage& message) {
    if (TryPush(Serialize(message))) return;
    LeaveSeats();
    End(absl::ResourceExhaustedError(absl::StrCat("actor-", seats().has_value() ? seats()->first : -1,
                                                  " does not read: ", CoordinatorService::kMaxQueued,
                                                  " messages wait for it")));
  }

  // Ends the stream after what is queued, or at once if `status` is an error. Only the first call counts.
  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (ending_) return;
    ending_ = true;
    end_status_ = status;
    if (!status.ok()) queue_.clear();
    WriteNext();
  }

  void LeaveSeats() {
    if (const absl::optional<Seats> left = seats(); left.has_value()) service_->gateway_->Leave(*left, id_);
  }

  void OnReadDone(bool ok) override {
    absl::StatusOr<bool> settled = ok ? Take() : false;
    if (ok && settled.ok() && GoOn(*settled)) return;
    LeaveSeats();
    End(settled.status());
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }

  void OnCancel() override {
    LeaveSeats();
    End(absl::CancelledError("the agent is gone"));
  }

  void OnDone() override { service_->Forget(id_); }  // destroys this

 private:
  // Whether the agents owe nothing until they are sent the next message.
  absl::StatusOr<bool> Take() {
    if (!grpc::SerializationTraits<v1::AgentMessage>::Deserialize(&incoming_, &message_).ok()) {
      return absl::InvalidArgumentError("a message that is no AgentMessage");
    }
    absl::optional<Seats> seats;
    {
      absl::MutexLock lock(&mutex_);
      pushed_ = false;
      if (message_.has_step_reply() && owed_ == NameOf(message_.step_reply())) owed_.reset();
      seats = seats_;
    }
    if (seats.has_value()) return service_->gateway_->Receive(*seats, id_, std::move(message_));
    EK_RETURN_IF_ERROR(service_->Hello(this, message_));
    return false;
  }

  // Writes what waited for the reply, and reads on, unless the agents owe nothing: then the next read begins
  // with the next write. A read that waits makes gRPC announce the window it has consumed at once, in a
  // packet of its own for each message; without one, that rides on the write. False if the stream is ending.
  bool GoOn(bool settled) {
    absl::MutexLock lock(&mutex_);
    if (ending_) return false;
    read_with_next_write_ = settled && !pushed_;
    if (!read_with_next_write_) StartRead(&incoming_);
    WriteNext();
    return true;
  }

  bool TryPush(Outgoing outgoing) {
    absl::MutexLock lock(&mutex_);
    if (ending_) return true;
    queue_.erase(std::remove_if(queue_.begin(), queue_.end(),
                                [](const Outgoing& waiting) { return waiting.step.has_value(); }),
                 queue_.end());
    if (queue_.size() >= CoordinatorService::kMaxQueued) return false;
    queue_.push_back(std::move(outgoing));
    pushed_ = true;
    WriteNext();
    return true;
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (ending_ && !queue_.empty() && queue_.front().step.has_value()) queue_.clear();  // it is the last one
    if (!queue_.empty()) {
      if (queue_.front().step.has_value() && owed_.has_value()) return;
      if (queue_.front().step.has_value()) owed_ = queue_.front().step;
      if (queue_.front().starts_round) owed_.reset();
      writing_ = true;
      outgoing_ = std::move(queue_.front().bytes);
      queue_.pop_front();
      StartWrite(&outgoing_);
      if (read_with_next_write_) StartRead(&incoming_);
      read_with_next_write_ = false;
    } else if (ending_) {
      finished_ = true;
      Finish(ToGrpcStatus(end_status_));
    }
  }

  CoordinatorService* const service_;
  const StreamId id_;
  grpc::ByteBuffer incoming_;  // of the one read in flight
  v1::AgentMessage message_;   // the same, in OnReadDone

  mutable absl::Mutex mutex_;
  absl::optional<Seats> seats_ ABSL_GUARDED_BY(mutex_);
  std::deque<Outgoing> queue_ ABSL_GUARDED_BY(mutex_);  // a StepRequest only at its end
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(mutex_);   // of the one write in flight
  absl::optional<StepName> owed_
      ABSL_GUARDED_BY(mutex_);  // the StepRequest that was sent and is not answered
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool pushed_ ABSL_GUARDED_BY(mutex_) = false;  // since the last Take began: then the agents may owe again
  bool read_with_next_write_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
};

namespace {

// A call that is refused before it becomes a stream.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

bool Overlap(const Seats& a, const Seats& b) { return a.first < b.end() && b.first < a.end(); }

}  // namespace

CoordinatorService::CoordinatorService(AgentGateway* gateway) : gateway_(gateway) {}

CoordinatorService::~CoordinatorService() = default;

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* CoordinatorService::Join(
    grpc::CallbackServerContext* /*context*/) {
  absl::MutexLock lock(&mutex_);
  if (streams_.size() >= max_streams()) {
    return new RefusedStream(
        absl::ResourceExhaustedError(absl::StrCat(streams_.size(), " streams are open")));
  }
  const StreamId id = ++newest_stream_;
  return (streams_[id] = std::make_shared<AgentStream>(this, id)).get();
}

grpc::ServerUnaryReactor* CoordinatorService::GetStatus(grpc::CallbackServerContext* context,
                                                        const v1::StatusRequest* /*request*/,
                                                        v1::RunStatus* reply) {
  *reply = gateway_->GetStatus();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

absl::Status CoordinatorService::Hello(AgentStream* stream, const v1::AgentMessage& message) {
  if (!message.has_hello()) return absl::InvalidArgumentError("the first message of a stream must be Hello");
  const v1::Hello& hello = message.hello();
  EK_ASSIGN_OR_RETURN(const Seats seats, gateway_->CheckHello(hello));
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->set_agents(gateway_->options().agents);
  welcome.mutable_welcome()->set_servers(gateway_->options().servers);
  stream->Push(welcome);
  stream->set_seats(seats);
  EK_RETURN_IF_ERROR(gateway_->Seat(seats, stream->id(), hello));

  std::vector<std::shared_ptr<AgentStream>> older;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, other] : streams_) {
      if (id < stream->id()) older.push_back(other);
    }
  }
  for (const std::shared_ptr<AgentStream>& other : older) {
    const absl::optional<Seats> theirs = other->seats();
    if (!theirs.has_value() || !Overlap(*theirs, seats)) continue;
    other->LeaveSeats();
    other->End(absl::AbortedError(
        absl::StrCat("a newer stream took the seat of actor-", std::max(theirs->first, seats.first))));
  }
  return absl::OkStatus();
}

void CoordinatorService::Send(StreamId stream, const v1::CoordinatorMessage& message) {
  std::shared_ptr<AgentStream> target;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    target = found->second;
  }
  target->Push(message);
}

void CoordinatorService::EndAll(const absl::Status& status, const std::string& reason) {
  std::vector<std::shared_ptr<AgentStream>> all;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, stream] : streams_) all.push_back(stream);
  }
  v1::CoordinatorMessage goodbye;
  goodbye.mutable_goodbye()->set_reason(reason);
  for (const std::shared_ptr<AgentStream>& stream : all) {
    if (status.ok()) stream->Push(goodbye);
    stream->End(status);
  }
}

void CoordinatorService::Forget(StreamId stream) {
  std::shared_ptr<AgentStream> last;  // destroyed after the lock is released
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(stream);
  last = std::move(found->second);
  streams_.erase(found);
}

}  // namespace evenkeel
