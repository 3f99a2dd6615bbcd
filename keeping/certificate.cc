#include "keeping/certificate.h"

#include <fmt/format.h>

#include <optional>

#include "crypto/hash.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::keeping {

namespace {

constexpr std::size_t kPageEvents = 64;

struct Completion {
  cases::CompleteErasure completed;
  std::uint64_t position = 0;
  TimeUs recorded_at;
};

// The completion of that decision, where the event is one.
Result<std::optional<Completion>> completion_in(const crypto::StoredEvent& event,
                                                const EventId& decision) {
  if (event.leaf.kind != schema::LeafKind::erasure || event.body.segments.size() < 2)
    return std::optional<Completion>{};
  CARTELLA_TRY(const auto head, crypto::open_clear_segment(event.body.segments[0]));
  CARTELLA_TRY(const auto header, schema::decode_header(head.plaintext.message));
  if (header.type != schema::EventType::erasure_completed) return std::optional<Completion>{};
  CARTELLA_TRY(const auto body, crypto::open_clear_segment(event.body.segments[1]));
  Completion found;
  CARTELLA_TRY(
      schema::with_body<schema::ErasureCompleted>(body.plaintext.message, [&](auto from) -> Status {
        CARTELLA_TRY(found.completed.decision, schema::id_from<EventId>(from.getDecision()));
        found.completed.streams = from.getStreams();
        found.completed.events = from.getEvents();
        found.completed.keys = from.getKeys();
        found.completed.final_at = {from.getFinalAt()};
        for (const auto copy : from.getCopies()) {
          CARTELLA_TRY(const auto id, schema::id_from<cases::VaultCopyId>(copy.getId()));
          found.completed.copies.push_back({id, {copy.getMadeAt()}, {copy.getExpiresAt()}});
        }
        const auto digest = from.getCertificate();
        found.completed.certificate.assign(digest.begin(), digest.end());
        return ok();
      }));
  if (found.completed.decision != decision) return std::optional<Completion>{};
  found.position = event.leaf.position;
  found.recorded_at = event.leaf.recorded_at;
  return std::optional<Completion>(std::move(found));
}

std::string_view object_words(const cases::OrganisationState::Erasure& erasure) {
  if (erasure.of_controller) return "tutti i dati di un titolare che lascia l'ambito";
  return erasure.subject.is_zero() ? "un elemento del fascicolo"
                                   : "i dati di una persona presso il titolare";
}

// What was decided beside it: of a controller which export it takes along.
std::string besides(const cases::OrganisationState::Erasure& erasure) {
  if (erasure.of_controller) return "Consegnati prima con: " + erasure.ground;
  return fmt::format("Citazioni in testi di altri: {} cancellate, {} conservate",
                     erasure.erased_mentions.size(),
                     erasure.mentions.size() - erasure.erased_mentions.size());
}

// Nothing where none is known, as before revision 2 of the event: then the sentence above says it.
std::string copies_words(const std::vector<cases::VaultCopy>& copies) {
  if (copies.empty()) return {};
  std::string words =
      "\nCopie delle chiavi che fino alla loro scadenza possono ancora annullarla:\n";
  for (const cases::VaultCopy& copy : copies)
    words += fmt::format("- {}, del {}, scade il {}\n", copy.id.hex(), format_time(copy.made_at),
                         format_time(copy.expires_at));
  return words;
}

}  // namespace

std::string certificate_text(std::string_view origin, const EventId& proposal,
                             const cases::OrganisationState::Erasure& erasure,
                             const cases::CompleteErasure& completed) {
  return fmt::format(
      "ATTESTATO DI CANCELLAZIONE\n\n"
      "Registro: {}\n"
      "Oggetto: {}\n"
      "Titolare (id): {}\n"
      "Proposta (evento): {}\n"
      "Decisione (evento): {}, posizione {}, del {}\n"
      "{}\n\n"
      "Sono stati distrutti {} chiavi e con esse il contenuto di {} eventi in {} flussi;\n"
      "le copie nel registro, nel giornale e nelle viste sono state rimosse dal disco.\n"
      "Le impronte degli eventi restano e non permettono di ricostruirne il contenuto.\n\n"
      "Ogni copia delle chiavi fatta prima scade entro il {}: da allora la\n"
      "cancellazione è definitiva. Chi ripristina una copia prima di allora applica di\n"
      "nuovo questa cancellazione dal registro delle cancellazioni.\n{}",
      origin, object_words(erasure), erasure.controller.hex(), proposal.hex(),
      completed.decision.hex(), erasure.decided_position, format_time(erasure.decided_at),
      besides(erasure), completed.keys, completed.events, completed.streams,
      format_time(completed.final_at), copies_words(completed.copies));
}

Bytes certificate_digest(std::string_view text) {
  const Hash32 digest = crypto::sha256(as_bytes(text));
  return {digest.begin(), digest.end()};
}

Result<Certificate> read_certificate(const store::Store& store, const EventId& proposal,
                                     const cases::OrganisationState::Erasure& erasure) {
  const StreamId stream = cases::organisation_stream(store.log_id());
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, store.read_stream(stream, from, kPageEvents));
    if (page.empty()) return fail(Errc::not_found, "la cancellazione non è completata");
    for (const crypto::StoredEvent& event : page) {
      CARTELLA_TRY(const auto found, completion_in(event, erasure.decision));
      if (!found) continue;
      Certificate made;
      made.position = found->position;
      made.completed_at = found->recorded_at;
      made.final_at = found->completed.final_at;
      // It names the log as it was called then.
      for (const std::string& origin : store.origins()) {
        made.text = certificate_text(origin, proposal, erasure, found->completed);
        if (certificate_digest(made.text) == found->completed.certificate) return made;
      }
      return fail(Errc::corrupt, "the certificate is not the one that the log attests");
    }
    from = page.back().leaf.revision + 1;
  }
}

}  // namespace cartella::keeping
