#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;

namespace {

// Each part of a card is an event of its own on the card's stream.
class CardWriter {
 public:
  CardWriter(Decision& decision, const StreamId& card, std::int64_t expected)
      : x_decision(decision), x_card(card), x_expected(expected) {}

  void add(EventType type, Bytes message) {
    const auto owner = owner_of(type, x_decision.subject, x_card, {});
    x_decision.events.push_back(planned_event(type, x_card, x_expected, owner.value_or(Raw16{}),
                                              KeyClass::base, std::move(message)));
  }

 private:
  Decision& x_decision;
  StreamId x_card;
  std::int64_t x_expected;
};

template <class Id>
Status check_defined(const Deciding& deciding, const std::vector<Id>& wanted,
                     const std::map<Id, bool>& known, std::string_view what) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto at = known.find(wanted[i]);
    if (at == known.end())
      return refuse("unknown_" + std::string(what), "un elemento della scheda non è definito");
    if (!at->second && !deciding.context.historical)
      return refuse("disabled_" + std::string(what), "un elemento della scheda è disabilitato");
    for (std::size_t j = 0; j < i; ++j)
      if (wanted[j] == wanted[i])
        return refuse("repeated_" + std::string(what), "un elemento della scheda è ripetuto");
  }
  return ok();
}

Status check_needs(const Deciding& deciding, const NeedsValue& needs) {
  if (needs.needs.empty() && needs.other_text.empty())
    return refuse("no_needs", "non è indicato nessun bisogno");
  return check_defined(deciding, needs.needs, deciding.organisation().needs, "need");
}

Status check_services(const Deciding& deciding, const ServicesValue& services) {
  if (services.services.empty() && services.other_text.empty())
    return refuse("no_services", "non è indicato nessun servizio");
  return check_defined(deciding, services.services, deciding.organisation().services, "service");
}

Status check_reporter(const ReporterValue& reporter) {
  if (reporter.relation.empty() && reporter.name.empty() && reporter.phone.empty())
    return refuse("no_reporter", "non è indicato nulla di chi segnala");
  return ok();
}

// What the office asks of a card that is said to be complete.
Status check_closing(const Deciding& deciding, const UnitId& office, bool has_needs,
                     bool has_services, const ClosingValue& closing) {
  const auto at = deciding.organisation().offices.find(office);
  if (!closing.complete || deciding.context.historical ||
      at == deciding.organisation().offices.end())
    return ok();
  if (at->second.needs_required && !has_needs)
    return refuse("needs_required", "l'ufficio richiede almeno un bisogno");
  if (at->second.services_required && !has_services)
    return refuse("services_required", "l'ufficio richiede almeno un servizio");
  return ok();
}

Result<OpenCard> checked_access(const Deciding& deciding, const OpenCard& command) {
  CARTELLA_TRY(check_number(command.number));
  CARTELLA_TRY(check_not_future(deciding, command.access_date, "future_access_date"));
  const auto& offices = deciding.organisation().offices;
  const auto office = offices.find(command.office);
  if (office == offices.end()) return refuse("unknown_office", "l'ufficio non è definito");
  if (!office->second.enabled && !deciding.context.historical)
    return refuse("disabled_office", "l'ufficio è disabilitato");
  OpenCard card = command;
  if (card.ente.is_zero()) card.ente = office->second.ente;
  CARTELLA_TRY(check_ente(deciding, card.ente));
  CARTELLA_TRY(check_operator(deciding, card.worker));
  return card;
}

Status check_parts(const Deciding& deciding, const OpenCard& card) {
  if (card.reporter) {
    CARTELLA_TRY(check_reporter(*card.reporter));
  }
  if (card.needs) {
    CARTELLA_TRY(check_needs(deciding, *card.needs));
  }
  if (card.services) {
    CARTELLA_TRY(check_services(deciding, *card.services));
  }
  if (card.closing)
    return check_closing(deciding, card.office, card.needs.has_value(), card.services.has_value(),
                         *card.closing);
  return ok();
}

Result<Found<CardState>> open_card(const Deciding& deciding, const StreamId& stream) {
  CARTELLA_TRY(const auto card, find_item<CardState>(deciding, stream));
  if (card.state.closed) return refuse("closed_card", "la scheda è chiusa");
  return card;
}

Result<Decision> one_part(const StreamId& stream, const Found<CardState>& card, EventType type,
                          Bytes message) {
  Decision decision;
  decision.subject = card.state.subject;
  CardWriter(decision, stream, card.revision).add(type, std::move(message));
  return decision;
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const OpenCard& command) {
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  CARTELLA_TRY(const auto card, checked_access(deciding, command));
  CARTELLA_TRY(check_parts(deciding, card));

  Decision decision;
  decision.subject = person.state.subject;
  decision.checks.push_back({command.person, crypto::kExpectExists});
  CardWriter writer(decision, deciding.environment.fresh_stream, crypto::kExpectNone);
  writer.add(EventType::card_opened, encode(card, decision.subject, person.state.anonymous));
  if (card.reporter) writer.add(EventType::card_reporter_recorded, encode(*card.reporter));
  if (card.needs) writer.add(EventType::card_needs_recorded, encode(*card.needs));
  if (card.services) writer.add(EventType::card_services_requested, encode(*card.services));
  if (card.closing) writer.add(EventType::card_closed, encode(*card.closing));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const RecordReporter& command) {
  CARTELLA_TRY(const auto card, open_card(deciding, command.card));
  CARTELLA_TRY(check_reporter(command.reporter));
  return one_part(command.card, card, EventType::card_reporter_recorded, encode(command.reporter));
}

Result<Decision> decide_one(const Deciding& deciding, const RecordNeeds& command) {
  CARTELLA_TRY(const auto card, open_card(deciding, command.card));
  CARTELLA_TRY(check_needs(deciding, command.needs));
  return one_part(command.card, card, EventType::card_needs_recorded, encode(command.needs));
}

Result<Decision> decide_one(const Deciding& deciding, const RequestServices& command) {
  CARTELLA_TRY(const auto card, open_card(deciding, command.card));
  CARTELLA_TRY(check_services(deciding, command.services));
  return one_part(command.card, card, EventType::card_services_requested, encode(command.services));
}

Result<Decision> decide_one(const Deciding& deciding, const CloseCard& command) {
  CARTELLA_TRY(const auto card, open_card(deciding, command.card));
  CARTELLA_TRY(check_closing(deciding, card.state.office, card.state.needs_count > 0,
                             card.state.services_count > 0, command.closing));
  return one_part(command.card, card, EventType::card_closed, encode(command.closing));
}

Result<Decision> decide_one(const Deciding& deciding, const LinkCardToCase& command) {
  CARTELLA_TRY(const auto card, find_item<CardState>(deciding, command.card));
  CARTELLA_TRY(const auto opened, find_item<CaseState>(deciding, command.case_stream));
  if (card.state.anonymous)
    return refuse("anonymous_card", "una scheda anonima non può diventare un caso");
  if (card.state.subject != opened.state.subject)
    return refuse("other_person", "la scheda e il caso sono di due persone diverse");
  if (!card.state.linked_case.is_zero())
    return refuse("linked_card", "la scheda è già collegata a un caso");
  auto decision = one_part(command.card, card, EventType::card_linked_to_case, encode(command));
  decision.value().checks.push_back({command.case_stream, crypto::kExpectExists});
  return decision;
}

}  // namespace cartella::cases
