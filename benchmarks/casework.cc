#include "benchmarks/casework.h"

#include "benchmarks/bench.h"
#include "crypto/command_id.h"

namespace cartella::bench {
namespace {

template <class Id>
Id id_of(std::uint8_t number) {
  Id id;
  id.bytes[0] = 0xBE;
  id.bytes[15] = number;
  return id;
}

const UnitId kEnte = id_of<UnitId>(2);
const UnitId kSector = id_of<UnitId>(3);
const UnitId kOffice = id_of<UnitId>(6);
const cases::NeedId kNeed = id_of<cases::NeedId>(7);
const cases::ServiceId kService = id_of<cases::ServiceId>(8);

Date yesterday(const Installation& at) {
  return Date{date_of(at.workspace->clock().wall()).days - 1};
}

cases::Command delivery(const Installation& at, const Person& person, std::size_t number) {
  cases::RecordDelivery delivery;
  delivery.benefit = person.benefit;
  delivery.delivered_on = yesterday(at);
  delivery.amount_cents = delivery.ente_cents = 100 + static_cast<std::int64_t>(number % 10'000);
  delivery.worker = first_operator();
  return delivery;
}

cases::Command contact(const Person& person, std::size_t number) {
  cases::RecordContact contact;
  contact.person = person.stream;
  contact.phone = std::to_string(700'000'000 + number);
  return contact;
}

cases::Command interview(const Installation& at, const Person& person, const std::string& text) {
  cases::RecordInterview interview;
  interview.case_stream = person.case_stream;
  interview.text = text;
  interview.worker = first_operator();
  interview.held_at = {at.workspace->clock().wall().us - 3600ll * 1'000'000};
  return interview;
}

cases::Command card(const Installation& at, const Person& person, std::size_t number,
                    const std::string& text) {
  cases::OpenCard card;
  card.person = person.stream;
  card.number = static_cast<std::int64_t>(number);
  card.access_date = yesterday(at);
  card.mode = "Di Persona";
  card.office = kOffice;
  card.worker = first_operator();
  card.reporter = cases::ReporterValue{"vicino", "", "", true};
  card.needs = cases::NeedsValue{{kNeed}, text};
  card.services = cases::ServicesValue{{kService}, ""};
  card.closing = cases::ClosingValue{"1", false, false, true};
  return card;
}

cases::Command command_of(const Installation& at, const Person& person, std::size_t number) {
  const std::string text = "Annotazione " + std::to_string(number) + std::string(200, 'x');
  switch (number % 8) {
    case 1: return contact(person, number);
    case 2:
    case 5: return delivery(at, person, number);
    case 4: return interview(at, person, text);
    case 7: return card(at, person, number, text);
    default: break;
  }
  return cases::RecordNote{person.case_stream, text, false, first_operator(), {}};
}

}  // namespace

OperatorId first_operator() { return id_of<OperatorId>(4); }
OperatorId second_operator() { return id_of<OperatorId>(5); }

cases::Outcome Installation::run(const cases::Command& command) {
  return run(command, first_operator());
}

cases::Outcome Installation::run(const cases::Command& command, const OperatorId& actor) {
  cases::CommandContext context;
  context.command_id = crypto::new_command_id(workspace->clock());
  context.actor = actor;
  context.controller = cases::controller_of(kEnte);
  context.occurred_at = workspace->clock().wall();
  for (;;) {  // threads that write about one person come in each other's way
    auto outcome = workspace->executor().execute(context, command);
    if (outcome || outcome.error().code != Errc::conflict) return must(std::move(outcome));
  }
}

Installation make_installation(const std::filesystem::path& dir) {
  ops::Options options;
  options.ambito = "Ambito di misura";
  options.mode = "test";
  ops::WorkspaceOptions opening;
  opening.with_executor = true;
  opening.fast_passphrase = true;
  Installation made{
      dir, must(ops::Workspace::create(dir, crypto::Passphrase{"misura"}, options, opening))};
  must(made.workspace->finish_creation());
  const UnitId zone = id_of<UnitId>(1);
  for (const cases::Command& command : std::vector<cases::Command>{
           cases::DefineZone{zone, "Zona", "Z"},
           cases::DefineEnte{kEnte, "Comune", "A001", zone, true, "", "", true},
           cases::DefineSector{kSector, "Settore", kEnte, "", true},
           cases::DefineOffice{kOffice, "Ufficio", kEnte, true, false, "Sportello", true},
           cases::DefineOperator{first_operator(), "operatore004", true},
           cases::DefineOperator{second_operator(), "operatore005", true},
           cases::DefineOperatorAssignment{first_operator(), kSector, "CSOCIALE_OPERATORE", false},
           cases::DefineNeed{kNeed, "Reddito", "", true, true},
           cases::DefineService{kService, "Buoni spesa", false, true}})
    made.run(command);
  return made;
}

Person add_person(Installation& at, const std::string& surname) {
  cases::RegisterPerson person;
  person.identity.surname = surname;
  person.identity.name = "Fittizia";
  Person made;
  made.stream = at.run(person).stream;
  made.case_stream =
      at.run(cases::OpenCase{made.stream, {}, 0, "", {}, kSector, first_operator()}).stream;
  return made;
}

Person add_person_with_benefit(Installation& at, const std::string& surname) {
  Person made = add_person(at, surname);
  cases::GrantBenefit grant;
  grant.person = made.stream;
  grant.case_stream = made.case_stream;
  grant.paying_ente = kEnte;
  grant.protocol = surname;
  grant.protocol_date = yesterday(at);
  grant.inps_code = "A1.04";
  grant.periodic = true;
  grant.means_test = 1;
  grant.in_charge = cases::InCharge::yes;
  grant.user_area = 1;
  made.benefit = at.run(grant).stream;
  return made;
}

store::Receipt write_one(Installation& at, const Person& person, std::size_t number) {
  return at.run(command_of(at, person, number)).receipt;
}

}  // namespace cartella::bench
