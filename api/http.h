// api/http.h: a request and a response as handlers see them; nothing of sockets or of a library.
//
// A Request has passed the second gate (api/gate.h): its target is decoded, its body whole and
// within the limit. A handler runs on a worker thread and answers a Response, which may have to
// wait for the log before it leaves; a long answer is pulled piece by piece by a worker, a live one
// is pushed by its owner. Threads: values; a PushSink may be used from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "cases/access_log.h"

namespace cartella::api {

using cases::RequestId;

enum class Method : std::uint8_t { get, post, put, del };
std::string_view method_name(Method method);  // "GET"

struct Field {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::get;
  std::string path;          // decoded, begins with a slash, no query
  std::vector<Field> query;  // decoded, in order
  std::vector<Field> headers;
  std::string body;
  std::string peer;       // address without port; empty on the Unix socket
  bool is_local = false;  // came over the Unix socket
  RequestId id;           // made by the transport, a UUIDv7

  // Empty where absent; names of headers without regard to case.
  std::string_view header(std::string_view name) const;
  std::string_view query_value(std::string_view name) const;
};

// Pulled by a worker until it answers an empty piece; an error ends the connection.
class PullBody {
 public:
  virtual ~PullBody() = default;
  virtual Result<std::string> next() = 0;
};

// Given by the transport to whoever pushes. send() queues and never blocks; false: the peer is gone
// or too slow (its queue is full: the connection is closed). When its last owner lets go of it, the
// stream ends after what was sent.
class PushSink {
 public:
  virtual ~PushSink() = default;
  virtual bool send(std::string piece) = 0;
  virtual bool is_open() const = 0;
};
using PushStart = std::function<void(std::shared_ptr<PushSink>)>;

struct Response;

// What must be done before an answer may leave, while no worker waits for it.
class AnswerWait {
 public:
  virtual ~AnswerWait() = default;
  // On the worker that made the answer, which stays where it is until end(). Calls `done` once, on
  // any thread and perhaps before it returns; it touches nothing of its own any more after that.
  virtual void start(const Response& response, std::function<void()> done) = 0;
  // After `done`; may replace the answer. Where it is short and the answer is whole it is called on
  // the thread that called `done` and waits for nothing, else on a worker.
  virtual void end(Response& response) = 0;
  virtual bool is_short() const = 0;
};

struct Response {
  unsigned status = 200;
  std::string content_type;  // empty: no body
  std::vector<Field> headers;
  std::string body;
  std::unique_ptr<PullBody> pull;    // instead of body
  PushStart push;                    // instead of body
  std::unique_ptr<AnswerWait> wait;  // before any of it leaves
  bool close = false;                // the connection ends after this answer
};

// Never throws; runs on a worker thread.
using Handler = std::function<Response(const Request&)>;

}  // namespace cartella::api
