#include "disclosure/event_words.h"

#include <capnp/schema.h>
#include <gtest/gtest.h>

#include "schema/body.h"
#include "schema/event_types.h"
#include "tests/unit/projections/test_log.h"

namespace cartella::disclosure {
namespace {

namespace views = projections;
using views::testing::day;
using views::testing::id_of;

views::Organisation organisation() {
  views::Organisation all;
  all.enti[id_of<UnitId>("comune")].name = "Comune di Prova";
  all.offices[id_of<UnitId>("office")] = {"Sportello", id_of<UnitId>("comune"), false, false, "",
                                          true};
  all.needs[id_of<UnitId>("need")].label = "Sfratto";
  all.operators[id_of<OperatorId>("worker")].username = "operatore001";
  return all;
}

views::DecodedEvent event_of(schema::EventType type, std::uint64_t schema_id, Bytes message) {
  views::DecodedEvent event;
  event.readable = true;
  event.header.type = type;
  event.recorded_at = start_of(day(2026, 1, 10));
  crypto::OpenedEvent::Segment segment;
  segment.available = true;
  segment.plaintext.schema_id = schema_id;
  segment.plaintext.message = std::move(message);
  event.bodies.push_back(std::move(segment));
  return event;
}

template <class Root, class Fill>
views::DecodedEvent event_with(schema::EventType type, Fill&& fill) {
  return event_of(type, capnp::typeId<Root>(),
                  schema::encode_body<Root>([&](auto to) { fill(to); }));
}

std::string sentence(const views::DecodedEvent& event, Audience audience = Audience::worker,
                     bool names = false) {
  const views::Organisation all = organisation();
  const auto told = tell_event(event, {all, audience, names}, false);
  return told ? told.value().sentence : told.error().detail;
}

// The canonical message of a struct whose fields all have their defaults.
const Bytes kEmptyBody = {0xFC, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0};

TEST(EventWords, EveryEventThatAHistoryCanHoldHasASentenceOfItsOwn) {
  std::size_t told = 0;
  for (const schema::TypeInfo& info : schema::event_types()) {
    if (info.kind != schema::LeafKind::event && info.kind != schema::LeafKind::erasure) continue;
    const std::string words = sentence(event_of(info.type, info.schema_id, kEmptyBody));
    EXPECT_NE(words, std::string(info.label_it) + ".") << info.name;
    EXPECT_TRUE(words.ends_with('.')) << info.name << ": " << words;
    EXPECT_EQ(words.find("  "), std::string::npos) << info.name << ": " << words;
    ++told;
  }
  EXPECT_GT(told, 40u);
}

TEST(EventWords, AnErasedBodySaysSo) {
  views::DecodedEvent event = event_of(schema::EventType::contact_recorded, 1, {});
  event.bodies[0].available = false;
  EXPECT_EQ(sentence(event), "Recapiti registrati: il contenuto è stato cancellato.");

  event.readable = false;
  const views::Organisation all = organisation();
  EXPECT_TRUE(tell_event(event, {all}, true).value().erased);
}

TEST(EventWords, ABodyThatDoesNotFollowItsSchemaIsRefused) {
  const auto event =
      event_of(schema::EventType::death_recorded, capnp::typeId<schema::DeathRecorded>(), Bytes(3));
  const views::Organisation all = organisation();
  EXPECT_EQ(tell_event(event, {all}, false).error().code, Errc::invalid_input);
}

TEST(EventWords, DS03_CodesStandBesideTheirLabels) {
  const auto card = event_with<schema::CardOpened>(schema::EventType::card_opened, [](auto to) {
    to.setNumber(5);
    to.setAccessDate(day(2026, 1, 10).days);
    to.setMode("e-mail");
    to.setInterlocutor("Parente o Conoscente");
    to.setMotive("Spontaneo");
    const auto office = id_of<UnitId>("office");
    to.setOffice(schema::id_data(office));
  });
  EXPECT_EQ(sentence(card),
            "Scheda di accesso n. 5 del 10/01/2026, Sportello (Comune di Prova); modalità: E-mail; "
            "interlocutore: Parente o conoscente; motivo: Spontaneo.");

  const auto identity =
      event_with<schema::IdentityRecorded>(schema::EventType::identity_recorded, [](auto to) {
        auto who = to.initIdentity();
        who.setSurname("Verdi");
        who.setName("Carla");
        who.setSex("F");
        who.setBirthDate(day(1980, 5, 1).days);
        who.setBirthPlace("H501");
        who.setCitizenship("380");
        who.setCivilStatus("2");
      });
  EXPECT_EQ(sentence(identity),
            "Generalità registrate: Verdi Carla; sesso: Femmina; nascita: 01/05/1980, Roma (H501); "
            "cittadinanza: Italia; stato civile: Coniugato / a.");

  const auto household =
      event_with<schema::HouseholdRecorded>(schema::EventType::household_recorded, [](auto to) {
        to.setHouseholdNumber("26");
        to.setRole("3");
      });
  EXPECT_EQ(sentence(household),
            "Nucleo familiare registrato: famiglia anagrafica n. 26; posizione: Figlio / Figlia.");
}

TEST(EventWords, ACodeInNoListIsSaidToBeInNone) {
  const auto needs =
      event_with<schema::CardNeedsRecorded>(schema::EventType::card_needs_recorded, [](auto to) {
        auto ids = to.initNeeds(2);
        const auto known = id_of<UnitId>("need");
        const auto unknown = id_of<UnitId>("no such need");
        ids.set(0, schema::data_of(known.view()));
        ids.set(1, schema::data_of(unknown.view()));
      });
  EXPECT_EQ(sentence(needs), "Bisogni espressi: Sfratto; voce " +
                                 id_of<UnitId>("no such need").hex() + ", non in elenco.");
}

views::DecodedEvent reporter(bool is_protected) {
  return event_with<schema::CardReporterRecorded>(schema::EventType::card_reporter_recorded,
                                                  [&](auto to) {
                                                    to.setRelation("vicina di casa");
                                                    to.setName("Bruna Rossi");
                                                    to.setPhone("0755550000");
                                                    to.setProtected(is_protected);
                                                  });
}

TEST(EventWords, DS05_AReporterIsACategoryToThePersonAndAProtectedOneToEverybody) {
  EXPECT_NE(sentence(reporter(false)).find("Bruna Rossi"), std::string::npos);
  for (const std::string& words :
       {sentence(reporter(false), Audience::subject), sentence(reporter(true), Audience::subject),
        sentence(reporter(true))}) {
    EXPECT_EQ(words.find("Bruna"), std::string::npos) << words;
    EXPECT_EQ(words.find("0755550000"), std::string::npos) << words;
    EXPECT_EQ(words.find("vicina"), std::string::npos) << words;
  }
  const views::Organisation all = organisation();
  const auto told = tell_event(reporter(false), {all, Audience::subject}, false);
  EXPECT_FALSE(told.value().others.empty());
}

TEST(EventWords, ContactsOfSomebodyElseAreNotToldToThePerson) {
  const auto contact =
      event_with<schema::ContactRecorded>(schema::EventType::contact_recorded, [](auto to) {
        to.setPhone("0755550000");
        to.setHolder("sorella");
      });
  EXPECT_NE(sentence(contact).find("0755550000"), std::string::npos);
  EXPECT_EQ(sentence(contact, Audience::subject),
            "Recapiti registrati, intestati a un'altra persona.");
}

TEST(EventWords, AReservedInterviewKeepsItsTextUntilItIsLetThrough) {
  const auto interview =
      event_with<schema::InterviewRecorded>(schema::EventType::interview_recorded, [](auto to) {
        to.setReserved(true);
        to.setText("Ha raccontato.");
        to.setWithWhom("la madre");
        to.setHeldAt(start_of(day(2026, 7, 10)).us);
      });
  const views::Organisation all = organisation();
  const auto left_out = tell_event(interview, {all}, false).value();
  EXPECT_TRUE(left_out.withheld);
  EXPECT_TRUE(left_out.text.empty());
  EXPECT_EQ(left_out.sentence, "Colloquio riservato del 10/07/2026 02:00; con: la madre.");
  EXPECT_EQ(tell_event(interview, {all}, true).value().text, "Ha raccontato.");
  EXPECT_EQ(sentence(interview, Audience::subject).find("madre"), std::string::npos);
}

TEST(EventWords, SecondLevelsAndPrivateNotesAreWithheldToo) {
  EXPECT_TRUE(is_withheld(event_with<schema::InterviewRecorded>(
      schema::EventType::interview_recorded, [](auto to) { to.setSecondLevel("SERT"); })));
  EXPECT_TRUE(is_withheld(event_with<schema::NoteRecorded>(schema::EventType::note_recorded,
                                                           [](auto to) { to.setPrivate(true); })));
  EXPECT_FALSE(is_withheld(event_with<schema::NoteRecorded>(schema::EventType::note_recorded,
                                                            [](auto to) { to.setText("a"); })));
  EXPECT_TRUE(is_withheld(
      event_of(schema::EventType::note_recorded, capnp::typeId<schema::NoteRecorded>(), Bytes(3))))
      << "what cannot be judged is withheld";
}

TEST(EventWords, OperatorsHaveNamesOnlyWhereTheCallerAsks) {
  const auto opened = event_with<schema::CaseOpened>(schema::EventType::case_opened, [](auto to) {
    to.setNumber(12);
    const auto worker = id_of<OperatorId>("worker");
    to.setOperator(schema::id_data(worker));
    const auto ente = id_of<UnitId>("comune");
    to.setEnte(schema::id_data(ente));
  });
  EXPECT_EQ(sentence(opened), "Caso n. 12 aperto presso Comune di Prova da un operatore.");
  EXPECT_EQ(sentence(opened, Audience::worker, true),
            "Caso n. 12 aperto presso Comune di Prova da operatore001.");
}

}  // namespace
}  // namespace cartella::disclosure
