// projections/access_log.h: the view of who looked, by person, by operator, by unit and in order.
//
// One row an access record holds the fields of privacy.md 5.1 that stand in it; small index rows
// lead to it. The viewer's reason is not copied: it dies with the person's keys and is read from
// the log when it is asked for. Of a month whose erasure was decided, or whose key is gone, an
// entry tells only that an access was recorded: the decision blanks its rows. Entries of
// administrators' streams are apart. The leaf that chains an entry is the log's at its position.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kAccessLogView = "access_log";

using AccessRequestId = Id16<struct AccessRequestTag>;

struct AccessEntry {
  std::uint64_t position = 0;
  EventId event_id;
  StreamId stream;  // of the month
  std::int64_t recorded_at_us = 0;
  bool erased = false;  // the month's key is gone: what follows is empty
  bool administrative = false;
  std::int64_t occurred_at_us = 0;  // by the wall clock, which may have been wrong
  ControllerId controller;
  AccessRequestId request_id;
  std::string operation;  // "VIEW", privacy.md 5.2
  std::string outcome;
  OperatorId actor;
  std::string actor_role;
  UnitId actor_unit;
  OperatorId on_behalf_of;
  std::string client_id;
  std::string ip;
  std::string auth_context;
  std::vector<SubjectId> subjects;
  StreamId case_stream;
  std::string target;
  std::string section;
  std::string relation;
  std::string purpose;
  std::uint32_t result_count = 0;
  std::uint64_t as_of = 0;
  std::string released_to;
  std::string evidence;  // bytes
  std::string severity;
  std::uint32_t policy_version = 0;
  std::string terms;            // keyed digest, bytes
  std::string registry_person;  // keyed digest, bytes
  std::uint32_t repeated = 0;   // refusals of a flood that it counts together; 0 or 1: one
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.position, self.event_id, self.stream, self.recorded_at_us, self.erased,
      self.administrative, self.occurred_at_us, self.controller, self.request_id, self.operation,
      self.outcome, self.actor, self.actor_role, self.actor_unit, self.on_behalf_of, self.client_id,
      self.ip, self.auth_context, self.subjects, self.case_stream, self.target, self.section,
      self.relation, self.purpose, self.result_count, self.as_of, self.released_to, self.evidence,
      self.severity, self.policy_version, self.terms, self.registry_person, self.repeated);
  }
};

// The wall clock and the log's time differ by more than a commit takes (AT-16).
bool has_clock_skew(const AccessEntry& entry);

// Whatever is given must hold; nothing given: every entry.
struct AccessQuery {
  std::optional<SubjectId> subject = {};
  std::optional<OperatorId> actor = {};
  std::optional<ControllerId> controller = {};
  std::optional<UnitId> unit = {};
  std::string operation = {};  // "VIEW"; empty: any
  std::string purpose = {};    // as it was recorded; empty: any
  std::uint64_t from_position = 0;
  std::uint64_t to_position = UINT64_MAX;  // itself included
  std::optional<Date> from_day = {};       // of recorded_at, in Italy
  std::optional<Date> to_day = {};         // itself included
  bool administrative = false;             // those entries, and no others
  std::size_t entries_max = 100;
  std::uint64_t before = UINT64_MAX;  // positions below: AccessPage.next_before of the page before
};
struct AccessPage {
  std::vector<AccessEntry> entries;  // newest first
  // Where the next page begins; empty: there is none. A page may hold fewer than entries_max and
  // still have a next one, because no page reads more than kAccessRowsMax rows.
  std::optional<std::uint64_t> next_before;
};
inline constexpr std::size_t kAccessRowsMax = 10'000;  // about 20 ms of reading
// unavailable, io, corrupt.
Result<AccessPage> find_accesses(const Engine& engine, const AccessQuery& query);

struct AccessReasonText {
  std::string reason;
  std::string result_digest;  // keyed, bytes; empty: nothing was returned
};
// What stands under the person's own key in the entry at `position`, read from the log. Empty: the
// entry is not about the person, or their key is gone. not_found: no access record there. What the
// log and decode_event return.
Result<std::optional<AccessReasonText>> read_access_reason(const Engine& engine,
                                                           std::uint64_t position,
                                                           const SubjectId& subject);

std::unique_ptr<Projection> make_access_log();

}  // namespace cartella::projections
