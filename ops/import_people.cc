#include <algorithm>

#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

void meet(StageState& state, Index person, Index ente, const Deed& deed) {
  const auto [found, is_new] =
      state.person_index.emplace(std::pair{person, ente}, state.people.size());
  if (is_new) {
    PersonAt& met = state.people.emplace_back();
    met.person = person;
    met.ente = ente;
    met.first_met = deed;
    state.people_of[person].push_back(found->second);
  } else {
    Deed& first = state.people[found->second].first_met;
    if (deed.at < first.at) first = deed;
  }
}

// Only people of an accepted card, case or benefit enter the ledger.
void collect(StageState& state) {
  const Source& source = state.source;
  state.people_of.resize(source.persons.size());
  for (const SourceCard& card : source.cards)
    meet(state, card.person, card.ente,
         {card.occurred_at, card.author, state.offices[card.office]});
  for (const SourceCase& one : source.cases)
    meet(state, one.person, one.ente,
         {one.opened_at, one.author,
          one.steps.empty() ? UnitId{} : state.sector(one.steps.front().sector)});
  for (const SourceBenefit& benefit : source.benefits)
    meet(state, benefit.person, benefit.ente,
         {benefit.recorded_at, benefit.author, state.sector(benefit.sector)});
}

// The registry's record of a person: the comune's own first, the living before the dead.
Result<std::optional<store::Resident>> find_resident(const StageState& state,
                                                     const SourcePerson& person,
                                                     std::string_view comune) {
  if (state.reference == nullptr || !person.identifier ||
      person.identifier->kind != cases::IdentifierKind::cf)
    return std::optional<store::Resident>{};
  CARTELLA_TRY(auto found, state.reference->find_codice_fiscale(person.identifier->value));
  if (found.empty()) return std::optional<store::Resident>{};
  const auto better = [&](const store::Resident& a, const store::Resident& b) {
    return std::pair(a.comune != comune, a.dead) < std::pair(b.comune != comune, b.dead);
  };
  return std::optional(*std::ranges::min_element(found, better));
}

cases::RegisterPerson registration(const SourcePerson& person,
                                   const std::optional<store::Resident>& resident) {
  cases::RegisterPerson command;
  command.anonymous = person.anonymous;
  command.identity = person.identity;
  command.reuse_known = true;
  cases::IdentifierValue identifier;
  if (person.anonymous) {
    identifier.kind = cases::IdentifierKind::alias;
    identifier.value = person.alias;
    command.identifiers.push_back(std::move(identifier));
  } else if (person.identifier) {
    identifier.kind = person.identifier->kind;
    identifier.value = person.identifier->value;
    identifier.verified = resident.has_value();
    command.identifiers.push_back(std::move(identifier));
  }
  if (resident) {
    // The registry states no citizenship code, only its own words for it: the known code stays.
    const std::string citizenship = command.identity.citizenship;
    command.identity = {resident->surname,    resident->name,        resident->sex,
                        resident->birth_date, resident->death_date,  resident->birth_place,
                        citizenship,          resident->civil_status};
    command.registry_comune = resident->comune;
    command.registry_matricola = resident->matricola;
  }
  return command;
}

void use_registry(cases::CommandContext& context, const store::Resident& resident) {
  context.source = "registry";
  context.external_refs.push_back({"ANA_PER", resident.comune, resident.matricola});
}

std::string key_of(const StageState& state, const PersonAt& at) {
  return std::to_string(state.source.persons[at.person].ref.id) + '/' +
         std::to_string(state.source.entes[at.ente].ref.id);
}

// Facts of the registry beyond identity. What a later registry file changed since an interrupted
// run is not a fault: the first facts stand, variations follow from the registry import.
void complete(StageState& state, const PersonAt& at, const store::Resident& resident) {
  const SourcePerson& person = state.source.persons[at.person];
  cases::CommandContext context =
      state.run.context(state.controller(at.ente), person.ref, at.first_met.at);
  use_registry(context, resident);
  context.valid_from = resident.resident_from;
  cases::RecordResidence residence;
  residence.person = at.stream;
  residence.address.comune = resident.comune;
  auto street =
      state.reference->label(store::ReferenceKind::streets, resident.comune, resident.street_code);
  if (street && street.value()) residence.address.street = *street.value();
  residence.address.number = resident.number;
  residence.address.municipal_code = resident.street_code;
  residence.immigrated_from = resident.immigrated_from;
  residence.emigrated_to = resident.emigrated_to;
  residence.left = resident.emigrated_on.has_value();
  const std::string key = std::string(person.ref.table) + '/' + key_of(state, at);
  context.command_id = state.run.command_id("registry/residence", key);
  (void)state.run.try_execute(context, residence).has_value();
  if (resident.household.empty()) return;
  context.valid_from.reset();
  context.command_id = state.run.command_id("registry/household", key);
  (void)state.run
      .try_execute(context, cases::RecordHousehold{at.stream, resident.household, resident.kinship})
      .has_value();
}

void register_at(StageState& state, PersonAt& at) {
  const SourcePerson& person = state.source.persons[at.person];
  auto resident = find_resident(state, person, state.source.entes[at.ente].belfiore);
  if (!resident) return state.run.stop(resident.error());
  cases::CommandContext context = state.context(at.ente, person.ref, at.first_met);
  const std::string own =
      person.own_card == 0 ? std::string{} : '/' + std::to_string(person.own_card);
  context.command_id = state.run.command_id(person.ref.table, key_of(state, at) + own);
  for (const SourceRef& same : person.same)
    context.external_refs.push_back({"SISO", std::string(same.table), std::to_string(same.id)});
  if (resident.value()) use_registry(context, *resident.value());

  auto outcome = state.run.try_execute(context, registration(person, resident.value()));
  if (outcome) {
    at.stream = outcome.value().stream;
    at.subject = outcome.value().subject;
    if (!outcome.value().existing && resident.value()) complete(state, at, *resident.value());
    return;
  }
  // The registry has moved on since this person was registered by an interrupted run.
  if (outcome.error().code == Errc::idempotency_conflict && person.identifier) {
    auto known = state.run.executor().find_person(
        state.controller(at.ente), person.identifier->kind, person.identifier->value);
    if (known && known.value()) {
      at.stream = known.value()->stream;
      at.subject = known.value()->subject;
      return;
    }
  }
  if (!state.run.stopped()) state.run.refuse(person.ref, outcome.error());
}

}  // namespace

Status import_people(StageState& state) {
  collect(state);
  return state.run.each(
      "SS_ANAGRAFICA", state.people_of.size(), [](std::size_t person) { return person; },
      [&](std::size_t person) {
        for (const Index at : state.people_of[person]) register_at(state, state.people[at]);
      });
}

}  // namespace cartella::ops
