#include <fmt/format.h>

#include "disclosure/event_words_parts.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;
using schema::id_from;
using schema::text_of;

std::string scope_words(const std::string& scope) {
  if (scope == "item") return "di un elemento";
  if (scope == "person") return "dei dati di una persona";
  if (scope == "month") return "di un mese del registro degli accessi";
  if (scope == "controller") return "dei dati di un titolare";
  return "di dati";
}

std::string_view decision_words(const std::string& decision) {
  if (decision == "erase") return "disposta";
  if (decision == "restrict") return "sostituita da una limitazione del trattamento";
  if (decision == "keep_for_other") return "rifiutata per il diritto di un'altra persona";
  return "rifiutata";
}

Status tell_erasure(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::erasure_proposed)
    return views::with_body_of<schema::ErasureProposed>(event, [&](auto body) -> Status {
      to.sentence =
          fmt::format("Proposta la cancellazione {}{}.", scope_words(text_of(body.getScope())),
                      clause("; base: ", text_of(body.getBasis())));
      return ok();
    });
  if (event.type() == EventType::erasure_decided)
    return views::with_body_of<schema::ErasureDecided>(event, [&](auto body) -> Status {
      to.sentence = fmt::format("Cancellazione {} {}{}.", scope_words(text_of(body.getScope())),
                                decision_words(text_of(body.getDecision())),
                                clause("; motivo: ", text_of(body.getGround())));
      return ok();
    });
  return views::with_body_of<schema::ErasureCompleted>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Cancellazione completata: {} eventi in {} flussi, {} chiavi.",
                              body.getEvents(), body.getStreams(), body.getKeys());
    return ok();
  });
}

}  // namespace

Status tell_other_event(const views::DecodedEvent& event, const Words& words, Telling& to) {
  switch (event.type()) {
    case EventType::operator_defined:
      return views::with_body_of<schema::OperatorDefined>(event, [&](auto body) -> Status {
        const std::string name = text_of(body.getUsername());
        to.sentence =
            fmt::format("Operatore {}{}.", body.getEnabled() ? "abilitato" : "disabilitato",
                        words.operator_names ? clause(": ", name) : std::string());
        return ok();
      });
    case EventType::report_published:
      return views::with_body_of<schema::ReportPublished>(event, [&](auto body) -> Status {
        to.sentence = fmt::format("Rapporto «{}» pubblicato alla posizione {}.",
                                  text_of(body.getName()), body.getPosition());
        return ok();
      });
    case EventType::stream_transferred:
      return views::with_body_of<schema::StreamTransferred>(event, [&](auto body) -> Status {
        CARTELLA_TRY(const auto from, id_from<ControllerId>(body.getFrom()));
        CARTELLA_TRY(const auto target, id_from<ControllerId>(body.getTo()));
        to.sentence = fmt::format("Fascicolo trasferito{}{}{}.",
                                  clause(" da ", controller_words(words, from)),
                                  clause(" a ", controller_words(words, target)),
                                  clause("; atto: ", text_of(body.getAct())));
        return ok();
      });
    case EventType::erasure_proposed:
    case EventType::erasure_decided:
    case EventType::erasure_completed: return tell_erasure(event, to);
    default: return ok();
  }
}

}  // namespace cartella::disclosure
