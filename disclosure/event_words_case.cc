#include <fmt/format.h>

#include "disclosure/event_words_parts.h"
#include "projections/case_file.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;
using schema::id_from;
using schema::text_of;

Status tell_opened(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::CaseOpened>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto ente, id_from<UnitId>(body.getEnte()));
    CARTELLA_TRY(const auto sector, id_from<UnitId>(body.getSector()));
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(body.getOperator()));
    const std::string where = unit_words(words, sector.is_zero() ? ente : sector);
    to.sentence = fmt::format(
        "Caso n. {} aperto{}{}{}.", body.getNumber(), clause(" presso ", where),
        clause(" da ", worker_words(words, worker)), clause("; nota: ", text_of(body.getNote())));
    return ok();
  });
}

Status tell_state(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::CaseStateChanged>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(const auto to_sector, id_from<UnitId>(body.getToSector()));
    CARTELLA_TRY(const auto to_ente, id_from<UnitId>(body.getToEnte()));
    CARTELLA_TRY(const auto to_worker, id_from<OperatorId>(body.getToOperator()));
    const auto from = static_cast<views::CaseState>(body.getFrom());
    const std::string before =
        from == views::CaseState::none ? std::string() : views::case_state_label(from);
    const std::string administrative = time_words(TimeUs{body.getAdministrativeDate()});
    to.sentence = fmt::format(
        "Il caso passa{} a «{}»{}{}{}{}.", clause(" da «", before, "»"),
        views::case_state_label(static_cast<views::CaseState>(body.getState())),
        clause("; a cura di ", worker_words(words, worker)),
        clause("; verso ", joined({unit_words(words, to_ente), unit_words(words, to_sector),
                                   worker_words(words, to_worker)})),
        clause("; data amministrativa: ", administrative),
        clause("; nota: ", text_of(body.getNote())));
    return ok();
  });
}

Status tell_operator(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::CaseOperatorAssigned>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(const auto sector, id_from<UnitId>(body.getSector()));
    to.sentence = fmt::format(
        "{}: {}{}{}.",
        body.getEnded() ? "Fine dell'assegnazione al caso" : "Operatore assegnato al caso",
        worker_words(words, worker), clause(", ", unit_words(words, sector)),
        body.getResponsible() && !body.getEnded() ? ", responsabile" : "");
    return ok();
  });
}

Status tell_share(const views::DecodedEvent& event, const Words& words, Telling& to) {
  return views::with_body_of<schema::CaseShared>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto unit, id_from<UnitId>(body.getUnit()));
    std::vector<std::string> sections;
    for (const auto section : body.getSections()) sections.push_back(text_of(section));
    const std::string parts = joined(sections);
    to.sentence =
        fmt::format("{} con {}; parti: {}{}.",
                    body.getRevoked() ? "Fine della condivisione del caso" : "Caso condiviso",
                    unit_words(words, unit), parts.empty() ? "tutte" : parts,
                    clause("; motivo: ", text_of(body.getReason())));
    return ok();
  });
}

Status tell_interview(const views::DecodedEvent& event, const Words& words, bool with_texts,
                      Telling& to) {
  return views::with_body_of<schema::InterviewRecorded>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(body.getOperator()));
    CARTELLA_TRY(const auto sector, id_from<UnitId>(body.getSector()));
    const bool hidden = words.audience == Audience::subject && body.getWithWhom().size() != 0;
    if (hidden) to.others = "chi altro era presente al colloquio";
    to.sentence = fmt::format("Colloquio{}{}{}{}{}.", body.getReserved() ? " riservato" : "",
                              clause(" del ", time_words(TimeUs{body.getHeldAt()})),
                              clause(" condotto da ", worker_words(words, worker)),
                              clause(", ", unit_words(words, sector)),
                              hidden ? "; presente anche un'altra persona"
                                     : clause("; con: ", text_of(body.getWithWhom())));
    if (with_texts) to.text = text_of(body.getText());
    return ok();
  });
}

}  // namespace

Status tell_case_event(const views::DecodedEvent& event, const Words& words, Telling& to) {
  switch (event.type()) {
    case EventType::case_opened: return tell_opened(event, words, to);
    case EventType::case_state_changed: return tell_state(event, words, to);
    case EventType::case_category_set:
      return views::with_body_of<schema::CaseCategorySet>(event, [&](auto body) -> Status {
        to.sentence =
            fmt::format("Categoria sociale «{}» {}{}.",
                        category_words(words, text_of(body.getCategory()), event.effective_date()),
                        body.getEnded() ? "non più attribuita" : "attribuita",
                        body.getPrevalent() && !body.getEnded() ? " come prevalente" : "");
        return ok();
      });
    case EventType::case_operator_assigned: return tell_operator(event, words, to);
    case EventType::case_shared: return tell_share(event, words, to);
    default: return ok();
  }
}

Status tell_text_event(const views::DecodedEvent& event, const Words& words, bool with_texts,
                       Telling& to) {
  if (event.type() == EventType::interview_recorded)
    return tell_interview(event, words, with_texts, to);
  if (event.type() != EventType::note_recorded) return ok();
  return views::with_body_of<schema::NoteRecorded>(event, [&](auto body) -> Status {
    CARTELLA_TRY(const auto worker, id_from<OperatorId>(body.getOperator()));
    to.sentence = fmt::format("{}{}.", body.getPrivate() ? "Nota privata" : "Nota",
                              clause(" scritta da ", worker_words(words, worker)));
    if (with_texts) to.text = text_of(body.getText());
    return ok();
  });
}

}  // namespace cartella::disclosure
