// Lists and searches: only what is visible is in them, and only that is counted.
#include <algorithm>
#include <type_traits>

#include "api/gated.h"
#include "cases/withdrawn.h"
#include "projections/suppression.h"

namespace cartella::api {

namespace {

using cases::Relation;
using cases::Role;

constexpr std::size_t kCardsMax = 20'000;  // of one office: thirty years of a large one

Error incomplete() {
  return fail(Errc::invalid_input,
              "incomplete_search: serve un identificativo intero, oppure cognome e nome con l'anno "
              "di nascita o il comune");
}

// The kinds of identifier that are complete by themselves; an alias finds nobody elsewhere.
constexpr cases::IdentifierKind kComplete[] = {
    cases::IdentifierKind::cf, cases::IdentifierKind::cf_provisional, cases::IdentifierKind::stp,
    cases::IdentifierKind::eni};

Result<std::optional<views::IdentifierKind>> identifier_kind_of(const std::string& word) {
  if (word.empty()) return std::optional<views::IdentifierKind>{};
  for (int kind = 0; kind <= static_cast<int>(views::IdentifierKind::alias); ++kind)
    if (views::identifier_kind_name(static_cast<views::IdentifierKind>(kind)) == word)
      return std::optional(static_cast<views::IdentifierKind>(kind));
  return fail(Errc::invalid_input, "bad_field: il campo identifier_kind non è una delle parole");
}

Status find_elsewhere(Call& call, const std::string& identifier, SearchHits& to) {
  std::vector<UnitId>& enti = to.elsewhere;
  // What another controller restricted, only its own rights officer sees.
  const auto withdrawn = cases::withdrawn_from(Role::none, *call.organisation);
  for (const auto kind : kComplete) {
    const auto found = call.service.executor.find_person(call.viewer.controller, kind, identifier);
    if (!found && found.error().code == Errc::invalid_input) continue;
    if (!found) return found.error();
    if (!found.value()) continue;
    CARTELLA_TRY(const auto records,
                 views::people_of_subject(call.service.engine, found.value()->subject));
    for (const auto& hit : records) {
      const ControllerId& controller = hit.person.controller;
      if (controller == call.viewer.controller) continue;
      if (withdrawn(controller, hit.person.subject, hit.stream)) continue;
      enti.push_back(UnitId::from_view(controller.view()));
      to.subject_elsewhere = hit.person.subject;
    }
  }
  std::sort(enti.begin(), enti.end());
  enti.erase(std::unique(enti.begin(), enti.end()), enti.end());
  return ok();
}

}  // namespace

Result<SearchHits> search_people(Call& call, const SearchTerms& terms) {
  views::PersonQuery query;
  query.controller = call.viewer.controller;
  query.passed_over = cases::withdrawn_from(call.viewer.acting_as.role, *call.organisation);
  if (!terms.identifier.empty()) {
    if (!terms.surname.empty() || !terms.name.empty()) return incomplete();
    query.identifier = terms.identifier;
    CARTELLA_TRY(query.identifier_kind, identifier_kind_of(terms.identifier_kind));
  } else {
    if (terms.surname.empty() || terms.name.empty() || (!terms.birth_year && terms.comune.empty()))
      return incomplete();
    query.name = terms.surname + ' ' + terms.name;
    query.birth_year = terms.birth_year;
    query.comune = terms.comune;
  }
  CARTELLA_TRY(auto found, views::find_and_count_people(call.service.engine, query));
  SearchHits hits;
  hits.shown = std::move(found.hits);
  hits.count = found.count;
  if (!terms.identifier.empty()) {
    CARTELLA_TRY(find_elsewhere(call, terms.identifier, hits));
  }
  return hits;
}

namespace {

// A coordinator's sectors: the one acted for, or all of the ente.
std::vector<UnitId> sectors_of(const Call& call) {
  const cases::ActingAs& acting_as = call.viewer.acting_as;
  std::vector<UnitId> sectors;
  for (const auto& [id, sector] : call.organisation->sectors)
    if (id == acting_as.unit || (acting_as.unit == acting_as.ente && sector.ente == acting_as.ente))
      sectors.push_back(id);
  return sectors;
}

bool is_asked(const views::CaseRecord& record, const CaseloadQuery& query) {
  if (query.state && record.state != *query.state) return false;
  if (query.sector && record.sector != *query.sector) return false;
  if (!query.worker) return true;
  return std::any_of(record.operators.begin(), record.operators.end(),
                     [&](const auto& each) { return each.operator_id == *query.worker; });
}

}  // namespace

Result<std::vector<views::CaseloadEntry>> see_caseload(Call& call, const CaseloadQuery& query) {
  std::vector<views::CaseloadEntry> entries;
  std::vector<UnitId> sectors;
  if (query.sector) {
    sectors.push_back(*query.sector);
  } else if (call.viewer.acting_as.role == Role::coordinator) {
    sectors = sectors_of(call);
  } else {
    CARTELLA_TRY(entries,
                 views::caseload_of_operator(call.service.engine, call.viewer.operator_id));
  }
  for (const UnitId& sector : sectors) {
    CARTELLA_TRY(auto some, views::caseload_of_sector(call.service.engine, sector));
    entries.insert(entries.end(), std::make_move_iterator(some.begin()),
                   std::make_move_iterator(some.end()));
  }
  std::erase_if(entries, [&](const views::CaseloadEntry& entry) {
    return !is_asked(entry.record, query) || !may_see_case(call, entry.case_stream, entry.record);
  });
  return entries;
}

Result<std::vector<views::CaseloadCount>> see_caseload_counts(Call& call) {
  const auto& acting_as = call.viewer.acting_as;
  CARTELLA_TRY(auto counts,
               views::caseload_counts(call.service.engine,
                                      cases::withdrawn_from(acting_as.role, *call.organisation)));
  std::erase_if(counts, [&](const views::CaseloadCount& count) {
    const auto sector = call.organisation->sectors.find(count.sector);
    const bool own_unit = count.sector == acting_as.unit;
    const bool own_ente = acting_as.unit == acting_as.ente &&
                          sector != call.organisation->sectors.end() &&
                          sector->second.ente == acting_as.ente;
    return !own_unit && !own_ente;
  });
  return counts;
}

// Office by office of the viewer's ente, so that what others hold uses up no bound.
Result<std::vector<views::CardEntry>> see_cards(Call& call, const CardListQuery& query) {
  std::vector<views::CardEntry> cards;
  for (const auto& [id, office] : call.organisation->offices) {
    if (office.ente != call.viewer.acting_as.ente || (query.office && id != *query.office))
      continue;
    views::CardQuery wanted;
    wanted.office = id;
    wanted.from = query.from;
    wanted.to = query.to;
    wanted.cards_max = kCardsMax;
    CARTELLA_TRY(auto some, views::find_cards(call.service.engine, wanted));
    for (views::CardEntry& entry : some)
      if (may_see_card(call, entry.stream, entry.card)) cards.push_back(std::move(entry));
  }
  return cards;
}

Result<views::Report> statistics(Call& call, views::ReportQuery query) {
  const UnitId& ente = call.viewer.acting_as.ente;
  if (!ente.is_zero()) {
    const auto at = call.organisation->entes.find(ente);
    const std::string own = at != call.organisation->entes.end() ? at->second.belfiore : "";
    // Without a code of its own it would be given those of all.
    if (own.empty()) return fail(Errc::permission_denied, "l'ente non è un comune");
    if (!query.comune.empty() && query.comune != own)
      return fail(Errc::permission_denied, "statistiche di un altro comune");
    query.comune = own;
  }
  CARTELLA_TRY(auto report,
               views::make_report(call.service.engine, query,
                                  cases::withdrawn_from(Role::none, *call.organisation)));
  CARTELLA_TRY(const auto names, call.service.names.current());
  return views::suppress_small_cells(std::move(report), *names);
}

namespace {

enum class Kind { person, card, case_file, benefit };
struct Target {
  Kind kind;
  StreamId stream;
};

// The things that a command is about or refers to, all of which its author must be able to see.
template <class T>
std::vector<Target> targets(const T& command) {
  std::vector<Target> all;
  if constexpr (requires { command.person; }) all.push_back({Kind::person, command.person});
  if constexpr (requires { command.other; }) all.push_back({Kind::person, command.other});
  if constexpr (requires { command.card; }) all.push_back({Kind::card, command.card});
  if constexpr (requires { command.case_stream; })
    all.push_back({Kind::case_file, command.case_stream});
  if constexpr (requires { command.benefit; }) all.push_back({Kind::benefit, command.benefit});
  if constexpr (std::is_same_v<T, cases::GrantBenefit>)
    all.push_back({Kind::benefit, command.supersedes});
  std::erase_if(all, [](const Target& target) { return target.stream.is_zero(); });
  return all;
}

// Who only reads may not write: a share, a mandate.
Status writable(const Call& call, Relation relation) {
  if (cases::may_change(cases::Sight{relation}, call.viewer)) return ok();
  return fail(Errc::permission_denied, "visibile in sola lettura");
}

Status check_target(Call& call, const Target& target) {
  switch (target.kind) {
    case Kind::person: {
      CARTELLA_TRY(const auto seen, see_person(call, target.stream));
      return writable(call, seen.relation);
    }
    case Kind::card: {
      CARTELLA_TRY(const auto seen, see_card(call, target.stream));
      return writable(call, seen.relation);
    }
    case Kind::case_file: {
      // The front office links a card to a case of which it knows no more than that it is there.
      const bool is_desk = call.viewer.acting_as.role == Role::intake_desk;
      CARTELLA_TRY(const auto relation,
                   relation_to_case(call, target.stream, is_desk ? cases::kSectionExistence : ""));
      return writable(call, relation);
    }
    case Kind::benefit: {
      CARTELLA_TRY(const auto seen, see_benefit(call, target.stream));
      return writable(call, seen.relation);
    }
  }
  return ok();
}

}  // namespace

Status check_targets(Call& call, const cases::Command& command) {
  const auto all = std::visit([](const auto& one) { return targets(one); }, command);
  for (const Target& target : all) {
    CARTELLA_TRY(check_target(call, target));
  }
  return ok();
}

}  // namespace cartella::api
