// api/service.h: what handlers work with: the open store and everything around it, and one call.
//
// Ownership: ops owns the parts; they outlive the service. Threads: the parts say what they allow;
// a Call belongs to one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/authentication.h"
#include "api/changes.h"
#include "api/http.h"
#include "api/login.h"
#include "api/route.h"
#include "api/sessions.h"
#include "api/shares.h"
#include "api/tokens.h"
#include "cases/access_log.h"
#include "cases/denials.h"
#include "cases/executor.h"
#include "cases/visibility.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "projections/engine.h"
#include "projections/organisation.h"
#include "store/accounts.h"
#include "store/reference.h"
#include "store/store.h"

namespace cartella::api {

// The organisation with its names, read again when it changed: that is seen from the executor's
// copy, which is exchanged with every definition, before the log is asked.
class OrganisationNames {
 public:
  OrganisationNames(const store::Store& store, const projections::Engine& engine,
                    const cases::Executor& executor)
      : x_store(store), x_engine(engine), x_executor(executor) {}
  // unavailable, io, corrupt.
  Result<std::shared_ptr<const projections::Organisation>> current();

 private:
  const store::Store& x_store;
  const projections::Engine& x_engine;
  const cases::Executor& x_executor;
  std::mutex x_mutex;
  std::shared_ptr<const cases::OrganisationState> x_defined;  // the executor's, of x_known
  std::uint64_t x_position = 0;  // of the last definition that is in it
  std::shared_ptr<const projections::Organisation> x_known;
};

struct ServiceLimits {
  std::uint32_t requests_per_second = 100;  // of one principal, on average
  std::uint32_t requests_burst = 200;
  std::size_t requests_in_flight = 32;         // of one principal: half of the workers
  std::size_t streams = 16;                    // of one principal: windows of a browser
  std::chrono::milliseconds view_wait{2000};   // for ?min_position and for one's own writes
  std::chrono::milliseconds heavy_wait{5000};  // for a package before one's own
};

struct Service {
  store::Store& store;
  crypto::Vault& vault;
  projections::Engine& engine;
  cases::Executor& executor;
  cases::AccessLog& access_log;
  cases::Denials& denials;
  store::Accounts& accounts;
  Sessions& sessions;
  Login& login;
  ChangeHub& changes;
  OrganisationNames& names;
  const OpaqueTokens& tokens;
  const Clock& clock;
  const store::Reference* registry;  // nullptr: none
  std::timed_mutex* heavy;           // held by who makes a package, one at a time
  // Runs after the answer, in order, by another thread; here where it has too much to do.
  std::function<void(std::function<void()>)> later;
  std::function<std::string()> metrics;  // the text of /metrics
  std::vector<std::string> hosts = {};   // what Host and Origin may name
  ServiceLimits limits = {};
  // The checkpoint that is published, with the cosignatures it has; empty: the log's newest.
  std::function<Result<std::string>()> checkpoint = {};
  std::unique_ptr<LiveStreams> streams = std::make_unique<LiveStreams>();
};

// One request on its way to an answer; belongs to whoever works on it.
struct Call {
  Service& service;
  const Request& request;
  const Route& route;
  PathValues path;
  Authenticated who = {};  // of a public route: nobody
  cases::Viewer viewer = {};
  std::int64_t started_us = 0;  // of the monotonic clock
  std::shared_ptr<const cases::OrganisationState> organisation = {};
  Date today = {};
  std::string principal = {};  // that quotas count: the operator, or the address of nobody
  // Set by the gate when something is not shown; the router records the refusal.
  std::string denied_target = {};
  cases::Severity denied_severity = cases::Severity::info;  // of a refusal that is recorded

  std::string_view path_value(std::string_view name) const;
  cases::Purpose purpose() const;
};

struct Answer;

// The rest of a handler's work, which waits for the log while no worker does.
class AnswerRest {
 public:
  virtual ~AnswerRest() = default;
  // As AnswerWait: on the worker, and on one again.
  virtual void start(std::function<void()> done) = 0;
  virtual Result<Answer> end(Call& call) = 0;
};

struct Answer {
  Response response;
  std::vector<cases::Look> looks = {};         // recorded before the first byte leaves
  std::unique_ptr<AnswerRest> rest = nullptr;  // instead of both
};

// not_found: not 32 hexadecimal digits, which no thing has.
Result<StreamId> path_stream(const Call& call, std::string_view name);
Answer json_answer(unsigned status, std::string body);
// 429: the principal holds its all of them (api/shares.h).
Response too_many_at_once(const Request& request, std::string_view what);
// A look at one thing, filled with who, why and what; the router adds request and digest.
cases::Look look_at(const Call& call, cases::Operation operation, const ControllerId& controller,
                    const SubjectId& subject, cases::Relation relation, std::string target);

}  // namespace cartella::api
