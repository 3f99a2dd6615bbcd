#include <fmt/format.h>

#include <algorithm>

#include "disclosure/dsar_parts.h"
#include "projections/apply.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;
using schema::text_of;

Status read_request(const views::Engine& engine, const StreamId& stream, Gathered& all) {
  CARTELLA_TRY(const auto events, views::read_history(engine, stream, engine.source().size()));
  if (events.empty() || events.front().type() != EventType::rights_request_opened)
    return fail(Errc::not_found, "nessuna richiesta con questo flusso");
  const views::DecodedEvent& event = events.front();
  all.request.stream = stream;
  all.request.position = event.position;
  all.end = event.position + 1;
  all.as_of = event.recorded_at;
  return views::with_body_of<schema::RightsRequestOpened>(event, [&](auto body) -> Status {
    all.request.kind = text_of(body.getKind());
    all.request.received_on = body.getReceivedOn();
    all.request.requester = text_of(body.getRequester());
    all.request.title = text_of(body.getTitle());
    return ok();
  });
}

bool has_free_text(EventType type) {
  switch (type) {
    case EventType::person_registered:
    case EventType::identifier_added:
    case EventType::contact_recorded:
    case EventType::benefit_granted:
    case EventType::benefit_delivered:
    case EventType::document_released:
    case EventType::data_disclosed: return false;
    default: return true;
  }
}

void leave_out(Gathered& all, const HistoryEntry& entry, std::string reason, std::string article,
               std::string decision) {
  all.left_out.push_back(
      {entry.position, entry.label, std::move(reason), std::move(article), std::move(decision)});
}

void judge(Gathered& all, const OwnValues& own, HistoryEntry& entry) {
  if (entry.erased)
    leave_out(all, entry, "contenuto cancellato", "art. 17 GDPR", "cancellazione già eseguita");
  if (entry.text_left_out && !entry.erased &&
      (entry.type == EventType::interview_recorded || entry.type == EventType::note_recorded))
    leave_out(all, entry, "testo riservato: è un dato dell'interessato",
              "art. 15, par. 4, GDPR; art. 2-undecies d.lgs. 196/2003", "da valutare");
  if (!entry.others.empty())
    leave_out(all, entry, entry.others, "art. 15, par. 4, GDPR", "omesso per regola");
  if (!has_free_text(entry.type)) return;
  std::size_t taken = screen_text(entry.text, own) + screen_text(entry.sentence, own);
  if (taken != 0)
    leave_out(all, entry, fmt::format("identificativi o recapiti di altri in un testo ({})", taken),
              "art. 15, par. 4, GDPR", "omesso per regola, da rivedere");
}

Status read_entries(const DsarSources& sources, Gathered& all) {
  HistoryQuery query;
  query.subject = all.person.subject;
  query.controller = all.person.controller;
  query.as_of.position = all.end;
  query.entries_max = kHistoryEntriesMax;
  while (true) {
    CARTELLA_TRY(auto page, tell_history(sources.engine, all.words(), query));
    std::move(page.entries.begin(), page.entries.end(), std::back_inserter(all.entries));
    if (all.entries.size() > kDsarEventsMax)
      return fail(Errc::refused, "la persona ha più eventi di quanti una relazione ne contiene");
    if (!page.next_position) return ok();
    query.from_position = *page.next_position;
  }
}

Status read_departure(const views::DecodedEvent& event, Gathered& all) {
  Departure gone;
  gone.position = event.position;
  gone.when = event.occurred_at();
  if (event.type() == EventType::data_disclosed) {
    CARTELLA_TRY(views::with_body_of<schema::DataDisclosed>(event, [&](auto body) -> Status {
      if (const auto sent = schema::time_from(body.getTransmittedAt())) gone.when = *sent;
      gone.recipient = text_of(body.getRecipient());
      gone.ground = text_of(body.getLegalBasis());
      gone.items = fmt::format("{} elementi", body.getItems().size());
      gone.digest = to_hex(schema::view_of(body.getDigest()));
      return ok();
    }));
  } else {
    gone.is_release = true;
    CARTELLA_TRY(views::with_body_of<schema::DocumentReleased>(event, [&](auto body) -> Status {
      gone.recipient = text_of(body.getRecipient());
      gone.ground = text_of(body.getPurpose());
      gone.items = fmt::format("{} elementi", body.getItems().size());
      gone.digest = to_hex(schema::view_of(body.getSha256()));
      return ok();
    }));
  }
  all.departures.push_back(std::move(gone));
  return ok();
}

// Each stream once: its record, its departures, the grounds of its events.
Status read_streams(const DsarSources& sources, Gathered& all) {
  std::vector<StreamId> seen;
  for (const HistoryEntry& entry : all.entries) {
    if (std::find(seen.begin(), seen.end(), entry.stream) != seen.end()) continue;
    seen.push_back(entry.stream);
    CARTELLA_TRY(auto story, StreamStory::read(sources.engine, entry.stream, all.end));
    for (const views::DecodedEvent& event : story.events()) {
      if (!event.readable) continue;
      std::string basis = event.header.legal_basis;
      if (!event.header.legal_basis_confirmed) basis += " (da confermare)";
      ++all.purposes[event.header.purpose][basis];
      if (event.type() == EventType::data_disclosed ||
          event.type() == EventType::document_released) {
        CARTELLA_TRY(read_departure(event, all));
      }
    }
    CARTELLA_TRY(story.fold_below(all.end, {}));
    std::vector<Field> fields = story.fields(all.words());
    if (!fields.empty())
      all.items.push_back({entry.stream, story.events().front().type(), std::move(fields)});
  }
  std::sort(all.departures.begin(), all.departures.end(),
            [](const Departure& a, const Departure& b) { return a.position < b.position; });
  return ok();
}

void screen_items(Gathered& all, const OwnValues& own) {
  for (ItemFacts& item : all.items) {
    if (item.type == EventType::person_registered && !all.own_contacts)
      std::erase_if(item.fields, [](const Field& field) {
        return field.key == "phone" || field.key == "mobile" || field.key == "email";
      });
    for (Field& field : item.fields)
      for (const char* free_text : {"motive_text", "needs", "services", "note", "closing_reason"})
        if (field.key == free_text) (void)screen_text(field.value, own);
  }
}

Status read_accesses(const DsarSources& sources, Gathered& all) {
  views::AccessQuery query;
  query.subject = all.person.subject;
  query.controller = all.person.controller;
  query.to_position = all.end == 0 ? 0 : all.end - 1;
  query.entries_max = 1000;
  while (true) {
    CARTELLA_TRY(auto page, views::find_accesses(sources.engine, query));
    std::move(page.entries.begin(), page.entries.end(), std::back_inserter(all.accesses));
    if (all.accesses.size() > kDsarAccessesMax)
      return fail(Errc::refused, "ci sono più accessi di quanti una relazione ne contiene");
    if (!page.next_before) break;
    query.before = *page.next_before;
  }
  std::reverse(all.accesses.begin(), all.accesses.end());
  return ok();
}

Status ask_registry(const DsarSources& sources, Gathered& all) {
  if (sources.registry == nullptr) {
    all.registry.emplace_back("L'anagrafe comunale non è stata interrogata.");
    return ok();
  }
  CARTELLA_TRY(const auto comuni, sources.registry->comuni(store::ReferenceKind::residents));
  std::string asked;
  for (const std::string& comune : comuni) {
    CARTELLA_TRY(const auto file, sources.registry->file(store::ReferenceKind::residents, comune));
    asked = joined({asked, place_words(comune, date_of(all.as_of)) +
                               (file ? " al " + day_words(file->date.days) : "")});
  }
  all.registry.push_back("Anagrafi comunali interrogate: " + (asked.empty() ? "nessuna" : asked) +
                         ".");
  bool known = false;
  for (const auto& identifier : all.person.identifiers) {
    if (identifier.kind != views::IdentifierKind::cf) continue;
    CARTELLA_TRY(const auto found, sources.registry->find_codice_fiscale(identifier.value));
    for (const store::Resident& resident : found) {
      known = true;
      all.registry.push_back(
          fmt::format("L'anagrafe di {} conosce la persona con la matricola {}{}.",
                      place_words(resident.comune, date_of(all.as_of)), resident.matricola,
                      resident.dead ? ", come deceduta" : ""));
    }
  }
  if (!known) all.registry.emplace_back("Nessuna di queste anagrafi conosce la persona.");
  return ok();
}

}  // namespace

Result<Gathered> gather(const DsarSources& sources, const DsarQuery& query) {
  Gathered all;
  CARTELLA_TRY(read_request(sources.engine, query.request, all));
  CARTELLA_TRY(all.organisation, views::read_organisation(sources.engine));
  views::AsOf as_of;
  as_of.position = all.end;
  CARTELLA_TRY(all.person, views::person_as_of(sources.engine, query.person, as_of));
  CARTELLA_TRY(const auto first, sources.engine.source().read(0));
  all.log_began = first.leaf.recorded_at;
  for (const views::ViewStatus& view : sources.engine.statuses())
    if (!view.faulted && view.cursor < all.end)
      return fail(Errc::unavailable, "la vista " + view.name + " non è ancora a quella posizione");
  CARTELLA_TRY(read_entries(sources, all));
  const bool has_request =
      std::any_of(all.entries.begin(), all.entries.end(),
                  [&](const HistoryEntry& e) { return e.position == all.request.position; });
  if (!has_request) return fail(Errc::not_found, "la richiesta riguarda un'altra persona");
  for (const HistoryEntry& entry : all.entries)
    if (entry.type == EventType::contact_recorded) all.own_contacts = entry.others.empty();
  OwnValues own;
  add_own_values(own, all.person, all.own_contacts);
  for (HistoryEntry& entry : all.entries) judge(all, own, entry);
  CARTELLA_TRY(read_streams(sources, all));
  screen_items(all, own);
  CARTELLA_TRY(read_accesses(sources, all));
  CARTELLA_TRY(ask_registry(sources, all));
  return all;
}

}  // namespace cartella::disclosure
