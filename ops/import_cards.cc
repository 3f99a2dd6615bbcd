#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

// A card brings phone numbers and addresses; they are recorded when they differ from the last ones.
void record_contact(StageState& state, const SourceCard& card, const Deed& deed, PersonAt& at) {
  const std::string contact = card.phone + '\n' + card.mobile + '\n' + card.email;
  if (contact == at.contact || contact == "\n\n") return;
  at.contact = contact;
  state.run.execute(state.context(card.ente, card.contact_ref, deed),
                    cases::RecordContact{at.stream, card.phone, card.mobile, card.email, ""},
                    card.contact_ref);
}

cases::OpenCard command_of(const StageState& state, const SourceCard& card,
                           const StreamId& person) {
  cases::OpenCard command;
  command.person = person;
  command.number = card.number;
  command.access_date = card.access_date;
  command.mode = card.mode;
  command.interlocutor = card.interlocutor;
  command.motive = card.motive;
  command.motive_text = card.motive_text;
  command.informed = card.informed;
  command.office = state.offices[card.office];
  command.contact_point = card.contact_point;
  command.ente = state.entes[card.ente];
  command.worker = state.worker(card.worker);
  command.homeless = card.homeless;
  command.closing = card.closing;
  if (!card.needs.empty() || !card.needs_text.empty()) {
    cases::NeedsValue needs{{}, card.needs_text};
    for (const Index need : card.needs) needs.needs.push_back(state.needs[need]);
    command.needs = std::move(needs);
  }
  if (!card.services.empty() || !card.services_text.empty()) {
    cases::ServicesValue services{{}, card.services_text};
    for (const Index service : card.services) services.services.push_back(state.services[service]);
    command.services = std::move(services);
  }
  return command;
}

void import_card(StageState& state, Index index) {
  const SourceCard& card = state.source.cards[index];
  PersonAt& at = state.person_at(card.person, card.ente);
  if (at.stream.is_zero()) return state.run.refuse(card.ref, "missing_person", Severity::rejected);
  const Deed deed{card.occurred_at, card.author, state.offices[card.office]};
  record_contact(state, card, deed, at);
  const auto outcome = state.run.execute(state.context(card.ente, card.ref, deed),
                                         command_of(state, card, at.stream), card.ref);
  if (outcome) state.cards[index] = outcome->stream;
}

}  // namespace

Status import_cards(StageState& state) {
  state.cards.resize(state.source.cards.size());
  return state.run.each(
      "SS_SCHEDA", state.source.cards.size(),
      [&](std::size_t card) { return state.source.cards[card].person; },
      [&](std::size_t card) { import_card(state, card); });
}

}  // namespace cartella::ops
