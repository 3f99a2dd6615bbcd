#include "ops/look.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include "base/bytes.h"
#include "cases/bootstrap.h"
#include "crypto/command_id.h"

namespace cartella::ops {

namespace {

constexpr const char* kClient = "cli";

// People of one controller, and how many things of theirs are shown.
struct Share {
  std::set<SubjectId> subjects;
  std::uint32_t count = 0;
};

std::map<ControllerId, Share> shares_of(const Showing& showing) {
  std::map<ControllerId, Share> shares;
  for (const Seen& each : showing.seen) {
    Share& share = shares[each.controller];
    share.subjects.insert(each.subject);
    ++share.count;
  }
  if (showing.all_of) shares[*showing.all_of];
  // That somebody is not known is an answer too; of all cells of a statistic nobody stands out.
  if (shares.empty() && (showing.operation == cases::Operation::search ||
                         showing.operation == cases::Operation::report))
    shares[cases::installation_controller()];
  return shares;
}

cases::Viewer installation_viewer(const Console& console) {
  cases::Viewer viewer;
  viewer.operator_id = cases::installation_actor();
  viewer.controller = cases::installation_controller();
  viewer.client_id = kClient;
  viewer.auth_context = console.served != nullptr ? "socket" : "passphrase";
  return viewer;
}

Status record_shares(Workspace& workspace, const cases::Viewer& viewer, cases::Look look,
                     const Showing& showing) {
  for (const auto& [controller, share] : shares_of(showing)) {
    look.controller = controller;
    look.result_count = share.count;
    const std::vector<SubjectId> all(share.subjects.begin(), share.subjects.end());
    std::span<const SubjectId> left(all);
    do {
      const auto part = left.first(std::min(left.size(), cases::kLookPeopleMax));
      look.subjects.assign(part.begin(), part.end());
      CARTELLA_TRY(workspace.access_log().record(viewer, look));
      left = left.subspan(part.size());
    } while (!left.empty());
  }
  return ok();
}

// The header of its first event says of whom a stream is. Nobody where there is none, or where its
// key is gone: then nothing of it can be shown.
Result<std::vector<Seen>> seen_in_stream(const projections::Engine& engine,
                                         const StreamId& stream) {
  const projections::EventSource& log = engine.source();
  CARTELLA_TRY(const auto first, log.read_stream(stream, 0, 1));
  if (first.empty()) return std::vector<Seen>{};
  CARTELLA_TRY(const auto event, projections::decode_event(log.eras(), engine.keys(), first[0]));
  if (!event.readable || event.header.subject.is_zero()) return std::vector<Seen>{};
  return std::vector<Seen>{{event.header.controller, event.header.subject}};
}

}  // namespace

std::vector<Seen> seen_people(const std::vector<projections::PersonHit>& hits) {
  std::vector<Seen> seen;
  seen.reserve(hits.size());
  for (const auto& hit : hits) seen.push_back({hit.person.controller, hit.person.subject});
  return seen;
}

Status record_look(Workspace& workspace, const Options& options, const Console& console,
                   const Showing& showing, std::string_view shown) {
  cases::Look look;
  look.request_id = cases::RequestId::from_view(crypto::new_command_id(workspace.clock()).view());
  look.operation = showing.operation;
  look.case_stream = showing.case_stream;
  look.target = showing.target;
  look.relation = cases::Relation::system;
  look.purpose = options.purpose;
  look.as_of = showing.as_of != 0 ? showing.as_of : workspace.store().size();
  look.search_terms = showing.search_terms;
  look.result = as_bytes(shown);
  const Status recorded =
      record_shares(workspace, installation_viewer(console), std::move(look), showing);
  if (recorded) return ok();
  const Error& error = recorded.error();
  return fail(Errc::unavailable,
              "l'accesso non si può registrare, e ciò che non è registrato non si mostra (" +
                  std::string(errc_name(error.code)) + ": " + error.detail + ")");
}

Status show_tables(Workspace& workspace, const Options& options, Console& console,
                   const Showing& showing, const std::vector<Table>& tables) {
  std::ostringstream shown;
  print_tables(shown, tables, options.format);
  CARTELLA_TRY(record_look(workspace, options, console, showing, shown.view()));
  console.out << shown.view();
  return ok();
}

Showing showing_of_search(const Question& question,
                          const std::vector<projections::PersonHit>& hits) {
  Showing showing;
  showing.operation = cases::Operation::search;
  showing.target = "people";
  showing.seen = seen_people(hits);
  showing.search_terms = question.kind + " " + question.value;
  return showing;
}

Result<std::vector<projections::PersonHit>> look_up_person(Workspace& workspace,
                                                           const Options& options,
                                                           const Console& console,
                                                           const Question& question,
                                                           const projections::PersonQuery& query) {
  CARTELLA_TRY(auto hits, projections::find_people(workspace.engine(), query));
  CARTELLA_TRY(record_look(workspace, options, console, showing_of_search(question, hits), ""));
  CARTELLA_TRY(one_subject(hits));
  return hits;
}

Result<TimelineQuestion> timeline_question(Workspace& workspace, const Options& options,
                                           const Console& console, const Question& question) {
  const projections::Engine& engine = workspace.engine();
  TimelineQuestion asked;
  if (question.kind == "flusso" || question.kind == "scheda" || question.kind == "caso") {
    CARTELLA_TRY(const auto stream, stream_of(engine, question));
    (question.kind == "caso" ? asked.query.case_stream : asked.query.stream) = stream;
    if (question.kind == "caso") asked.showing.case_stream = stream;
    asked.showing.target = "timeline/" + stream.hex();
    CARTELLA_TRY(asked.showing.seen, seen_in_stream(engine, stream));
    return asked;
  }
  CARTELLA_TRY(const auto query, person_query(question));
  CARTELLA_TRY(const auto hits, look_up_person(workspace, options, console, question, query));
  asked.query.subject = hits[0].person.subject;
  asked.showing.target = "timeline/" + asked.query.subject->hex();
  asked.showing.seen = seen_people(hits);
  return asked;
}

}  // namespace cartella::ops
