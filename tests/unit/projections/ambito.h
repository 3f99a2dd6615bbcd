// tests/unit/projections/ambito.h: a small invented ambito, told as events of a TestLog.
//
// Two comuni in zone 7; every person, card and case is named by the text it is made from.
// Threads: tests only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projections/case_file.h"
#include "projections/person_index.h"
#include "tests/unit/projections/test_log.h"

namespace cartella::projections::testing {

struct TestPerson {
  std::string surname;
  std::string name;
  std::string cf;
  std::string sex = "F";
  Date birth = day(1980, 5, 1);
  std::string comune = "E256";
  IdentifierKind kind = IdentifierKind::cf;
  bool anonymous = false;
};

struct TestCard {
  SubjectId subject;
  std::int64_t number = 1;
  Date access_date = day(2025, 3, 10);
  std::string mode = "e-mail";
  std::string ente = "comune A";
  std::string office = "office A";
  bool anonymous = false;
  std::vector<std::string> needs;     // labels
  std::vector<std::string> services;  // labels
};

// Organisation events: zone 7, comune A (E256), comune B (I727), an office and a sector each,
// operators 1 and 2, needs, services and categories.
void add_organisation(TestLog& log);

// Until 2027-01-01, by operator 2.
void grant_role(TestLog& log, std::string_view operator_name, std::string_view role,
                const UnitId& unit);
void revoke_role(TestLog& log, std::string_view operator_name, std::string_view role,
                 const UnitId& unit);

SubjectId subject_of(const TestPerson& person);
StreamId person_stream_of(const TestPerson& person, std::string_view controller = "comune A");
StreamId add_person(TestLog& log, const TestPerson& person,
                    std::string_view controller = "comune A");
StreamId add_card(TestLog& log, std::string_view name, const TestCard& card);
StreamId add_case(TestLog& log, std::string_view name, const SubjectId& subject,
                  std::string_view ente = "comune A", std::string_view sector = "sector A");
std::uint64_t change_state(TestLog& log, std::string_view case_name, const SubjectId& subject,
                           CaseState from, CaseState to, std::string_view to_sector = {});
std::uint64_t set_category(TestLog& log, std::string_view case_name, const SubjectId& subject,
                           std::string_view category, bool prevalent, bool ended = false);
std::uint64_t assign_operator(TestLog& log, std::string_view case_name, const SubjectId& subject,
                              std::string_view operator_name, bool responsible, bool ended = false);
std::uint64_t add_interview(TestLog& log, std::string_view name, std::string_view case_name,
                            const SubjectId& subject, bool reserved);
StreamId add_benefit(TestLog& log, std::string_view name, std::string_view case_name,
                     const SubjectId& subject, std::string_view inps_code);
// A correction of `earlier`, with its DSU; both benefits' events are written.
StreamId supersede_benefit(TestLog& log, std::string_view name, std::string_view earlier,
                           const SubjectId& subject, std::string_view inps_code);
std::uint64_t deliver(TestLog& log, std::string_view benefit, const SubjectId& subject,
                      std::int64_t cents, const EventId& supersedes = {});
// A disclosure, a release and a duplicate in the person's stream, then a request in its own.
void add_rights_events(TestLog& log, const TestPerson& person);
// Some people, cards and cases of both comuni.
void add_everyday_life(TestLog& log, int people);

}  // namespace cartella::projections::testing
