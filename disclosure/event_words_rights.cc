#include <fmt/format.h>

#include "disclosure/event_words_parts.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;
using schema::text_of;
using schema::view_of;

Status tell_release(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::data_disclosed)
    return views::with_body_of<schema::DataDisclosed>(event, [&](auto body) -> Status {
      const std::string when = time_words(TimeUs{body.getTransmittedAt()});
      to.sentence = fmt::format("Dati comunicati a {}{}; base giuridica: {}; elementi: {}.",
                                text_of(body.getRecipient()), clause(" il ", when),
                                text_of(body.getLegalBasis()), body.getItems().size());
      return ok();
    });
  return views::with_body_of<schema::DocumentReleased>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Documento rilasciato a {}{}{}.", text_of(body.getRecipient()),
                              clause("; finalità: ", text_of(body.getPurpose())),
                              clause("; impronta SHA-256: ", to_hex(view_of(body.getSha256()))));
    return ok();
  });
}

Status tell_mask(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::item_masked)
    return views::with_body_of<schema::ItemMasked>(event, [&](auto body) -> Status {
      to.sentence = fmt::format("Un elemento del fascicolo è stato oscurato{}{}.",
                                clause("; richiesto da: ", text_of(body.getRequestedBy())),
                                clause("; motivo: ", text_of(body.getReason())));
      return ok();
    });
  return views::with_body_of<schema::ItemUnmasked>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("L'oscuramento di un elemento è stato revocato{}.",
                              clause("; motivo: ", text_of(body.getReason())));
    return ok();
  });
}

Status tell_restriction(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::processing_restricted)
    return views::with_body_of<schema::ProcessingRestricted>(event, [&](auto body) -> Status {
      to.sentence = fmt::format("Trattamento limitato (art. 18 GDPR){}.",
                                clause("; motivo: ", text_of(body.getGround())));
      return ok();
    });
  return views::with_body_of<schema::ProcessingRestrictionLifted>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Limitazione del trattamento revocata{}.",
                              clause("; motivo: ", text_of(body.getReason())));
    return ok();
  });
}

Status tell_hold(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::legal_hold_placed)
    return views::with_body_of<schema::LegalHoldPlaced>(event, [&](auto body) -> Status {
      to.sentence =
          fmt::format("Vincolo legale alla conservazione: {}{}{}.", text_of(body.getAct()),
                      clause("; autorità: ", text_of(body.getAuthority())),
                      clause("; fino al ", day_words(body.getUntil())));
      return ok();
    });
  return views::with_body_of<schema::LegalHoldLifted>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Tolto un vincolo legale{}.", clause(": ", text_of(body.getAct())));
    return ok();
  });
}

Status tell_correction(const views::DecodedEvent& event, Telling& to) {
  if (event.type() == EventType::fact_corrected)
    return views::with_body_of<schema::FactCorrected>(event, [&](auto body) -> Status {
      to.sentence =
          fmt::format("Un dato è stato rettificato{}{}{}.", clause(": ", text_of(body.getField())),
                      clause(", ora «", text_of(body.getValue()), "»"),
                      clause("; motivo: ", text_of(body.getReason())));
      return ok();
    });
  if (event.type() == EventType::statement_added)
    return views::with_body_of<schema::StatementAdded>(event, [&](auto body) -> Status {
      to.sentence = "Dichiarazione integrativa aggiunta dall'interessato.";
      to.text = text_of(body.getText());
      return ok();
    });
  return views::with_body_of<schema::ItemVoided>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Un elemento è stato annullato{}.",
                              clause("; motivo: ", text_of(body.getReason())));
    return ok();
  });
}

Status tell_request(const views::DecodedEvent& event, Telling& to) {
  return views::with_body_of<schema::RightsRequestOpened>(event, [&](auto body) -> Status {
    to.sentence = fmt::format("Richiesta ricevuta il {}: {}{}{}{}.",
                              day_words(body.getReceivedOn()), right_words(text_of(body.getKind())),
                              clause("; richiedente: ", text_of(body.getRequester())),
                              clause("; titolo: ", text_of(body.getTitle())),
                              clause("; nota: ", text_of(body.getNote())));
    return ok();
  });
}

}  // namespace

Status tell_rights_event(const views::DecodedEvent& event, const Words&, Telling& to) {
  switch (event.type()) {
    case EventType::data_disclosed:
    case EventType::document_released: return tell_release(event, to);
    case EventType::notice_given:
      return views::with_body_of<schema::NoticeGiven>(event, [&](auto body) -> Status {
        to.sentence =
            fmt::format("Informativa consegnata: versione {}{}{}.", text_of(body.getVersion()),
                        clause("; canale: ", text_of(body.getChannel())),
                        clause("; lingua: ", text_of(body.getLanguage())));
        return ok();
      });
    case EventType::item_masked:
    case EventType::item_unmasked: return tell_mask(event, to);
    case EventType::processing_restricted:
    case EventType::processing_restriction_lifted: return tell_restriction(event, to);
    case EventType::legal_hold_placed:
    case EventType::legal_hold_lifted: return tell_hold(event, to);
    case EventType::fact_corrected:
    case EventType::statement_added:
    case EventType::item_voided: return tell_correction(event, to);
    case EventType::rights_request_opened: return tell_request(event, to);
    default: return ok();
  }
}

}  // namespace cartella::disclosure
