#include "projections/reports.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/projections/ambito.h"

namespace cartella::projections {
namespace {

using namespace cartella::projections::testing;
using Totals = std::map<std::string, std::int64_t>;

const TestPerson kAnna{"Rossi", "Anna", "RSSNNA90B41H501D", "F", day(2010, 2, 1)};
const TestPerson kLuca{"Neri",          "Luca", "STP1234567890123", "M",
                       day(1950, 2, 1), "I727", IdentifierKind::stp};
const TestPerson kNobody{"",  "", "ALIAS1", "", day(1970, 1, 1), "E256", IdentifierKind::alias,
                         true};

struct ReportsTest : ::testing::Test {
  ReportsTest() {
    add_organisation(log);
    for (const TestPerson& person : {kAnna, kLuca, kNobody}) add_person(log, person);
    TestCard card;
    card.subject = subject_of(kAnna);
    card.needs = {"Affido", "Sfratto"};
    card.services = {"Asilo nido"};
    add_card(log, "card 1", card);
    card.access_date = day(2025, 4, 1);
    card.services = {};
    card.needs = {"Sfratto"};
    card.mode = "Di Persona";
    add_card(log, "card 2", card);
    card.subject = subject_of(kLuca);
    card.ente = "comune B";
    card.office = "office B";
    add_card(log, "card 3", card);
    card.subject = subject_of(kNobody);
    card.anonymous = true;
    card.needs = {};
    add_card(log, "card 4", card);
    add_cases();
    engine = open_engine(new_directory("a"), log);
    EXPECT_TRUE(engine->catch_up());
  }

  void add_cases() {
    add_case(log, "case 1", subject_of(kAnna));
    set_category(log, "case 1", subject_of(kAnna), "1", true);
    change_state(log, "case 1", subject_of(kAnna), CaseState::aperto, CaseState::preso_in_carico);
    change_state(log, "case 1", subject_of(kAnna), CaseState::preso_in_carico, CaseState::chiuso);
    add_case(log, "case 2", subject_of(kLuca), "comune B", "sector B");
    set_category(log, "case 2", subject_of(kLuca), "1", false);
    set_category(log, "case 2", subject_of(kLuca), "2", true);
    add_interview(log, "interview 1", "case 1", subject_of(kAnna), false);
    add_interview(log, "interview 2", "case 1", subject_of(kAnna), true);
    add_interview(log, "interview 3", "case 2", subject_of(kLuca), false);
    add_benefit(log, "benefit 1", "case 1", subject_of(kAnna), "A1.04");
    const auto wrong = deliver(log, "benefit 1", subject_of(kAnna), 99'999);
    deliver(log, "benefit 1", subject_of(kAnna), 30'605, log.event_id_at(wrong));
    deliver(log, "benefit 1", subject_of(kAnna), 4'143);
    add_benefit(log, "benefit 2", "case 2", subject_of(kLuca), "A2.07");
    deliver(log, "benefit 2", subject_of(kLuca), 1);
  }

  Totals totals(const ReportQuery& query, std::string_view section) const {
    const auto report = make_report(*engine, query, passed_over);
    EXPECT_TRUE(report) << (report ? "" : report.error().detail);
    Totals found;
    if (!report) return found;
    for (const ReportSection& each : report.value().sections)
      if (each.name == section)
        for (const ReportRow& row : each.rows) {
          EXPECT_EQ(row.labels.size() + 1, each.columns.size());
          found[row.key] = row.value;
        }
    return found;
  }
  Totals totals(std::string name, std::string_view section) const {
    ReportQuery query;
    query.name = std::move(name);
    return totals(query, section);
  }

  TestLog log;
  std::unique_ptr<Engine> engine;
  PassedOver passed_over = {};
};

TEST_F(ReportsTest, CountsAccessesByEveryDimension) {
  EXPECT_EQ(totals("accesses", "accesses_total"), (Totals{{"all", 4}}));
  EXPECT_EQ(totals("accesses", "accesses_by_comune"), (Totals{{"E256", 2}, {"I727", 2}}));
  EXPECT_EQ(totals("accesses", "accesses_by_zone"), (Totals{{"7", 4}}));
  EXPECT_EQ(totals("accesses", "accesses_by_month"), (Totals{{"2025-03", 1}, {"2025-04", 3}}));
  EXPECT_EQ(totals("accesses", "accesses_by_mode"), (Totals{{"Di Persona", 3}, {"e-mail", 1}}));
  EXPECT_EQ(totals("accesses", "accesses_by_office").size(), 2u);
  EXPECT_EQ(totals("accesses", "cards_anonymous"), (Totals{{"all", 1}}));
}

TEST_F(ReportsTest, CountsNeedsAndServices) {
  EXPECT_EQ(totals("needs", "needs"), (Totals{{"Affido", 1}, {"Sfratto", 3}}));
  EXPECT_EQ(totals("needs", "needs_by_comune"),
            (Totals{{"E256 Affido", 1}, {"E256 Sfratto", 2}, {"I727 Sfratto", 1}}));
  EXPECT_EQ(totals("services", "services_requested"), (Totals{{"Asilo nido", 1}}));
  EXPECT_EQ(totals("services", "services_by_comune"), (Totals{{"E256 Asilo nido", 1}}));
}

TEST_F(ReportsTest, CountsEachPersonWhoWasMetOnceAndNoAnonymousOne) {
  EXPECT_EQ(totals("people", "people_known_by_identifier"), (Totals{{"cf", 1}, {"stp", 1}}));
  EXPECT_EQ(totals("people", "people_met_by_comune"), (Totals{{"E256", 1}, {"I727", 1}}));
  EXPECT_EQ(totals("people", "people_met_by_sex"), (Totals{{"F", 1}, {"M", 1}}));
}

TEST_F(ReportsTest, CountsCasesByTheirPresentStateAndPrevalentCategory) {
  EXPECT_EQ(totals("cases", "cases_total"), (Totals{{"all", 2}}));
  EXPECT_EQ(totals("cases", "cases_by_state"), (Totals{{"Aperto", 1}, {"Chiuso", 1}}));
  EXPECT_EQ(totals("cases", "cases_by_category"),
            (Totals{{"Adulti", 1}, {"Famiglia e minori", 1}}));
  EXPECT_EQ(totals("cases", "cases_by_comune"), (Totals{{"E256", 1}, {"I727", 1}}));
  EXPECT_EQ(totals("cases", "state_changes"), (Totals{{"all", 4}}));
  EXPECT_EQ(totals("cases", "cases_by_sex"), (Totals{{"F", 1}, {"M", 1}}));
}

TEST_F(ReportsTest, TakesAgesOnTheDayAskedFor) {
  ReportQuery query;
  query.name = "cases";
  query.at = day(2028, 1, 31);
  EXPECT_EQ(totals(query, "cases_by_age_band"), (Totals{{"14-17", 1}, {"75+", 1}}));
  query.at = day(2028, 2, 1);
  EXPECT_EQ(totals(query, "cases_by_age_band"), (Totals{{"18-29", 1}, {"75+", 1}}));
}

TEST_F(ReportsTest, CountsInterviewsAndSumsDeliveriesThatCount) {
  EXPECT_EQ(totals("interviews", "interviews"), (Totals{{"normale", 2}, {"riservato", 1}}));
  EXPECT_EQ(totals("deliveries", "deliveries_by_prestazione"),
            (Totals{{"A1.04", 2}, {"A2.07", 1}}));
  EXPECT_EQ(totals("deliveries", "spend_cents_by_prestazione"),
            (Totals{{"A1.04", 34'748}, {"A2.07", 1}}));
}

TEST_F(ReportsTest, CountsOfACorrectedBenefitOnlyWhatTheCorrectionDelivered) {
  supersede_benefit(log, "corrected", "benefit 1", subject_of(kAnna), "A1.04");
  deliver(log, "corrected", subject_of(kAnna), 1'250);
  ASSERT_TRUE(engine->catch_up());

  EXPECT_EQ(totals("deliveries", "deliveries_by_prestazione"),
            (Totals{{"A1.04", 1}, {"A2.07", 1}}));
  EXPECT_EQ(totals("deliveries", "spend_cents_by_prestazione"),
            (Totals{{"A1.04", 1'250}, {"A2.07", 1}}));
}

TEST_F(ReportsTest, FiltersAndGroupsAsAsked) {
  ReportQuery query;
  query.name = "accesses";
  query.comune = "I727";
  EXPECT_EQ(totals(query, "accesses_total"), (Totals{{"all", 2}}));
  query.office = id_of<UnitId>("office A").hex();
  EXPECT_EQ(totals(query, "accesses_total"), (Totals{{"all", 0}}));
  query = {};
  query.name = "accesses";
  query.from = day(2025, 4, 1);
  query.group_by = {"comune", "mode"};
  EXPECT_EQ(totals(query, "accesses"), (Totals{{"E256 Di Persona", 1}, {"I727 Di Persona", 2}}));
  query = {};
  query.name = "cases";
  query.category = "2";
  query.zone = "7";
  EXPECT_EQ(totals(query, "cases_total"), (Totals{{"all", 1}}));
}

TEST_F(ReportsTest, DS20_RE06_NoReportCountsWhoeverIsPassedOver) {
  passed_over = [](const ControllerId& controller, const SubjectId& subject, const StreamId&) {
    return controller == id_of<ControllerId>("comune A") && subject == subject_of(kAnna);
  };

  EXPECT_EQ(totals("accesses", "accesses_total"), (Totals{{"all", 2}}));
  EXPECT_EQ(totals("people", "people_known_by_identifier"), (Totals{{"stp", 1}}));
  EXPECT_EQ(totals("needs", "needs"), (Totals{{"Sfratto", 1}}));
  EXPECT_EQ(totals("services", "services_requested"), (Totals{}));
  EXPECT_EQ(totals("cases", "cases_total"), (Totals{{"all", 1}}));
  EXPECT_EQ(totals("interviews", "interviews"), (Totals{{"normale", 1}}));
  EXPECT_EQ(totals("deliveries", "deliveries_by_prestazione"), (Totals{{"A2.07", 1}}));
}

TEST_F(ReportsTest, DS20_AThingThatIsPassedOverTakesWhatBelongsToItAndNothingElse) {
  StreamId thing = id_of<StreamId>("case 1");
  passed_over = [&](const ControllerId&, const SubjectId&, const StreamId& stream) {
    return stream == thing;
  };
  EXPECT_EQ(totals("cases", "cases_total"), (Totals{{"all", 1}}));
  EXPECT_EQ(totals("interviews", "interviews"), (Totals{{"normale", 1}}));
  EXPECT_EQ(totals("accesses", "accesses_total"), (Totals{{"all", 4}}));

  thing = id_of<StreamId>("interview 2");
  EXPECT_EQ(totals("cases", "cases_total"), (Totals{{"all", 2}}));
  EXPECT_EQ(totals("interviews", "interviews"), (Totals{{"normale", 2}}));

  thing = id_of<StreamId>("card 4");
  EXPECT_EQ(totals("accesses", "cards_anonymous"), (Totals{{"all", 0}}));

  thing = person_stream_of(kAnna);
  EXPECT_EQ(totals("people", "people_met_by_sex"), (Totals{{"-", 1}, {"M", 1}}))
      << "what is known of her is not used";
}

TEST_F(ReportsTest, RefusesWhatHasNoMeaning) {
  const auto code = [&](const ReportQuery& query) {
    const auto report = make_report(*engine, query, {});
    return report ? Errc::io : report.error().code;
  };
  ReportQuery query;
  query.name = "nothing";
  EXPECT_EQ(code(query), Errc::invalid_argument);
  query.name = "cases";
  query.group_by = {"mode"};
  EXPECT_EQ(code(query), Errc::invalid_argument);
  query.group_by = {};
  query.office = id_of<UnitId>("office A").hex();
  EXPECT_EQ(code(query), Errc::invalid_argument);
  query.office = {};
  query.sector = "not an id";
  EXPECT_EQ(code(query), Errc::invalid_argument);
  query.sector = {};
  query.from = day(2025, 2, 1);
  query.to = day(2025, 1, 1);
  EXPECT_EQ(code(query), Errc::invalid_argument);
}

TEST_F(ReportsTest, EveryReportHasTitlesAndStandsAtOnePosition) {
  for (const std::string& name : report_names()) {
    ReportQuery query;
    query.name = name;
    const auto report = make_report(*engine, query, {});
    ASSERT_TRUE(report) << name;
    EXPECT_EQ(report.value().position, log.size());
    EXPECT_FALSE(report.value().title.empty());
    for (const ReportSection& section : report.value().sections) {
      EXPECT_FALSE(section.title.empty());
      EXPECT_GE(section.columns.size(), 2u);
    }
  }
}

}  // namespace
}  // namespace cartella::projections
