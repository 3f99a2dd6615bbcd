#include "projections/person_index.h"

#include <gtest/gtest.h>

#include "projections/person_names.h"
#include "tests/unit/projections/ambito.h"

namespace cartella::projections {
namespace {

using namespace cartella::projections::testing;

std::vector<std::string> found(const Engine& engine, const PersonQuery& query) {
  const auto hits = find_people(engine, query);
  EXPECT_TRUE(hits);
  std::vector<std::string> names;
  if (hits)
    for (const PersonHit& hit : hits.value())
      names.push_back(hit.person.surname + " " + hit.person.name);
  return names;
}
PersonQuery by_name(std::string name) {
  PersonQuery query;
  query.name = std::move(name);
  return query;
}
PersonQuery by_identifier(std::string value) {
  PersonQuery query;
  query.identifier = std::move(value);
  return query;
}

struct PersonIndexTest : ::testing::Test {
  PersonIndexTest() {
    for (const TestPerson& person : people) add_person(log, person);
    engine = open_engine(new_directory("a"), log);
    EXPECT_TRUE(engine->catch_up());
  }
  std::vector<TestPerson> people{
      {"D'Angelo", "Niccolò", "DNGNCL80A01H501A"},
      {"De Luca", "Maria Grazia", "DLCMGR80A01H501B"},
      {"Rossi", "Luca", "RSSLCU80A01H501C", "M", day(1975, 2, 1), "I727"},
      {"Rossi", "Anna", "RSSNNA80A01H501D", "F", day(1990, 2, 1)},
      {"DELLA VALLE", "GIOSUE'", "DLLGSI80A01H501E"},
      {"Šimić", "Đorđe", "STP1234567890123", "M", day(1985, 1, 1), "E256", IdentifierKind::stp},
      {"Li", "Wei", "LIXWEI80A01H501F"},
  };
  TestLog log;
  std::unique_ptr<Engine> engine;
};

TEST_F(PersonIndexTest, FindsByIdentifierWhateverItsCaseAndSpaces) {
  EXPECT_EQ(found(*engine, by_identifier("rssnna80a01h501d")),
            std::vector<std::string>{"Rossi Anna"});
  EXPECT_EQ(found(*engine, by_identifier("RSS NNA 80A01 H501D")),
            std::vector<std::string>{"Rossi Anna"});
  EXPECT_TRUE(found(*engine, by_identifier("RSSNNA80A01H501")).empty());
}

TEST_F(PersonIndexTest, DS20_NeitherFindsNorCountsWhoIsPassedOver) {
  for (PersonQuery query : {by_name("Rossi"), by_identifier("RSSNNA80A01H501D")}) {
    const std::size_t all = find_and_count_people(*engine, query).value().count;
    query.passed_over = [&](const ControllerId& controller, const SubjectId& subject,
                            const StreamId& stream) {
      return controller == id_of<ControllerId>("comune A") && subject == subject_of(people[3]) &&
             stream == person_stream_of(people[3]);
    };

    const auto left = find_and_count_people(*engine, query);

    EXPECT_EQ(left.value().count + 1, all);
    for (const PersonHit& hit : left.value().hits) EXPECT_NE(hit.person.name, "Anna");
  }
}

TEST_F(PersonIndexTest, FindsByIdentifierOfTheKindAskedFor) {
  PersonQuery query = by_identifier("STP1234567890123");
  query.identifier_kind = IdentifierKind::stp;
  EXPECT_EQ(found(*engine, query), std::vector<std::string>{"Šimić Đorđe"});
  query.identifier_kind = IdentifierKind::cf;
  EXPECT_TRUE(found(*engine, query).empty());
}

TEST_F(PersonIndexTest, FindsNamesAsPeopleWriteThem) {
  const struct {
    const char* query;
    const char* first;
  } cases[] = {
      {"d'angelo niccolò", "D'Angelo Niccolò"},
      {"DANGELO NICCOLO", "D'Angelo Niccolò"},
      {"D’Angelo", "D'Angelo Niccolò"},
      {"d angelo niccolo'", "D'Angelo Niccolò"},
      {"angelo", "D'Angelo Niccolò"},
      {"De Luca", "De Luca Maria Grazia"},
      {"deluca", "De Luca Maria Grazia"},
      {"di luca maria", "De Luca Maria Grazia"},
      {"grazia de luca", "De Luca Maria Grazia"},
      {"Rosi Anna", "Rossi Anna"},
      {"Rosis Anna", "Rossi Anna"},
      {"Rossi Amna", "Rossi Anna"},
      {"Rosssi Anna", "Rossi Anna"},
      {"anna rossi", "Rossi Anna"},
      {"dellavalle giosuè", "DELLA VALLE GIOSUE'"},
      {"Della Valle Giosue", "DELLA VALLE GIOSUE'"},
      {"valle", "DELLA VALLE GIOSUE'"},
      {"simic dorde", "Šimić Đorđe"},
      {"li wei", "Li Wei"},
  };
  for (const auto& each : cases) {
    const auto names = found(*engine, by_name(each.query));
    ASSERT_FALSE(names.empty()) << each.query;
    EXPECT_EQ(names.front(), each.first) << each.query;
  }
}

TEST_F(PersonIndexTest, DoesNotFindWhatIsFartherThanOneSlip) {
  for (const char* query : {"Risso Anna", "Rossi Bianca", "Lo Wei", "Rss", "Verdi"})
    EXPECT_TRUE(found(*engine, by_name(query)).empty()) << query;
}

TEST_F(PersonIndexTest, PutsTheNearestFirst) {
  add_person(log, {"Rossa", "Anna", "RSSNNA80A01H501G"});
  ASSERT_TRUE(engine->catch_up());

  EXPECT_EQ(found(*engine, by_name("Rossi Anna")),
            (std::vector<std::string>{"Rossi Anna", "Rossa Anna"}));
}

TEST_F(PersonIndexTest, NarrowsByBirthYearAndComune) {
  PersonQuery query = by_name("Rossi");
  EXPECT_EQ(found(*engine, query).size(), 2u);
  query.birth_year = 1990;
  EXPECT_EQ(found(*engine, query), std::vector<std::string>{"Rossi Anna"});
  query.birth_year.reset();
  query.comune = "I727";
  EXPECT_EQ(found(*engine, query), std::vector<std::string>{"Rossi Luca"});
}

TEST_F(PersonIndexTest, GivesAtMostTwentyHits) {
  for (int i = 0; i < 30; ++i) add_person(log, {"Bianchi", "Carla", "BNC" + std::to_string(i)});
  ASSERT_TRUE(engine->catch_up());

  EXPECT_EQ(found(*engine, by_name("Bianchi")).size(), kPersonHitsMax);
}

TEST_F(PersonIndexTest, FollowsACorrectedNameAndAReplacedIdentifier) {
  const TestPerson& person = people[3];
  EventFacts facts;
  facts.stream = person_stream_of(person);
  facts.subject = subject_of(person);
  facts.type = schema::EventType::identity_recorded;
  log.add<schema::IdentityRecorded>(facts, [&](auto to) {
    to.initIdentity().setSurname("Neri");
    to.getIdentity().setName("Anna");
  });
  facts.type = schema::EventType::identifier_added;
  log.add<schema::IdentifierAdded>(facts, [&](auto to) {
    to.initIdentifier().setValue("NRENNA80A01H501H");
    to.initReplaces().setValue(person.cf.c_str());
  });
  ASSERT_TRUE(engine->catch_up());

  EXPECT_EQ(found(*engine, by_name("Neri Anna")), std::vector<std::string>{"Neri Anna"});
  EXPECT_TRUE(found(*engine, by_name("Rossi Anna")).empty());
  EXPECT_EQ(found(*engine, by_identifier("NRENNA80A01H501H")).size(), 1u);
  EXPECT_TRUE(found(*engine, by_identifier(person.cf)).empty());
  EXPECT_TRUE(engine->compare_with_rebuild("person_index").value().equal);
}

TEST_F(PersonIndexTest, GivesOneRecordForEachControllerOfASubject) {
  add_person(log, people[0], "comune B");
  ASSERT_TRUE(engine->catch_up());

  const auto records = people_of_subject(*engine, subject_of(people[0]));

  ASSERT_TRUE(records);
  EXPECT_EQ(records.value().size(), 2u);
}

TEST_F(PersonIndexTest, RefusesASearchForNothing) {
  EXPECT_EQ(find_people(*engine, by_name(" '- ")).error().code, Errc::invalid_argument);
}

TEST(PersonNames, AcceptsOneSlipButNotTwo) {
  EXPECT_TRUE(nearly_equal("rossi", "rosis"));
  EXPECT_TRUE(nearly_equal("rossi", "rosi"));
  EXPECT_TRUE(nearly_equal("rossi", "rozsi"));
  EXPECT_FALSE(nearly_equal("rossi", "rosso a"));
  EXPECT_FALSE(nearly_equal("rossi", "orsis"));
  EXPECT_FALSE(nearly_equal("li", "lo"));
}

TEST(PersonNames, MalformedTextGivesNoWordsAndNoHarm) {
  EXPECT_TRUE(name_words("\xff\xfe\xc3").empty());
  EXPECT_EQ(name_words("a\xcc\x80nna").front().joined, "anna");
}

}  // namespace
}  // namespace cartella::projections
