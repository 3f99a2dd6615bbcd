#include "cases/duplicates.h"

#include <optional>
#include <utility>
#include <vector>

#include "cases/bootstrap.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

// The first event of a person's stream.
struct Registration {
  EventId event;
  std::uint64_t position = 0;
  TimeUs recorded_at;
  SubjectId subject;
  ControllerId controller;
  std::vector<IdentifierValue> identifiers;  // those that can be claimed
};

Status read_identifiers(ByteView message, std::vector<IdentifierValue>& to) {
  return schema::with_body<schema::PersonRegistered>(message, [&](auto body) -> Status {
    for (const auto each : body.getIdentifiers()) {
      IdentifierValue one;
      one.kind = static_cast<IdentifierKind>(each.getKind());
      one.value = schema::text_of(each.getValue());
      one.issuer = schema::text_of(each.getIssuer());
      if (one.kind != IdentifierKind::alias) to.push_back(std::move(one));
    }
    return ok();
  });
}

// Empty when it is erased. not_found.
Result<std::optional<Registration>> registration_of(const store::Store& store, crypto::Vault& vault,
                                                    const StreamId& person) {
  CARTELLA_TRY(const auto page, store.read_stream(person, 0, 1));
  if (page.empty()) return fail(Errc::not_found, "no such stream");
  CARTELLA_TRY(const auto event, crypto::open_event(store.eras(), vault, page.front()));
  if (event.segments.size() < 2 || !event.segments[0].available || !event.segments[1].available)
    return std::optional<Registration>{};
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  if (header.type != schema::EventType::person_registered)
    return fail(Errc::not_found, "the stream is not a person's");
  Registration found{event.leaf.event_id, event.leaf.position, event.leaf.recorded_at,
                     header.subject,      header.controller,   {}};
  CARTELLA_TRY(read_identifiers(event.segments[1].plaintext.message, found.identifiers));
  return std::optional<Registration>(std::move(found));
}

struct Known {
  StreamId stream;
  IdentifierKind by = IdentifierKind::cf;
};

// The stream of the same subject that a controller has.
Result<std::optional<Known>> known_to(const ControllerId& controller,
                                      const Registration& registered, Executor& executor) {
  for (const IdentifierValue& one : registered.identifiers) {
    CARTELLA_TRY(const auto person,
                 executor.find_person(controller, one.kind, one.value, one.issuer));
    if (person && person->subject == registered.subject && !person->stream.is_zero())
      return std::optional<Known>(Known{person->stream, one.kind});
  }
  return std::optional<Known>{};
}

// Nothing of whoever registered but what the note itself says.
CommandContext context_for(const ControllerId& told, const EventId& id, TimeUs at) {
  CommandContext context;
  context.command_id = id;
  context.actor = installation_actor();
  context.role = "installazione";
  context.controller = told;
  context.occurred_at = at;
  context.source = "installation";
  context.legal_basis = "art. 5, par. 1, lett. d GDPR";
  context.purpose = "esattezza dei dati";
  return context;
}

}  // namespace

Result<std::size_t> note_duplicates(const store::Store& store, crypto::Vault& vault,
                                    Executor& executor, const StreamId& person) {
  CARTELLA_TRY(const auto registered, registration_of(store, vault, person));
  if (!registered || registered->identifiers.empty()) return std::size_t{0};
  // Keyed: with a plain hash the leaves alone would tell which streams are of one person.
  CARTELLA_TRY(const auto secret, vault.named_secret("duplicates"));
  std::size_t written = 0;
  const auto organisation = executor.organisation();
  for (const auto& [ente, properties] : organisation->entes) {
    const ControllerId told = controller_of(ente);
    if (told == registered->controller) continue;
    CARTELLA_TRY(const auto known, known_to(told, *registered, executor));
    if (!known) continue;
    CARTELLA_TRY(const auto earlier, registration_of(store, vault, known->stream));
    if (!earlier || earlier->position > registered->position) continue;
    NotePossibleDuplicate note;
    note.person = known->stream;
    note.identifier_kind = known->by;
    note.noticed_by_unit = UnitId::from_view(registered->controller.view());
    const EventId id = crypto::import_event_id(secret, "possible-duplicate",
                                               registered->event.hex(), known->stream.hex());
    const auto outcome = executor.execute(context_for(told, id, registered->recorded_at), note);
    if (outcome) {
      if (!outcome.value().duplicate) ++written;
      continue;
    }
    // What is erased there is told of no more.
    const Errc code = outcome.error().code;
    if (code != Errc::erased && code != Errc::subject_erased) return outcome.error();
  }
  return written;
}

}  // namespace cartella::cases
