// api/gated.h: the only place where views are read for a viewer: each answer has passed the gate.
//
// What does not exist and what this viewer may not see are answered by the same code path:
// not_found, and the refusal is recorded (AT-12). Lists hold only what is visible, and count only
// that. A tidy test keeps the readers of views out of every other file of api. Threads: free
// functions, worker threads.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "api/service.h"
#include "projections/benefits.h"
#include "projections/case_file.h"
#include "projections/caseload.h"
#include "projections/history.h"
#include "projections/intake_register.h"
#include "projections/person_index.h"
#include "projections/reports.h"
#include "projections/rights_requests.h"
#include "projections/texts.h"
#include "projections/timeline.h"

namespace cartella::api {

namespace views = projections;

template <class T>
struct Seen {
  T thing;
  StreamId stream;
  cases::Relation relation = cases::Relation::none;
  std::uint64_t position = 0;  // events [0, position) are in it
  std::int64_t revision = -1;  // of its stream
};

// ?as_of (a position or an instant) and ?valid_at. invalid_argument.
Result<views::AsOf> as_of_query(const Request& request);
// A position or an instant; neither for an empty text.
Result<views::AsOf> as_of_text(std::string_view text, std::string_view name);

// not_found, unavailable, erased, io, corrupt. `section` is what a share or a mandate names.
Result<Seen<views::PersonRecord>> see_person(Call& call, const StreamId& person,
                                             const views::AsOf& as_of = {});
Result<Seen<views::CaseFile>> see_case(Call& call, const StreamId& case_stream,
                                       std::string_view section = {},
                                       const views::AsOf& as_of = {});
// The relation of see_case, without reading what belongs to the case: for who writes.
Result<cases::Relation> relation_to_case(Call& call, const StreamId& case_stream,
                                         std::string_view section = {});
Result<Seen<views::CardRecord>> see_card(Call& call, const StreamId& card,
                                         const views::AsOf& as_of = {});
Result<Seen<views::BenefitFile>> see_benefit(Call& call, const StreamId& benefit);
// An interview or a note of that case.
Result<Seen<views::CaseText>> see_text(Call& call, const StreamId& case_stream,
                                       const StreamId& text);

Result<Seen<views::RightsRequest>> see_rights_request(Call& call, const StreamId& request);

// Of a person that was seen.
Result<std::vector<Seen<views::CaseFile>>> see_cases_of(Call& call,
                                                        const Seen<views::PersonRecord>& person);
Result<std::vector<Seen<views::CardRecord>>> see_cards_of(Call& call,
                                                          const Seen<views::PersonRecord>& person);
Result<std::vector<Seen<views::BenefitFile>>> see_benefits_of(
    Call& call, const Seen<views::PersonRecord>& person);
// The person's own stream and those of what this viewer sees of the person.
Result<std::set<StreamId>> streams_known_of(Call& call, const Seen<views::PersonRecord>& person);
// What happened to a thing that was seen: the entries of streams that this viewer knows.
// By the request's as_of and valid_at.
Result<std::vector<views::TimelineEntry>> see_timeline(Call& call, views::TimelineQuery query,
                                                       const std::set<StreamId>& known);

struct SearchHits {
  std::vector<views::PersonHit> shown;  // at most 20, of the viewer's controller
  std::size_t count = 0;                // all that matched there and are not withdrawn
  std::vector<UnitId> elsewhere;        // enti that know the identifier, without telling more
  SubjectId subject_elsewhere;          // whom they know; zero: no ente does
};
struct SearchTerms {
  std::string identifier;       // complete; or
  std::string identifier_kind;  // where it is known
  std::string surname;          // with name and (birth_year or comune)
  std::string name;
  std::optional<int> birth_year;
  std::string comune;
};
// Of the viewer's controller whoever is known, also without a relation: who opens one of them needs
// one. Who is being erased or restricted is passed over (cases/withdrawn.h), there and elsewhere.
// invalid_input: not a complete question.
Result<SearchHits> search_people(Call& call, const SearchTerms& terms);

// Whether an event may be told: as the thing that its stream is may be seen. `its_case` is that of
// facts.case_stream, nullptr where that is zero. Nothing is told of texts that may be withheld to
// anybody but their author, nor of a type that no thing has.
bool may_know_of(const views::CaseRecord* its_case, const ChangeFacts& facts,
                 const cases::Viewer& viewer, cases::Purpose purpose,
                 const cases::OrganisationState& organisation, Date today);
bool may_see_case(const Call& call, const StreamId& stream, const views::CaseRecord& record);
bool may_see_card(const Call& call, const StreamId& stream, const views::CardRecord& card);

struct CaseloadQuery {
  std::optional<OperatorId> worker;  // assigned to the case
  std::optional<UnitId> sector;      // that holds it
  std::optional<views::CaseState> state;
};
// What the viewer works on: own cases of a caseworker, or with a sector what it holds; the unit's
// of a coordinator. Only what is visible.
Result<std::vector<views::CaseloadEntry>> see_caseload(Call& call, const CaseloadQuery& query);
Result<std::vector<views::CaseloadCount>> see_caseload_counts(Call& call);
struct CardListQuery {
  std::optional<UnitId> office;
  std::optional<Date> from;
  std::optional<Date> to;
};
Result<std::vector<views::CardEntry>> see_cards(Call& call, const CardListQuery& query);

// Figures of the viewer's ente (or of the ambito, for who acts for it all), small cells hidden, who
// is withdrawn not counted, whoever asks.
// invalid_argument, unavailable.
Result<views::Report> statistics(Call& call, views::ReportQuery query);

// May this viewer write about the thing? As see_*, and relations that only read are
// permission_denied.
Status check_targets(Call& call, const cases::Command& command);

// Waits until the views hold the thing's newest event, so that nobody decides on less than is
// known. Answers its revision. not_found: no such stream.
Result<std::int64_t> settle(Call& call, const StreamId& stream);

}  // namespace cartella::api
