#include "disclosure/event_words.h"

#include <fmt/format.h>

#include "disclosure/event_words_parts.h"
#include "schema/event_types.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;

// True where the body says so; a body that cannot be opened has nothing to withhold.
template <class Root, class Use>
bool body_says(const views::DecodedEvent& event, Use&& use) {
  bool said = false;
  const Status read = views::with_body_of<Root>(event, [&](auto body) -> Status {
    said = use(body);
    return ok();
  });
  return read.has_value() ? said : true;
}

std::string label_of(EventType type) {
  if (const schema::TypeInfo* info = schema::find_type(type)) return std::string(info->label_it);
  return fmt::format("Evento di tipo {}, che questa versione non conosce",
                     static_cast<unsigned>(type));
}

}  // namespace

std::string clause(std::string_view before, const std::string& value, std::string_view after) {
  return value.empty() ? std::string() : fmt::format("{}{}{}", before, value, after);
}

bool is_withheld(const views::DecodedEvent& event) {
  switch (event.type()) {
    case EventType::interview_recorded:
      return body_says<schema::InterviewRecorded>(
          event, [](auto body) { return body.getReserved() || body.getSecondLevel().size() != 0; });
    case EventType::note_recorded:
      return body_says<schema::NoteRecorded>(event, [](auto body) { return body.getPrivate(); });
    case EventType::card_reporter_recorded:
      return body_says<schema::CardReporterRecorded>(event,
                                                     [](auto body) { return body.getProtected(); });
    case EventType::item_masked:
    case EventType::item_unmasked: return true;
    default: return false;
  }
}

Result<Telling> tell_event(const views::DecodedEvent& event, const Words& words, bool with_texts) {
  Telling told;
  if (!event.readable) {
    told.erased = true;
    told.sentence = "Contenuto cancellato: restano la posizione, la data e la prova.";
    return told;
  }
  told.withheld = is_withheld(event);
  CARTELLA_TRY(tell_person_event(event, words, told));
  CARTELLA_TRY(tell_card_event(event, words, told));
  CARTELLA_TRY(tell_case_event(event, words, told));
  CARTELLA_TRY(tell_text_event(event, words, with_texts || !told.withheld, told));
  CARTELLA_TRY(tell_benefit_event(event, words, told));
  CARTELLA_TRY(tell_rights_event(event, words, told));
  CARTELLA_TRY(tell_other_event(event, words, told));
  if (!told.sentence.empty()) return told;
  told.sentence = label_of(event.type());
  if (event.has_erased_body()) {
    told.erased = true;
    told.sentence += ": il contenuto è stato cancellato";
  }
  told.sentence += ".";
  return told;
}

}  // namespace cartella::disclosure
