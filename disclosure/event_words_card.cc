#include <fmt/format.h>

#include "disclosure/event_words_parts.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::CodeList;
using schema::EventType;
using schema::id_from;
using schema::text_of;

Status tell_opened(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::CardOpened>(event, [&](auto body) -> Status {
    const Date at{body.getAccessDate()};
    CARTELLA_TRY(const auto office, id_from<UnitId>(body.getOffice()));
    const std::string ways = joined(
        {clause("modalità: ", code_words(CodeList::card_mode, text_of(body.getMode()), at)),
         clause("interlocutore: ",
                code_words(CodeList::card_interlocutor, text_of(body.getInterlocutor()), at)),
         clause("motivo: ",
                joined({code_words(CodeList::card_motive, text_of(body.getMotive()), at),
                        text_of(body.getMotiveText())})),
         body.getHomeless() ? "senza dimora" : "", body.getInformed() ? "informativa data" : ""},
        "; ");
    to.sentence = fmt::format("Scheda di accesso n. {}{} del {}{}{}{}.", body.getNumber(),
                              body.getAnonymous() ? " anonima" : "", day_words(at.days),
                              clause(", ", unit_words(words, office)),
                              clause(", punto di contatto ", text_of(body.getContactPoint())),
                              clause("; ", ways));
    return ok();
  });
}

// The person learns that somebody reported and, of one who is not protected, in which capacity as
// the code list knows it; never who.
Status tell_reporter(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::CardReporterRecorded>(event, [&](auto body) -> Status {
    const std::string relation = text_of(body.getRelation());
    const bool is_category =
        schema::find_code(CodeList::card_interlocutor, relation, event.effective_date()) != nullptr;
    const bool secret = words.audience == Audience::subject;
    if (body.getProtected() || secret) {
      const std::string category =
          body.getProtected() ? "segnalante protetto"
          : is_category ? code_words(CodeList::card_interlocutor, relation, event.effective_date())
                        : "terza persona";
      to.sentence =
          fmt::format("Registrata una segnalazione; categoria del segnalante: {}.", category);
      if (secret) to.others = "identità di chi ha fatto la segnalazione";
      return ok();
    }
    to.sentence = fmt::format(
        "Segnalante registrato: {}.",
        joined({relation, text_of(body.getName()), clause("telefono ", text_of(body.getPhone()))}));
    return ok();
  });
}

Status tell_needs(const views::DecodedEvent& event, const Words& words, Telling& to) {
  if (event.type() == EventType::card_needs_recorded)
    return views::with_body_of<schema::CardNeedsRecorded>(event, [&](auto body) -> Status {
      CARTELLA_TRY(const auto ids, views::ids_from<UnitId>(body.getNeeds()));
      std::vector<std::string> labels;
      for (const UnitId& id : ids) labels.push_back(need_words(words, id));
      labels.push_back(text_of(body.getOtherText()));
      const std::string all = joined(labels, "; ");
      to.sentence = fmt::format("Bisogni espressi: {}.", all.empty() ? "nessuno" : all);
      return ok();
    });
  return views::with_body_of<schema::CardServicesRequested>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto ids, views::ids_from<UnitId>(body.getServices()));
    std::vector<std::string> labels;
    for (const UnitId& id : ids) labels.push_back(service_words(words, id));
    labels.push_back(text_of(body.getOtherText()));
    const std::string all = joined(labels, "; ");
    to.sentence = fmt::format("Servizi richiesti: {}.", all.empty() ? "nessuno" : all);
    return ok();
  });
}

}  // namespace

Status tell_card_event(const views::DecodedEvent& event, const Words& words, Telling& to) {
  switch (event.type()) {
    case EventType::card_opened: return tell_opened(event, words, to);
    case EventType::card_reporter_recorded: return tell_reporter(event, words, to);
    case EventType::card_needs_recorded:
    case EventType::card_services_requested: return tell_needs(event, words, to);
    case EventType::card_closed:
      return views::with_body_of<schema::CardClosed>(event, [&](auto body) -> Status {
        to.sentence =
            fmt::format("Scheda di accesso chiusa{}; proposta di presa in carico: {}{}{}.",
                        clause(": ", text_of(body.getCardType())), yes_no(body.getTakenInCharge()),
                        body.getMunicipalOnly() ? "; solo comunale" : "",
                        body.getComplete() ? "; completa" : "; non completa");
        return ok();
      });
    case EventType::card_linked_to_case:
      return views::with_body_of<schema::CardLinkedToCase>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Scheda di accesso collegata a un caso{}{}.",
                                  clause("; stato: ", link_state_words(text_of(body.getState()))),
                                  clause("; nota: ", text_of(body.getNote())));
        return ok();
      });
    default: return ok();
  }
}

}  // namespace cartella::disclosure
