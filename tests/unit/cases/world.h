// tests/unit/cases/world.h: decide and fold without keys, disk or threads.
//
// Streams are kept as folded states and claims as a map, so that a rule is tested alone and random
// sequences of commands run by the thousand. Threads: one.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/check.h"
#include "cases/decide.h"
#include "cases/executor.h"
#include "schema/codec.h"

namespace cartella::cases {

template <class Id>
Id id_of(std::uint64_t number) {
  Id id;
  store_be64(id.bytes.data() + 8, number);
  id.bytes[0] = 1;
  return id;
}

class TestCodes final : public BenefitCodes {
 public:
  std::optional<std::string> denomination(std::string_view code, Date on) const override {
    if (code == "A1.04" || code == "A1.05.01" || code == "A2.07") return "Denominazione";
    // A code that ended with the year 2024.
    if (code == "A1.03" && civil(on).year < 2025) return "Carta acquisti";
    return std::nullopt;
  }
};

inline const Date kToday = *make_date(2026, 6, 30);
inline const UnitId kZone = id_of<UnitId>(1);
inline const UnitId kEnte = id_of<UnitId>(2);
inline const UnitId kOtherEnte = id_of<UnitId>(3);
inline const UnitId kOffice = id_of<UnitId>(4);
inline const UnitId kSector = id_of<UnitId>(5);
inline const UnitId kClosedOffice = id_of<UnitId>(6);
inline const OperatorId kWorker = id_of<OperatorId>(7);
inline const OperatorId kColleague = id_of<OperatorId>(8);
inline const NeedId kNeed = id_of<NeedId>(9);
inline const NeedId kOldNeed = id_of<NeedId>(10);
inline const ServiceId kService = id_of<ServiceId>(11);

// The organisation that the tests of people, cards, cases and benefits stand on.
inline std::vector<Command> organisation_commands() {
  return {DefineAmbito{"Ambito di prova", "prova", "10", "test"},
          DefineZone{kZone, "Zona di prova", "Z"},
          DefineEnte{kEnte, "Comune di Prova", "A001", kZone, true, "", "", true},
          DefineEnte{kOtherEnte, "Comune Vicino", "A002", kZone, false, "", "", true},
          DefineOffice{kOffice, "Ufficio", kEnte, true, false, "Sportello", true},
          DefineOffice{kClosedOffice, "Ufficio chiuso", kEnte, false, false, "", false},
          DefineSector{kSector, "Settore", kEnte, "", true},
          DefineOperator{kWorker, "operatore001", true},
          DefineOperator{kColleague, "operatore002", true},
          DefineOperatorAssignment{kWorker, kSector, "CSOCIALE_OPERATORE", false},
          DefineNeed{kNeed, "Reddito", "", true, true},
          DefineNeed{kOldNeed, "Bisogno di una volta", "", false, false},
          DefineService{kService, "Buoni spesa", false, true},
          DefineCategory{"1", "Famiglia e minori", true},
          DefineCategory{"2", "Disabili", true},
          DefineCategory{"3", "Adulti", true}};
}

inline RegisterPerson person_with(std::string codice, std::string surname = "Provetta") {
  RegisterPerson person;
  if (!codice.empty())
    person.identifiers.push_back({IdentifierKind::cf, std::move(codice), "", {}, {}, true});
  person.identity.surname = std::move(surname);
  person.identity.name = "Fittizia";
  return person;
}

inline RegisterPerson anonymous_person(std::string alias) {
  RegisterPerson person;
  person.anonymous = true;
  person.identifiers.push_back({IdentifierKind::alias, std::move(alias), "", {}, {}, false});
  return person;
}

class World {
 public:
  World() : x_organisation(std::make_shared<OrganisationState>()) {
    for (const Command& command : organisation_commands()) must(command);
  }

  CommandContext context(const UnitId& controller = kEnte) {
    CommandContext context;
    context.command_id = id_of<EventId>(++x_counter);
    context.actor = kWorker;
    context.controller = controller_of(controller);
    context.occurred_at = start_of(kToday);
    return context;
  }

  Result<Decision> decide_only(const Command& command, const CommandContext& context) {
    State state;
    state.organisation = x_organisation;
    for (const StreamId& stream : streams_of(command)) {
      const auto at = x_items.find(stream);
      if (at != x_items.end()) state.items[stream] = at->second;
    }
    for (;;) {
      const auto names = claims_of(command, context, state.claims);
      if (names.empty()) break;
      for (const ClaimName& name : names) {
        const auto at = x_claims.find(name);
        state.claims[name] = at == x_claims.end() ? std::nullopt : std::optional<Raw16>(at->second);
      }
    }
    state.relative_key = id_of<KeyId>(99);
    Environment environment;
    environment.today = context.today.value_or(kToday);
    environment.fresh_subject = id_of<SubjectId>(++x_counter);
    environment.fresh_stream = id_of<StreamId>(++x_counter);
    environment.organisation_stream = id_of<StreamId>(1);
    environment.codes = &x_codes;
    return decide(state, command, context, environment);
  }

  Result<Outcome> run(const Command& command, const CommandContext& context) {
    auto decision = decide_only(command, context);
    if (!decision) return decision.error();
    Outcome outcome;
    outcome.subject = decision.value().subject;
    if (decision.value().existing) {
      outcome.stream = *decision.value().existing;
      outcome.existing = true;
      return outcome;
    }
    outcome.stream = decision.value().events.front().stream;
    write(decision.value(), context);
    return outcome;
  }
  Result<Outcome> run(const Command& command) { return run(command, context()); }

  // "code" of the refusal, or "" where the command is accepted.
  std::string refusal(const Command& command, const CommandContext& context) {
    const auto outcome = run(command, context);
    if (outcome) return "";
    return std::string(refusal_code(outcome.error()));
  }
  std::string refusal(const Command& command) { return refusal(command, context()); }

  StreamId must(const Command& command) {
    const auto outcome = run(command);
    if (!outcome) check_failed(outcome.error().detail.c_str(), __FILE__, __LINE__, __func__);
    return outcome.value().stream;
  }

  template <class T>
  const T& state(const StreamId& stream) const {
    return std::get<T>(x_items.at(stream)->state);
  }
  const OrganisationState& organisation() const { return *x_organisation; }
  const std::map<ClaimName, Raw16>& claims() const { return x_claims; }

 private:
  void write(const Decision& decision, const CommandContext& context) {
    std::uint32_t index = 0;
    for (const PlannedEvent& planned : decision.events) {
      crypto::OpenedEvent event;
      event.leaf.event_id = crypto::event_id_of(context.command_id, index++);
      event.leaf.stream_id = planned.stream;
      schema::HeaderView header;
      header.type = planned.type;
      header.controller = context.controller;
      header.subject = decision.subject;
      event.segments.push_back(
          {schema::KeyClass::base, {}, {0, 0, schema::encode_header(header)}, true});
      for (const PlannedBody& body : planned.bodies)
        event.segments.push_back({body.key_class, {}, body.plaintext, true});
      apply(event, planned);
    }
    for (const PlannedClaim& claim : decision.claims) {
      if (claim.kind == store::ClaimOp::Kind::claim)
        x_claims[claim.name] = claim.holder;
      else if (claim.kind == store::ClaimOp::Kind::release)
        x_claims.erase(claim.name);
    }
  }

  void apply(crypto::OpenedEvent& event, const PlannedEvent& planned) {
    if (planned.stream == id_of<StreamId>(1)) {
      auto next = std::make_shared<OrganisationState>(*x_organisation);
      if (!fold_organisation(event, *next)) check_failed("fold", __FILE__, __LINE__, __func__);
      x_organisation = std::move(next);
      return;
    }
    auto& slot = x_items[planned.stream];
    auto next = slot ? std::make_shared<FoldedItem>(*slot) : std::make_shared<FoldedItem>();
    event.leaf.revision = static_cast<std::uint64_t>(next->revision + 1);
    if (!fold_item(event, *next)) check_failed("fold", __FILE__, __LINE__, __func__);
    slot = std::move(next);
  }

  std::shared_ptr<const OrganisationState> x_organisation;
  std::map<StreamId, std::shared_ptr<const FoldedItem>> x_items;
  std::map<ClaimName, Raw16> x_claims;
  TestCodes x_codes;
  std::uint64_t x_counter = 1000;
};

}  // namespace cartella::cases
