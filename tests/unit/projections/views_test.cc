#include <gtest/gtest.h>

#include "projections/benefits.h"
#include "projections/caseload.h"
#include "projections/intake_register.h"
#include "projections/organisation.h"
#include "projections/row.h"
#include "projections/timeline.h"
#include "tests/unit/projections/ambito.h"

namespace cartella::projections {
namespace {

using namespace cartella::projections::testing;

const TestPerson kPerson{"Verdi", "Carla", "VRDCRL80E41H501A"};

struct ViewsTest : ::testing::Test {
  ViewsTest() {
    add_organisation(log);
    add_person(log, kPerson);
    engine = open_engine(new_directory("a"), log);
  }
  void catch_up() {
    ASSERT_TRUE(engine->catch_up());
    for (const ViewStatus& view : engine->statuses())
      ASSERT_FALSE(view.faulted) << view.name << " " << view.fault_detail;
  }
  SubjectId subject = subject_of(kPerson);
  TestLog log;
  std::unique_ptr<Engine> engine;
};

TEST_F(ViewsTest, TheOrganisationIsReadWithItsLabels) {
  catch_up();

  const auto read = read_organisation(*engine);

  ASSERT_TRUE(read);
  const Organisation& organisation = read.value();
  EXPECT_EQ(organisation.enti.at(id_of<UnitId>("comune A")).belfiore, "E256");
  EXPECT_EQ(organisation.zones.at(id_of<UnitId>("zone 7")).code, "7");
  EXPECT_EQ(organisation.offices.at(id_of<UnitId>("office B")).ente, id_of<UnitId>("comune B"));
  EXPECT_EQ(organisation.needs.at(id_of<UnitId>("Affido")).label, "Affido");
  EXPECT_EQ(organisation.categories.at("2").label, "Adulti");
  EXPECT_EQ(organisation.operators.at(id_of<OperatorId>("operator 1")).username, "operatore001");
}

TEST_F(ViewsTest, TheOrganisationListsRolesAndThoseThatWereRevoked) {
  const auto worker = id_of<OperatorId>("operator 1");
  const auto sector = id_of<UnitId>("sector A");
  grant_role(log, "operator 1", "coordinatore", sector);
  grant_role(log, "operator 1", "dpo", {});
  revoke_role(log, "operator 1", "coordinatore", sector);
  revoke_role(log, "operator 1", "auditor", sector);
  catch_up();

  const auto roles = read_organisation(*engine).value().roles;

  ASSERT_EQ(roles.size(), 2u) << "what was never granted is not listed";
  EXPECT_EQ(roles[0].role, "dpo");
  EXPECT_TRUE(roles[0].unit.is_zero());
  EXPECT_FALSE(roles[0].revoked);
  EXPECT_EQ(roles[0].from, INT32_MIN);
  EXPECT_EQ(roles[0].to, day(2027, 1, 1).days);
  EXPECT_EQ(roles[1].operator_id, worker);
  EXPECT_EQ(roles[1].role, "coordinatore");
  EXPECT_EQ(roles[1].unit, sector);
  EXPECT_EQ(roles[1].act, "Determina di prova");
  EXPECT_EQ(roles[1].granted_by, id_of<OperatorId>("operator 2"));
  EXPECT_TRUE(roles[1].revoked);
}

TEST_F(ViewsTest, ATimelineTellsWhatLeftTheDuplicateAndTheRequestOfAPerson) {
  add_rights_events(log, kPerson);
  catch_up();

  TimelineQuery query;
  query.subject = subject;
  const auto entries = read_timeline(*engine, query).value();

  std::vector<std::string> labels;
  for (const TimelineEntry& entry : entries) labels.push_back(event_label(entry.type));
  ASSERT_GE(labels.size(), 4u);
  EXPECT_EQ(std::vector(labels.end() - 4, labels.end()),
            (std::vector<std::string>{"Dati comunicati", "Documento rilasciato",
                                      "Possibile doppione segnalato",
                                      "Richiesta di esercizio dei diritti"}));
}

TEST_F(ViewsTest, ACaseFileFoldsStateCategoriesOperatorsAndItems) {
  const StreamId stream = add_case(log, "case", subject);
  change_state(log, "case", subject, CaseState::none, CaseState::aperto);
  change_state(log, "case", subject, CaseState::aperto, CaseState::preso_in_carico);
  set_category(log, "case", subject, "1", true);
  set_category(log, "case", subject, "2", true);
  assign_operator(log, "case", subject, "operator 1", true);
  assign_operator(log, "case", subject, "operator 2", true);
  add_interview(log, "interview", "case", subject, true);
  add_benefit(log, "benefit", "case", subject, "A1.04");
  catch_up();

  const auto file = read_case_file(*engine, stream);

  ASSERT_TRUE(file);
  const CaseRecord& record = file.value().record;
  EXPECT_EQ(record.state, CaseState::preso_in_carico);
  EXPECT_EQ(record.state_changes, 2u) << "the opening told twice counts once";
  EXPECT_EQ(prevalent_category(record), "2");
  ASSERT_EQ(record.categories.size(), 2u);
  EXPECT_FALSE(record.categories.front().prevalent);
  ASSERT_EQ(record.operators.size(), 2u);
  EXPECT_FALSE(record.operators.front().responsible) << "one responsible at a time";
  EXPECT_TRUE(record.operators.back().responsible);
  ASSERT_EQ(file.value().items.size(), 2u);
  EXPECT_TRUE(file.value().items.front().withheld);
  EXPECT_EQ(file.value().items.back().stream, id_of<StreamId>("benefit"));
  EXPECT_EQ(cases_of_subject(*engine, subject).value(), std::vector<StreamId>{stream});
  EXPECT_EQ(read_case_file(*engine, id_of<StreamId>("none")).error().code, Errc::not_found);
}

TEST_F(ViewsTest, ACaseReadWithoutItsItemsIsTheOneInItsFile) {
  const StreamId stream = add_case(log, "case", subject);
  assign_operator(log, "case", subject, "operator 1", true);
  add_interview(log, "interview", "case", subject, true);
  catch_up();

  const auto record = read_case_record(*engine, stream);

  ASSERT_TRUE(record);
  EXPECT_EQ(record.value().operators.size(), 1u);
  EXPECT_EQ(encode_row(record.value()), encode_row(read_case_file(*engine, stream).value().record));
  EXPECT_EQ(read_case_record(*engine, id_of<StreamId>("none")).error().code, Errc::not_found);
}

TEST_F(ViewsTest, AnEndedCategoryOrOperatorLeavesTheCase) {
  const StreamId stream = add_case(log, "case", subject);
  set_category(log, "case", subject, "1", true);
  set_category(log, "case", subject, "1", true, true);
  assign_operator(log, "case", subject, "operator 1", true);
  assign_operator(log, "case", subject, "operator 1", true, true);
  catch_up();

  const auto file = read_case_file(*engine, stream);

  ASSERT_TRUE(file);
  EXPECT_EQ(prevalent_category(file.value().record), "");
  EXPECT_TRUE(file.value().record.operators.empty());
}

TEST_F(ViewsTest, TheCaseloadFollowsAssignmentsAndSectors) {
  const auto operator_1 = id_of<OperatorId>("operator 1");
  const auto operator_2 = id_of<OperatorId>("operator 2");
  add_case(log, "case", subject);
  assign_operator(log, "case", subject, "operator 1", true);
  assign_operator(log, "case", subject, "operator 2", false);
  catch_up();
  ASSERT_EQ(caseload_of_operator(*engine, operator_1).value().size(), 1u);
  EXPECT_TRUE(caseload_of_operator(*engine, operator_1).value().front().responsible);
  EXPECT_FALSE(caseload_of_operator(*engine, operator_2).value().front().responsible);
  EXPECT_EQ(caseload_of_sector(*engine, id_of<UnitId>("sector A")).value().size(), 1u);

  assign_operator(log, "case", subject, "operator 2", false, true);
  change_state(log, "case", subject, CaseState::aperto, CaseState::segnalato, "sector B");
  catch_up();

  EXPECT_TRUE(caseload_of_operator(*engine, operator_2).value().empty());
  EXPECT_TRUE(caseload_of_sector(*engine, id_of<UnitId>("sector A")).value().empty());
  EXPECT_EQ(caseload_of_sector(*engine, id_of<UnitId>("sector B")).value().size(), 1u);
  const auto counts = caseload_counts(*engine, {});
  ASSERT_EQ(counts.value().size(), 1u);
  EXPECT_EQ(counts.value().front().state, CaseState::segnalato);
  EXPECT_EQ(counts.value().front().operator_id, operator_1);
  EXPECT_EQ(counts.value().front().cases, 1u);
}

TEST_F(ViewsTest, DS20_CountsAndTheRegisterLeaveOutWhatIsPassedOver) {
  const StreamId case_stream = add_case(log, "case", subject);
  add_case(log, "other case", subject);
  TestCard card;
  card.subject = subject;
  const StreamId early = add_card(log, "early", card);
  card.access_date = day(2025, 3, 12);
  const StreamId late = add_card(log, "late", card);
  catch_up();
  const PassedOver passed_over = [&](const ControllerId& controller, const SubjectId& whom,
                                     const StreamId& stream) {
    EXPECT_EQ(controller, id_of<ControllerId>("comune A"));
    EXPECT_EQ(whom, subject);
    return stream == case_stream || stream == early;
  };

  const auto counts = caseload_counts(*engine, passed_over);
  CardQuery query;
  query.passed_over = passed_over;
  query.cards_max = 1;
  const auto cards = find_cards(*engine, query);

  ASSERT_EQ(counts.value().size(), 1u);
  EXPECT_EQ(counts.value().front().cases, 1u);
  ASSERT_EQ(cards.value().size(), 1u);
  EXPECT_EQ(cards.value().front().stream, late) << "it uses up no place of the list";
}

TEST_F(ViewsTest, TheRegisterGivesCardsByOfficeAndDate) {
  TestCard card;
  card.subject = subject;
  card.needs = {"Affido", "Sfratto"};
  card.access_date = day(2025, 3, 11);
  const StreamId late = add_card(log, "late", card);
  card.access_date = day(2025, 3, 10);
  const StreamId early = add_card(log, "early", card);
  card.office = "office B";
  card.access_date = day(1969, 12, 31);
  const StreamId elsewhere = add_card(log, "elsewhere", card);
  catch_up();

  CardQuery query;
  query.office = id_of<UnitId>("office A");
  const auto of_office = find_cards(*engine, query);
  ASSERT_EQ(of_office.value().size(), 2u);
  EXPECT_EQ(of_office.value().front().stream, early);
  EXPECT_EQ(of_office.value().back().stream, late);
  EXPECT_EQ(of_office.value().front().card.needs.size(), 2u);

  query.from = day(2025, 3, 11);
  EXPECT_EQ(find_cards(*engine, query).value().front().stream, late);
  CardQuery old;
  old.to = day(1970, 1, 1);
  ASSERT_EQ(find_cards(*engine, old).value().size(), 1u);
  EXPECT_EQ(find_cards(*engine, old).value().front().stream, elsewhere);
  CardQuery limited;
  limited.cards_max = 1;
  EXPECT_EQ(find_cards(*engine, limited).value().size(), 1u);
  EXPECT_EQ(read_card(*engine, early).value().number, 1);
  EXPECT_EQ(read_card(*engine, id_of<StreamId>("none")).error().code, Errc::not_found);
}

TEST_F(ViewsTest, ADeliveryThatSupersedesAnotherTakesItsPlace) {
  const StreamId stream = add_benefit(log, "benefit", "case", subject, "A1.04");
  const std::uint64_t wrong = deliver(log, "benefit", subject, 10'000);
  deliver(log, "benefit", subject, 500);
  deliver(log, "benefit", subject, 1'000, log.event_id_at(wrong));
  deliver(log, "benefit", subject, 1'100, log.event_id_at(wrong));
  catch_up();

  const auto file = read_benefit(*engine, stream);

  ASSERT_TRUE(file);
  EXPECT_EQ(file.value().deliveries.size(), 4u);
  EXPECT_TRUE(file.value().deliveries.front().superseded);
  EXPECT_EQ(file.value().benefit.delivery_count, 3u);
  EXPECT_EQ(file.value().benefit.delivered_cents, 2'600);
  EXPECT_EQ(benefits_of_subject(*engine, subject).value().size(), 1u);
}

TEST_F(ViewsTest, ASupersededBenefitNamesTheOneThatTookItsPlace) {
  const StreamId old = add_benefit(log, "benefit", "case", subject, "A1.04");
  deliver(log, "benefit", subject, 10'000);
  const StreamId corrected = supersede_benefit(log, "corrected", "benefit", subject, "A1.05");
  catch_up();

  const auto before = read_benefit(*engine, old).value().benefit;
  const auto after = read_benefit(*engine, corrected).value().benefit;

  EXPECT_EQ(before.superseded_by, corrected);
  EXPECT_EQ(before.delivered_cents, 10'000) << "what was delivered under it stays to be read";
  EXPECT_EQ(after.supersedes, old);
  EXPECT_TRUE(after.superseded_by.is_zero());
  EXPECT_EQ(after.dsu_number, "INPS-ISEE-2025-1");
  EXPECT_EQ(after.dsu_year, 2025);
  EXPECT_EQ(after.dsu_date, day(2025, 1, 15).days);
}

TEST_F(ViewsTest, ASumOutOfRangeFaultsTheBenefitsAlone) {
  add_benefit(log, "benefit", "case", subject, "A1.04");
  deliver(log, "benefit", subject, INT64_MAX);
  deliver(log, "benefit", subject, 1);
  ASSERT_TRUE(engine->catch_up());

  for (const ViewStatus& view : engine->statuses())
    EXPECT_EQ(view.faulted, view.name == kBenefitsView) << view.name;
}

TEST_F(ViewsTest, TheTimelineTellsOfAStreamAPersonAndACase) {
  const StreamId case_stream = add_case(log, "case", subject);
  add_interview(log, "interview", "case", subject, false);
  const StreamId benefit = add_benefit(log, "benefit", "case", subject, "A1.04");
  const std::uint64_t delivery = deliver(log, "benefit", subject, 5);
  catch_up();

  TimelineQuery of_case;
  of_case.case_stream = case_stream;
  const auto entries = read_timeline(*engine, of_case);
  ASSERT_EQ(entries.value().size(), 4u) << "a delivery belongs to its benefit's case";
  EXPECT_EQ(entries.value().back().position, delivery);
  EXPECT_EQ(entries.value().back().actor, id_of<OperatorId>("operator 1"));
  EXPECT_EQ(entries.value().back().recorded_at_us, log.time_at(delivery).us);
  EXPECT_FALSE(event_label(entries.value().back().type).empty());

  of_case.before = delivery;
  EXPECT_EQ(read_timeline(*engine, of_case).value().size(), 3u);
  TimelineQuery of_stream;
  of_stream.stream = benefit;
  EXPECT_EQ(read_timeline(*engine, of_stream).value().size(), 2u);
  TimelineQuery of_person;
  of_person.subject = subject;
  EXPECT_EQ(read_timeline(*engine, of_person).value().size(), 5u);
  of_person.stream = benefit;
  EXPECT_EQ(read_timeline(*engine, of_person).error().code, Errc::invalid_argument);
  EXPECT_EQ(event_label(static_cast<schema::EventType>(9999)), "Evento 9999");
}

TEST_F(ViewsTest, TheTimelineNamesStatesCodesAndAmountsAndNoText) {
  add_case(log, "case", subject);
  set_category(log, "case", subject, "1", true);
  change_state(log, "case", subject, CaseState::aperto, CaseState::preso_in_carico);
  add_interview(log, "interview", "case", subject, false);
  add_benefit(log, "benefit", "case", subject, "A1.04");
  deliver(log, "benefit", subject, 15'000);
  catch_up();

  TimelineQuery of_case;
  of_case.case_stream = id_of<StreamId>("case");
  const auto entries = read_timeline(*engine, of_case).value();

  std::vector<std::string> details;
  for (const TimelineEntry& entry : entries) details.push_back(entry.detail);
  EXPECT_EQ(details, (std::vector<std::string>{"", "1", "Preso in carico", "", "A1.04", ""}));
  EXPECT_EQ(entries.back().cents, 15'000);
  EXPECT_EQ(entries.front().cents, -1);
}

TEST_F(ViewsTest, TheTimelineOfADayHoldsWhatWasValidThen) {
  const auto stream = id_of<StreamId>("somebody else");
  const auto move = [&](std::optional<Date> from, std::optional<Date> to) {
    EventFacts facts;
    facts.type = schema::EventType::residence_recorded;
    facts.stream = stream;
    facts.subject = subject;
    facts.valid_from = from;
    facts.valid_to = to;
    return log.add<schema::ResidenceRecorded>(
        facts, [](auto body) { body.initAddress().setComune("I727"); });
  };
  const std::uint64_t spring = move(day(2025, 3, 1), day(2025, 5, 31));
  const std::uint64_t summer = move(day(2025, 6, 1), {});
  catch_up();

  const auto at = [&](Date day_asked) {
    TimelineQuery query;
    query.stream = stream;
    query.valid_at = day_asked;
    const auto entries = read_timeline(*engine, query).value();
    std::vector<std::uint64_t> positions;
    for (const TimelineEntry& entry : entries) positions.push_back(entry.position);
    return positions;
  };
  using Positions = std::vector<std::uint64_t>;
  EXPECT_EQ(at(day(2025, 2, 28)), Positions{});
  EXPECT_EQ(at(day(2025, 3, 1)), Positions{spring});
  EXPECT_EQ(at(day(2025, 5, 31)), Positions{spring});
  EXPECT_EQ(at(day(2030, 1, 1)), Positions{summer});
}

}  // namespace
}  // namespace cartella::projections
