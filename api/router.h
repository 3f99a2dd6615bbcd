// api/router.h: from a request to an answer: who asks, may they, the handler, the record.
//
// The order is the rule of the system: authenticate, permission, handler, then the record of the
// look made durable, and only then the answer (AT-01), which waits for it without a thread
// (api/http.h). Refusals are recorded too, floods counted together (AT-12). One error writer: an
// Errc becomes a problem as docs/errors.md has it. Threads: handle() from any number of worker
// threads.
#pragma once

#include <functional>
#include <memory>

#include "api/http.h"
#include "api/service.h"

namespace cartella::api {

// One request that was answered, for metrics and the log of the service: nothing of who or what.
struct Answered {
  RequestId request_id;
  const Route* route = nullptr;  // nullptr: no such resource
  unsigned status = 0;
  std::int64_t duration_us = 0;  // until the answer was ready and recorded
};
using AnswerObserver = std::function<void(const Answered&)>;

class Router {
 public:
  // The observer is called on worker threads, and on threads of the log when a record is durable.
  Router(Service& service, AnswerObserver observer);
  ~Router();
  Response handle(const Request& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

// The problem of an error; details of damage or of the operating system stay inside.
Response problem_of(const Request& request, const Error& error);

}  // namespace cartella::api
