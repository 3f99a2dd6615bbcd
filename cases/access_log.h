// cases/access_log.h: records that somebody looked, before they see it.
//
// One AccessRecorded for each controller whose data were shown, in that controller's stream of the
// month (ledger.md 7, amendment 8), without a signature of its own: the checkpoint covers it. The
// header and the body are sealed under the month's key; for each subject a segment under the
// subject's key holds the reason and the keyed digest of what was returned (AT-19), but for whoever
// is being erased or was: then no key is made. Log-ins and
// acts of administrators have a stream of their own. Streams are made when a month begins and found
// through settings (cases/access_month.h), so that a month's key can be destroyed alone.
// Threads: record() from any thread; without `done` it blocks until the entry is durable. No caller
// waits for another's entry, but at the first look of a month for the stream that is then made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/executor.h"
#include "cases/viewer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

using RequestId = Id16<struct RequestTag>;

enum class Operation : std::uint8_t {
  view,
  list,
  search,
  append,
  correct,
  erase,
  mask,
  unmask,
  print,
  download,
  export_,
  disclose,
  consult_external,
  emergency,
  replay,
  dsar,
  grant,
  revoke,
  login,
  logout,
  failed,
  deny,
  report
};
std::string_view operation_word(Operation operation);  // "VIEW", privacy.md 5.2

enum class LookOutcome : std::uint8_t { ok, denied, error, partial };
std::string_view outcome_word(LookOutcome outcome);  // "ok", "denied", ...
enum class Severity : std::uint8_t { info, notice, high };
std::string_view severity_word(Severity severity);

inline constexpr std::size_t kLookSubjectsMax = 60;  // of one event, which has 64 segments at most
inline constexpr std::size_t kLookPeopleMax = 600;   // of one look: ten events fill a call's bytes
inline constexpr std::size_t kLookReasonBytesMax = 800;  // with it a reason's segment takes 1 KiB
inline constexpr std::size_t kLookTextBytesMax = 200;    // of each other text; then a body takes 4
inline constexpr std::uint32_t kPolicyVersion = 1;       // of the rules in visibility.h

// One look at the data of one controller.
struct Look {
  RequestId request_id;
  Operation operation = Operation::view;
  LookOutcome outcome = LookOutcome::ok;
  ControllerId controller;  // whose data
  std::vector<SubjectId> subjects;
  StreamId case_stream;
  std::string target;  // "case/<id>", "access-log/100-500": kind and opaque ids only
  std::string section;
  Relation relation = Relation::none;
  std::string purpose;  // purpose_word
  std::string reason;   // of the viewer, sealed under each subject's key; kept nowhere without one
  std::uint32_t result_count = 0;
  std::uint64_t as_of = 0;   // position of the view that was read
  ByteView result;           // what is returned, while record() runs; only its keyed digest is kept
  std::string search_terms;  // only their keyed digest is kept
  std::string resident;      // "comune/matricola" of somebody outside the ledger; only keyed digest
  std::string released_to;   // recipient and legal basis
  OperatorId on_behalf_of;   // for whom the viewer acts, where for somebody else (AT-17)
  Severity severity = Severity::info;
  std::uint32_t repeated = 1;   // refusals of a flood, counted together
  bool administrative = false;  // log-ins, sessions, grants: the stream of administrators
};

class AccessLog {
 public:
  // Everything referred to outlives it. invalid_input: a month's stream does not parse.
  static Result<std::unique_ptr<AccessLog>> open(store::Store& store, crypto::Vault& vault,
                                                 Executor& executor, const Clock& clock);
  ~AccessLog();

  // Durable when it returns; the receipt is of one event, or of several with the same request id
  // for more than kLookSubjectsMax people. After any error the caller answers `unavailable` and
  // shows nothing (AT-01): invalid_argument (no request id, controller, target, purpose, client or
  // authentication, or over a limit), what the vault and Store::append return, and where the month
  // has no stream yet and no earlier one either, what Executor::execute returns.
  Result<store::Receipt> record(const Viewer& viewer, const Look& look);
  // The same without waiting for the log, but where a month begins: what the arguments refer to may
  // go when it returns, and `done` is told as Store::append tells it.
  void record(const Viewer& viewer, const Look& look, store::Store::Done done);

 private:
  struct Impl;
  explicit AccessLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::cases
