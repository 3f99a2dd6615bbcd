#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

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
  record_contact(state, at, state.context(card.ente, card.contact_ref, deed), card.contact_ref,
                 {at.stream, card.phone, card.mobile, card.email, ""});
  const auto outcome = state.run.execute(state.context(card.ente, card.ref, deed),
                                         command_of(state, card, at.stream), card.ref);
  if (outcome) state.cards[index] = outcome->stream;
}

}  // namespace

void record_contact(StageState& state, PersonAt& at, const cases::CommandContext& context,
                    const SourceRef& ref, const cases::RecordContact& contact) {
  const std::string all = contact.phone + '\n' + contact.mobile + '\n' + contact.email;
  if (all == at.contact || all == "\n\n") return;
  at.contact = all;
  state.run.execute(context, contact, ref);
}

Status import_cards(StageState& state) {
  state.cards.resize(state.source.cards.size());
  return state.run.each(
      "SS_SCHEDA", state.source.cards.size(),
      [&](std::size_t card) { return state.source.cards[card].person; },
      [&](std::size_t card) { import_card(state, card); });
}

}  // namespace cartella::ops
