#include "coordinator/coordinator_service.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"

namespace evenkeel {

// One Join call. gRPC only queues what StartRead, StartWrite and Finish begin, and calls back from another
// stack, so they are called with the lock held; that keeps "no new operation after Finish" and "one write in
// flight" simple.
class AgentStream final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
 public:
  AgentStream(CoordinatorService* service, StreamId id) : service_(service), id_(id) {
    StartRead(&incoming_);
  }

  StreamId id() const { return id_; }
  int agent() const { return agent_; }  // -1 until it said Hello
  void set_agent(int agent) { agent_ = agent; }

  void Push(const v1::CoordinatorMessage& message) {
    if (TryPush(message)) return;
    LeaveSeat();
    End(absl::ResourceExhaustedError(absl::StrCat(
        "actor-", agent(), " does not read: ", CoordinatorService::kMaxQueued, " messages wait for it")));
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

  void LeaveSeat() {
    if (agent_ >= 0) service_->gateway_->Leave(agent_, id_);
  }

  void OnReadDone(bool ok) override {
    absl::StatusOr<bool> settled = ok ? Take() : false;
    if (ok && settled.ok() && ReadNext(*settled)) return;
    LeaveSeat();
    End(settled.status());
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) queue_.clear();
    WriteNext();
  }

  void OnCancel() override {
    LeaveSeat();
    End(absl::CancelledError("the agent is gone"));
  }

  void OnDone() override { service_->Forget(id_); }  // destroys this

 private:
  // Whether the agent owes nothing until it is sent the next message.
  absl::StatusOr<bool> Take() {
    {
      absl::MutexLock lock(&mutex_);
      pushed_ = false;
    }
    if (agent_ >= 0) return service_->gateway_->Receive(agent_, id_, std::move(incoming_));
    EK_RETURN_IF_ERROR(service_->Hello(this, incoming_));
    return false;
  }

  // Reads on, unless the agent owes nothing: then the next read begins with the next write. A read that waits
  // makes gRPC announce the window it has consumed at once, in a packet of its own for each message; without
  // one, that rides on the write. False if the stream is ending.
  bool ReadNext(bool settled) {
    absl::MutexLock lock(&mutex_);
    if (ending_) return false;
    read_with_next_write_ = settled && !pushed_;
    if (!read_with_next_write_) StartRead(&incoming_);
    return true;
  }

  bool TryPush(const v1::CoordinatorMessage& message) {
    absl::MutexLock lock(&mutex_);
    if (ending_) return true;
    if (message.has_step_request()) {
      const auto stale =
          std::find_if(queue_.begin(), queue_.end(),
                       [](const v1::CoordinatorMessage& waiting) { return waiting.has_step_request(); });
      if (stale != queue_.end()) queue_.erase(stale);
    }
    if (queue_.size() >= CoordinatorService::kMaxQueued) return false;
    queue_.push_back(message);
    pushed_ = true;
    WriteNext();
    return true;
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      writing_ = true;
      outgoing_ = std::move(queue_.front());
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
  std::atomic<int> agent_{-1};
  v1::AgentMessage incoming_;  // of the one read in flight

  absl::Mutex mutex_;
  std::deque<v1::CoordinatorMessage> queue_ ABSL_GUARDED_BY(mutex_);
  v1::CoordinatorMessage outgoing_ ABSL_GUARDED_BY(mutex_);  // of the one write in flight
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool pushed_ ABSL_GUARDED_BY(mutex_) = false;  // since the last Take began: then the agent may owe again
  bool read_with_next_write_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
};

namespace {

// A call that is refused before it becomes a stream.
class RefusedStream final : public grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

CoordinatorService::CoordinatorService(AgentGateway* gateway) : gateway_(gateway) {}

CoordinatorService::~CoordinatorService() = default;

grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* CoordinatorService::Join(
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
  EK_RETURN_IF_ERROR(gateway_->CheckHello(hello));
  const int agent = static_cast<int>(hello.agent());
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->set_agents(gateway_->options().agents);
  welcome.mutable_welcome()->set_servers(gateway_->options().servers);
  stream->Push(welcome);
  stream->set_agent(agent);
  EK_RETURN_IF_ERROR(gateway_->Seat(stream->id(), hello));

  std::vector<std::shared_ptr<AgentStream>> replaced;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, other] : streams_) {
      if (id < stream->id() && other->agent() == agent) replaced.push_back(other);
    }
  }
  for (const std::shared_ptr<AgentStream>& other : replaced) {
    other->End(absl::AbortedError(absl::StrCat("a newer stream took the seat of actor-", agent)));
  }
  return absl::OkStatus();
}

void CoordinatorService::Send(int /*agent*/, StreamId stream, const v1::CoordinatorMessage& message) {
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
