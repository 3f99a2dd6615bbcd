#include "api/gated_access.h"

namespace cartella::api {

namespace {

using cases::Role;

Result<views::AccessQuery> asked(const Call& call, const Page& page) {
  const Request& request = call.request;
  views::AccessQuery query;
  CARTELLA_TRY(id_query(request, "actor", query.actor));
  CARTELLA_TRY(id_query(request, "unit", query.unit));
  CARTELLA_TRY(const auto from, number_query(request, "from_position"));
  CARTELLA_TRY(const auto to, number_query(request, "to_position"));
  query.from_position = from.value_or(0);
  query.to_position = to.value_or(call.service.store.size());
  CARTELLA_TRY(day_query(request, "from", query.from_day));
  CARTELLA_TRY(day_query(request, "to", query.to_day));
  query.operation = request.query_value("operation");
  query.purpose = request.query_value("purpose");
  query.entries_max = page.limit;
  if (page.from != 0) query.before = page.from;
  return query;
}

// A filter that somebody else's entries would answer is refused, not silently narrowed.
template <class Id>
Status narrow(std::optional<Id>& filter, const Id& own) {
  if (filter && *filter != own) return fail(Errc::permission_denied, "registrazioni di altri");
  filter = own;
  return ok();
}

}  // namespace

Result<views::AccessQuery> access_query(Call& call, const Page& page) {
  CARTELLA_TRY(auto query, asked(call, page));
  const cases::Viewer& viewer = call.viewer;
  switch (viewer.acting_as.role) {
    case Role::system_administrator: query.administrative = true; break;
    case Role::auditor:
    case Role::dpo:
      if (!viewer.acting_as.ente.is_zero()) query.controller = viewer.controller;
      break;
    case Role::coordinator:
      if (query.actor == viewer.operator_id) break;
      if (viewer.acting_as.unit == viewer.acting_as.ente) {
        query.controller = viewer.controller;
      } else {
        CARTELLA_TRY(narrow(query.unit, viewer.acting_as.unit));
      }
      break;
    default: CARTELLA_TRY(narrow(query.actor, viewer.operator_id)); break;
  }
  return query;
}

Result<views::AccessPage> see_accesses(Call& call, const views::AccessQuery& query) {
  return views::find_accesses(call.service.engine, query);
}

Result<PersonAccesses> see_accesses_of_person(Call& call, const StreamId& person,
                                              const Page& page) {
  PersonAccesses result;
  if (call.viewer.acting_as.role == Role::dpo) {
    // Who looked, not what: the person's record is not shown, its controller must be the DPO's.
    auto record = views::read_person(call.service.engine, person);
    const bool is_own = record && (call.viewer.acting_as.ente.is_zero() ||
                                   record.value().controller == call.viewer.controller);
    if (!is_own) {
      call.denied_target = "person-accesses/" + person.hex();
      return fail(Errc::not_found, "non c'è, oppure non è visibile con questo ruolo");
    }
    result.controller = record.value().controller;
    result.subject = record.value().subject;
    result.relation = cases::Relation::audit;
  } else {
    CARTELLA_TRY(const auto seen, see_person(call, person));
    result.controller = seen.thing.controller;
    result.subject = seen.thing.subject;
    result.relation = seen.relation;
  }
  views::AccessQuery query;
  query.subject = result.subject;
  query.controller = result.controller;
  query.entries_max = page.limit;
  if (page.from != 0) query.before = page.from;
  CARTELLA_TRY(result.page, views::find_accesses(call.service.engine, query));
  return result;
}

}  // namespace cartella::api
