#include "tests/unit/projections/ambito.h"

namespace cartella::projections::testing {
namespace {

using schema::data_of;
using schema::EventType;
using schema::id_data;

EventFacts configuration(EventType type, std::string_view name) {
  EventFacts facts;
  facts.type = type;
  facts.stream = id_of<StreamId>(name);
  return facts;
}

EventFacts about(EventType type, const StreamId& stream, const SubjectId& subject,
                 std::string_view ente = "comune A") {
  EventFacts facts;
  facts.type = type;
  facts.stream = stream;
  facts.subject = subject;
  facts.controller = id_of<ControllerId>(ente);
  return facts;
}

void add_ente(TestLog& log, const std::string& name, const std::string& belfiore) {
  const auto ente = id_of<UnitId>("comune " + name);
  log.add<schema::EnteDefined>(configuration(EventType::ente_defined, "org"), [&](auto to) {
    to.setEnte(id_data(ente));
    to.setName(("Comune di Prova " + name).c_str());
    to.setBelfiore(belfiore.c_str());
    const auto zone = id_of<UnitId>("zone 7");
    to.setZone(id_data(zone));
    to.setEnabled(true);
  });
  log.add<schema::OfficeDefined>(configuration(EventType::office_defined, "org"), [&](auto to) {
    const auto office = id_of<UnitId>("office " + name);
    to.setOffice(id_data(office));
    to.setEnte(id_data(ente));
    to.setName(("Ufficio " + name).c_str());
  });
  log.add<schema::SectorDefined>(configuration(EventType::sector_defined, "org"), [&](auto to) {
    const auto sector = id_of<UnitId>("sector " + name);
    to.setSector(id_data(sector));
    to.setEnte(id_data(ente));
    to.setName(("Settore " + name).c_str());
  });
}

template <class List>
void set_ids(List list, const std::vector<std::string>& labels) {
  for (unsigned i = 0; i < labels.size(); ++i) {
    const auto id = id_of<UnitId>(labels[i]);
    list.set(i, data_of(id.view()));
  }
}

}  // namespace

void add_organisation(TestLog& log) {
  log.add<schema::ZoneDefined>(configuration(EventType::zone_defined, "org"), [&](auto to) {
    const auto zone = id_of<UnitId>("zone 7");
    to.setZone(id_data(zone));
    to.setName("Zona Sociale 7");
    to.setCode("7");
  });
  add_ente(log, "A", "E256");
  add_ente(log, "B", "I727");
  for (const char* need : {"Affido", "Sfratto"})
    log.add<schema::NeedDefined>(configuration(EventType::need_defined, "org"), [&](auto to) {
      const auto id = id_of<UnitId>(need);
      to.setNeed(id_data(id));
      to.setLabel(need);
    });
  log.add<schema::ServiceDefined>(configuration(EventType::service_defined, "org"), [&](auto to) {
    const auto id = id_of<UnitId>("Asilo nido");
    to.setService(id_data(id));
    to.setLabel("Asilo nido");
  });
  for (const auto& [code, label] : {std::pair{"1", "Famiglia e minori"}, {"2", "Adulti"}})
    log.add<schema::CategoryDefined>(configuration(EventType::category_defined, "org"),
                                     [&](auto to) {
                                       to.setCategory(code);
                                       to.setLabel(label);
                                     });
  log.add<schema::OperatorDefined>(configuration(EventType::operator_defined, "org"), [&](auto to) {
    const auto id = id_of<OperatorId>("operator 1");
    to.setOperator(id_data(id));
    to.setUsername("operatore001");
    to.setEnabled(true);
  });
}

SubjectId subject_of(const TestPerson& person) {
  return id_of<SubjectId>("subject " + person.surname + person.name + person.cf);
}

StreamId person_stream_of(const TestPerson& person, std::string_view controller) {
  return id_of<StreamId>("person " + subject_of(person).hex() + std::string(controller));
}

void grant_role(TestLog& log, std::string_view operator_name, std::string_view role,
                const UnitId& unit) {
  log.add<schema::RoleGranted>(configuration(EventType::role_granted, "org"), [&](auto to) {
    const auto worker = id_of<OperatorId>(operator_name);
    const auto by = id_of<OperatorId>("operator 2");
    to.setOperator(id_data(worker));
    to.setRole(std::string(role).c_str());
    to.setUnit(id_data(unit));
    to.setTo(day(2027, 1, 1).days);
    to.setAct("Determina di prova");
    to.setGrantedBy(id_data(by));
  });
}

void revoke_role(TestLog& log, std::string_view operator_name, std::string_view role,
                 const UnitId& unit) {
  log.add<schema::RoleRevoked>(configuration(EventType::role_revoked, "org"), [&](auto to) {
    const auto worker = id_of<OperatorId>(operator_name);
    to.setOperator(id_data(worker));
    to.setRole(std::string(role).c_str());
    to.setUnit(id_data(unit));
  });
}

StreamId add_person(TestLog& log, const TestPerson& person, std::string_view controller) {
  const SubjectId subject = subject_of(person);
  const StreamId stream = person_stream_of(person, controller);
  log.add<schema::PersonRegistered>(
      about(EventType::person_registered, stream, subject, controller), [&](auto to) {
        to.setSubject(id_data(subject));
        to.setAnonymous(person.anonymous);
        if (!person.cf.empty()) {
          auto identifier = to.initIdentifiers(1)[0];
          identifier.setKind(static_cast<schema::IdentifierKind>(person.kind));
          identifier.setValue(person.cf.c_str());
        }
        auto identity = to.initIdentity();
        identity.setSurname(person.surname.c_str());
        identity.setName(person.name.c_str());
        identity.setSex(person.sex.c_str());
        identity.setBirthDate(person.birth.days);
        to.setRegistryComune(person.comune.c_str());
      });
  return stream;
}

StreamId add_card(TestLog& log, std::string_view name, const TestCard& card) {
  const auto stream = id_of<StreamId>(name);
  const auto facts = [&](EventType type) { return about(type, stream, card.subject, card.ente); };
  log.add<schema::CardOpened>(facts(EventType::card_opened), [&](auto to) {
    to.setNumber(card.number);
    to.setSubject(id_data(card.subject));
    to.setAnonymous(card.anonymous);
    to.setAccessDate(card.access_date.days);
    to.setMode(card.mode.c_str());
    const auto office = id_of<UnitId>(card.office);
    to.setOffice(id_data(office));
    const auto ente = id_of<UnitId>(card.ente);
    to.setEnte(id_data(ente));
  });
  if (!card.needs.empty())
    log.add<schema::CardNeedsRecorded>(facts(EventType::card_needs_recorded), [&](auto to) {
      set_ids(to.initNeeds(static_cast<unsigned>(card.needs.size())), card.needs);
    });
  if (!card.services.empty())
    log.add<schema::CardServicesRequested>(facts(EventType::card_services_requested), [&](auto to) {
      set_ids(to.initServices(static_cast<unsigned>(card.services.size())), card.services);
    });
  return stream;
}

StreamId add_case(TestLog& log, std::string_view name, const SubjectId& subject,
                  std::string_view ente, std::string_view sector) {
  const auto stream = id_of<StreamId>(name);
  log.add<schema::CaseOpened>(about(EventType::case_opened, stream, subject, ente), [&](auto to) {
    to.setNumber(1);
    to.setSubject(id_data(subject));
    const auto ente_id = id_of<UnitId>(ente);
    to.setEnte(id_data(ente_id));
    const auto sector_id = id_of<UnitId>(sector);
    to.setSector(id_data(sector_id));
  });
  return stream;
}

std::uint64_t change_state(TestLog& log, std::string_view case_name, const SubjectId& subject,
                           CaseState from, CaseState to_state, std::string_view to_sector) {
  return log.add<schema::CaseStateChanged>(
      about(EventType::case_state_changed, id_of<StreamId>(case_name), subject), [&](auto to) {
        to.setFrom(static_cast<schema::CaseState>(from));
        to.setState(static_cast<schema::CaseState>(to_state));
        const auto sector = to_sector.empty() ? UnitId{} : id_of<UnitId>(to_sector);
        to.setToSector(id_data(sector));
      });
}

std::uint64_t set_category(TestLog& log, std::string_view case_name, const SubjectId& subject,
                           std::string_view category, bool prevalent, bool ended) {
  return log.add<schema::CaseCategorySet>(
      about(EventType::case_category_set, id_of<StreamId>(case_name), subject), [&](auto to) {
        to.setCategory(std::string(category).c_str());
        to.setPrevalent(prevalent);
        to.setEnded(ended);
      });
}

std::uint64_t assign_operator(TestLog& log, std::string_view case_name, const SubjectId& subject,
                              std::string_view operator_name, bool responsible, bool ended) {
  return log.add<schema::CaseOperatorAssigned>(
      about(EventType::case_operator_assigned, id_of<StreamId>(case_name), subject), [&](auto to) {
        const auto operator_id = id_of<OperatorId>(operator_name);
        to.setOperator(id_data(operator_id));
        const auto sector = id_of<UnitId>("sector A");
        to.setSector(id_data(sector));
        to.setResponsible(responsible);
        to.setEnded(ended);
      });
}

std::uint64_t add_interview(TestLog& log, std::string_view name, std::string_view case_name,
                            const SubjectId& subject, bool reserved) {
  return log.add<schema::InterviewRecorded>(
      about(EventType::interview_recorded, id_of<StreamId>(name), subject), [&](auto to) {
        const auto case_stream = id_of<StreamId>(case_name);
        to.setCaseStream(id_data(case_stream));
        to.setSubject(id_data(subject));
        to.setReserved(reserved);
        to.setText("Colloquio di prova");
      });
}

StreamId add_benefit(TestLog& log, std::string_view name, std::string_view case_name,
                     const SubjectId& subject, std::string_view inps_code) {
  const auto stream = id_of<StreamId>(name);
  log.add<schema::BenefitGranted>(about(EventType::benefit_granted, stream, subject), [&](auto to) {
    to.setSubject(id_data(subject));
    const auto case_stream = id_of<StreamId>(case_name);
    to.setCaseStream(id_data(case_stream));
    const auto ente = id_of<UnitId>("comune A");
    to.setPayingEnte(id_data(ente));
    to.setInpsCode(std::string(inps_code).c_str());
    to.setCategory("2");
  });
  return stream;
}

StreamId supersede_benefit(TestLog& log, std::string_view name, std::string_view earlier,
                           const SubjectId& subject, std::string_view inps_code) {
  const auto stream = id_of<StreamId>(name);
  const auto old = id_of<StreamId>(earlier);
  log.add<schema::BenefitGranted>(about(EventType::benefit_granted, stream, subject), [&](auto to) {
    to.setSubject(id_data(subject));
    const auto ente = id_of<UnitId>("comune A");
    to.setPayingEnte(id_data(ente));
    to.setInpsCode(std::string(inps_code).c_str());
    to.setDsuNumber("INPS-ISEE-2025-1");
    to.setDsuYear(2025);
    to.setDsuDate(day(2025, 1, 15).days);
    to.setSupersedes(id_data(old));
  });
  log.add<schema::BenefitSuperseded>(about(EventType::benefit_superseded, old, subject),
                                     [&](auto to) { to.setBy(id_data(stream)); });
  return stream;
}

std::uint64_t deliver(TestLog& log, std::string_view benefit, const SubjectId& subject,
                      std::int64_t cents, const EventId& supersedes) {
  return log.add<schema::BenefitDelivered>(
      about(EventType::benefit_delivered, id_of<StreamId>(benefit), subject), [&](auto to) {
        to.setDeliveredOn(day(2025, 4, 2).days);
        to.setAmountCents(cents);
        to.setSupersedes(id_data(supersedes));
      });
}

void add_rights_events(TestLog& log, const TestPerson& person) {
  const SubjectId subject = subject_of(person);
  const StreamId stream = person_stream_of(person);
  log.add<schema::DataDisclosed>(about(EventType::data_disclosed, stream, subject),
                                 [](auto to) { to.setRecipient("INPS"); });
  log.add<schema::DocumentReleased>(about(EventType::document_released, stream, subject),
                                    [](auto to) { to.setRecipient("INPS"); });
  log.add<schema::PossibleDuplicateNoted>(
      about(EventType::possible_duplicate_noted, stream, subject),
      [&](auto to) { to.setSubject(id_data(subject)); });
  log.add<schema::RightsRequestOpened>(
      about(EventType::rights_request_opened, id_of<StreamId>("request"), subject),
      [](auto to) { to.setKind("gdpr15"); });
}

void add_everyday_life(TestLog& log, int people) {
  for (int i = 0; i < people; ++i) {
    const std::string n = std::to_string(i);
    const std::string ente = i % 2 == 0 ? "comune A" : "comune B";
    TestPerson person{"Cognome" + std::string(1, static_cast<char>('a' + i % 26)), "Nome" + n,
                      "PRV" + n};
    person.sex = i % 3 == 0 ? "M" : "F";
    const SubjectId subject = subject_of(person);
    add_person(log, person, ente);
    TestCard card;
    card.subject = subject;
    card.number = i;
    card.ente = ente;
    card.office = i % 2 == 0 ? "office A" : "office B";
    card.needs = {i % 4 == 0 ? "Affido" : "Sfratto"};
    card.services = {"Asilo nido"};
    add_card(log, "card " + n, card);
    if (i % 3 != 0) continue;
    add_case(log, "case " + n, subject, ente);
    set_category(log, "case " + n, subject, "1", true);
    assign_operator(log, "case " + n, subject, "operator 1", true);
    if (i % 2 == 0)
      change_state(log, "case " + n, subject, CaseState::aperto, CaseState::preso_in_carico);
    add_interview(log, "interview " + n, "case " + n, subject, i % 5 == 0);
    add_benefit(log, "benefit " + n, "case " + n, subject, "A1.04");
    deliver(log, "benefit " + n, subject, 100 + i);
  }
}

}  // namespace cartella::projections::testing
