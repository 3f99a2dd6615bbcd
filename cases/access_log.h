// cases/access_log.h: records that somebody looked, before they see it.
//
// One AccessRecorded for each controller whose data were shown, in that controller's stream of the
// month (ledger.md 7, amendment 8), without a signature of its own: the checkpoint covers it. The
// body is sealed under the month's key; for each subject a segment under the subject's key holds
// the reason and the keyed digest of what was returned (AT-19). Log-ins and acts of administrators
// have a stream of their own, of the installation. Month streams are found through configuration
// events ("access-month/<controller>/<YYYY-MM>[/admin]"), so a month's key can be destroyed alone.
// Threads: record() from any thread; it blocks until the entry is durable.
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
enum class Severity : std::uint8_t { info, notice, high };

inline constexpr std::size_t kLookSubjectsMax = 60;  // segments of one event; longer lists: several
inline constexpr std::uint32_t kPolicyVersion = 1;   // of the rules in visibility.h

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
  std::string reason;   // of the viewer, sealed under each subject's key
  std::uint32_t result_count = 0;
  std::uint64_t as_of = 0;   // position of the view that was read
  Bytes result;              // what is returned; only its keyed digest is kept
  std::string search_terms;  // only their keyed digest is kept
  std::string released_to;   // recipient and legal basis
  Severity severity = Severity::info;
  std::uint32_t repeated = 1;   // refusals of a flood, counted together
  bool administrative = false;  // log-ins, sessions, grants: the stream of administrators
};

class AccessLog {
 public:
  // Everything referred to outlives it. What named_secret returns.
  static Result<std::unique_ptr<AccessLog>> open(store::Store& store, crypto::Vault& vault,
                                                 Executor& executor, const Clock& clock);
  ~AccessLog();

  // Durable when it returns. What the vault and Store::append return; the caller then answers
  // `unavailable` and shows nothing (AT-01).
  Result<store::Receipt> record(const Viewer& viewer, const Look& look);

 private:
  struct Impl;
  explicit AccessLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::cases
