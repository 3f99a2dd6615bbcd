// ops/look.h: what the command line shows of people is recorded before it is printed (AT-01).
//
// The installation looks, for the purpose that --purpose gives: one record for each controller
// whose data are shown, several for very long lists. Lists count as looks at everybody in them.
// Threads: as the verb.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "cases/access_log.h"
#include "ops/console.h"
#include "ops/output.h"
#include "ops/question.h"
#include "projections/person_index.h"
#include "projections/timeline.h"

namespace cartella::ops {

// One thing that is shown, of one person.
struct Seen {
  ControllerId controller;
  SubjectId subject;
};

struct Showing {
  cases::Operation operation = cases::Operation::view;
  std::string target;  // kind and opaque ids only
  StreamId case_stream;
  std::vector<Seen> seen;
  std::optional<ControllerId> all_of = std::nullopt;  // everything that it has
  std::uint64_t as_of = 0;                            // position; 0: all that there is
  std::string search_terms;                           // only their keyed digest is kept
};

// Of hits of the person index.
std::vector<Seen> seen_people(const std::vector<projections::PersonHit>& hits);

// Appends the records of what is about to be shown; none where nobody is seen, but for a search
// and for all cells of a statistic.
// unavailable: not recorded; nothing may be shown.
Status record_look(Workspace& workspace, const Options& options, const Console& console,
                   const Showing& showing, std::string_view shown);
// Records, then prints. As record_look.
Status show_tables(Workspace& workspace, const Options& options, Console& console,
                   const Showing& showing, const std::vector<Table>& tables);

// A search that found `hits`.
Showing showing_of_search(const Question& question,
                          const std::vector<projections::PersonHit>& hits);

// The one person that a question means, once for each controller that knows them. That they were
// searched is recorded, whoever was found. As record_look and one_subject.
Result<std::vector<projections::PersonHit>> look_up_person(Workspace& workspace,
                                                           const Options& options,
                                                           const Console& console,
                                                           const Question& question,
                                                           const projections::PersonQuery& query);

struct TimelineQuestion {
  projections::TimelineQuery query;
  Showing showing;  // of a timeline: whose it is
};
// What the question's stream or subject is called in the timeline view. As look_up_person and
// stream_of, and what reading an event returns.
Result<TimelineQuestion> timeline_question(Workspace& workspace, const Options& options,
                                           const Console& console, const Question& question);

}  // namespace cartella::ops
