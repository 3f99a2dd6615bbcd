// CR-01 to CR-07: a person and an item are forgotten by a whole installation.
#include "ops/erasing.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/local_time.h"
#include "cases/kept_texts.h"
#include "cases/retention_duty.h"
#include "crypto/command_id.h"
#include "keeping/certificate.h"
#include "keeping/erasure_register.h"
#include "projections/person_index.h"
#include "projections/texts.h"
#include "projections/timeline.h"
#include "store/verify.h"
#include "tests/support/canary.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

using keeping::ErasureStep;
using ops::finish_erasures;
using ops::Workspace;

constexpr const char* kCanary = "Canarinovolante";
constexpr const char* kWords = "zampognarismo";

class ErasingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("erasing-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    opening.with_executor = true;
    opening.fast_passphrase = true;
    opening.disk_reserve = false;
    ops::Options options;
    options.ambito = "Ambito di prova";
    options.mode = "test";
    auto made = Workspace::create(dir, crypto::Passphrase{"prova"}, options, opening);
    ASSERT_TRUE(made) << made.error().detail;
    workspace = std::move(made).value();
    ASSERT_TRUE(workspace->finish_creation().has_value());
    for (const Command& command : organisation_commands())
      if (!std::holds_alternative<DefineAmbito>(command)) must(command);
    register_doomed();
    other = must(person_with("RSSMRA80A01H501U", "Rossi"));
    other_case = open_case(other);
  }
  void TearDown() override {
    workspace.reset();
    std::filesystem::remove_all(dir);
  }

  void register_doomed() {
    doomed = must(person_with("PRVFTZ59A41D653B", kCanary));
    doomed_case = open_case(doomed);
    doomed_note = note(doomed_case, kWords);
    subject = subject_of(doomed);
  }
  CommandContext context(const OperatorId& actor = kWorker) {
    CommandContext made;
    made.command_id = crypto::new_command_id(workspace->clock());
    made.actor = actor;
    made.controller = controller_of(kEnte);
    made.occurred_at = workspace->clock().wall();
    return made;
  }
  Result<Outcome> run(const Command& command, const OperatorId& actor = kWorker) {
    return workspace->executor().execute(context(actor), command);
  }
  StreamId must(const Command& command) {
    const auto outcome = run(command);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().detail);
    return outcome ? outcome.value().stream : StreamId{};
  }
  StreamId open_case(const StreamId& person) {
    return must(OpenCase{person, {}, 0, "", {}, kSector, kWorker});
  }
  StreamId note(const StreamId& of_case, const std::string& text,
                std::vector<SubjectId> mentions = {}) {
    return must(RecordNote{of_case, text, false, kWorker, std::move(mentions)});
  }
  SubjectId subject_of(const StreamId& person) {
    EXPECT_TRUE(workspace->engine().catch_up());
    return projections::read_person(workspace->engine(), person).value().subject;
  }
  EventId propose(const StreamId& target, const std::string& scope,
                  std::vector<std::uint64_t> mentions = {}) {
    const auto outcome =
        run(ProposeErasure{scope, target, "termine trascorso", {}, std::move(mentions)});
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().detail);
    return outcome.value().receipt.command_id;
  }
  void decide(const EventId& proposal, std::vector<std::uint64_t> kept = {},
              std::vector<std::uint64_t> erased = {}) {
    const auto outcome =
        run(DecideErasure{proposal, "erase", "", std::move(kept), std::move(erased)}, kColleague);
    ASSERT_TRUE(outcome) << outcome.error().detail;
  }
  void reopen() {
    workspace.reset();
    auto opened = Workspace::open(dir, crypto::Passphrase{"prova"}, opening);
    ASSERT_TRUE(opened) << opened.error().detail;
    workspace = std::move(opened).value();
  }
  OrganisationState::Erasure::Standing standing(const EventId& proposal) {
    return workspace->executor().organisation()->erasures.at(proposal).standing;
  }
  // The first bytes of every sealed segment of the stream, as they lie on the disk.
  std::vector<std::string> sealed_bytes(const StreamId& stream) {
    std::vector<std::string> found;
    const auto events = workspace->store().read_stream(stream, 0, 1000).value();
    for (const auto& event : events)
      for (const Bytes& segment : event.body.segments)
        if (segment.size() >= 64) found.emplace_back(segment.end() - 48, segment.end());
    return found;
  }
  std::size_t files_with(const std::vector<std::string>& needles) {
    return tests::files_with(dir, needles);
  }
  Result<keeping::ErasureExtent> dry_run(const ControllerId& controller, const StreamId& target) {
    return keeping::dry_run_erasure(workspace->store(), workspace->vault(), workspace->engine(),
                                    controller, target);
  }
  void expect_sound() {
    EXPECT_TRUE(store::verify_log(workspace->store(), {}).value().is_sound());
    const auto views = workspace->engine().compare_all_with_rebuild().value();
    for (const auto& view : views)
      EXPECT_TRUE(view.equal) << view.name << ' ' << view.first_difference;
  }
  bool is_known(const StreamId& person) {
    return projections::read_person(workspace->engine(), person).has_value();
  }
  void expect_forgotten() {
    EXPECT_FALSE(is_known(doomed));
    EXPECT_FALSE(projections::read_text(workspace->engine(), doomed_note));
    projections::TimelineQuery query;
    query.subject = subject;
    EXPECT_TRUE(projections::read_timeline(workspace->engine(), query).value().empty());
    EXPECT_TRUE(workspace->vault()
                    .owner_keys_of(schema::KeyDomain::subject, subject.bytes, controller_of(kEnte))
                    .empty());
    EXPECT_TRUE(is_known(other)) << "nobody else changes";
  }

  std::filesystem::path dir;
  ops::WorkspaceOptions opening;
  std::unique_ptr<Workspace> workspace;
  StreamId doomed, doomed_case, doomed_note, other, other_case;
  SubjectId subject;
};

TEST_F(ErasingTest, CR04_CR05_AnErasedPersonStandsInNoFileAndNobodyElseChanges) {
  const std::uint64_t proved_at = workspace->store().size() - 1;
  std::vector<std::string> bytes;
  for (const StreamId& stream : {doomed, doomed_case, doomed_note})
    for (auto& each : sealed_bytes(stream)) bytes.push_back(std::move(each));
  ASSERT_GE(bytes.size(), 6u);
  ASSERT_GE(files_with(bytes), bytes.size()) << "the search finds them before";
  const auto kept = sealed_bytes(other);
  const EventId proposal = propose(doomed, "person");
  decide(proposal);

  ASSERT_EQ(finish_erasures(*workspace).value(), 1u);

  EXPECT_EQ(standing(proposal), OrganisationState::Erasure::Standing::completed);
  expect_forgotten();
  EXPECT_EQ(files_with(bytes), 0u);
  EXPECT_GE(files_with(kept), kept.size());
  EXPECT_TRUE(tests::find_canaries(dir, {kCanary, kWords, "PRVFTZ59A41D653B"}).empty());
  EXPECT_TRUE(workspace->store().prove(proved_at));
  expect_sound();
  EXPECT_EQ(finish_erasures(*workspace).value(), 0u);
}

TEST_F(ErasingTest, CR02_CR03_AnItemGoesAloneAndItsPersonStays) {
  const auto bytes = sealed_bytes(doomed_note);
  const EventId proposal = propose(doomed_note, "item");
  decide(proposal);
  ASSERT_EQ(finish_erasures(*workspace).value(), 1u);
  EXPECT_EQ(files_with(bytes), 0u);
  EXPECT_FALSE(projections::read_text(workspace->engine(), doomed_note));
  EXPECT_TRUE(is_known(doomed));
  expect_sound();
  reopen();
  EXPECT_TRUE(is_known(doomed));
}

TEST_F(ErasingTest, CR07_FromTheDecisionOnNothingIsWrittenAndTheCodiceIsFreeAfterwards) {
  const EventId proposal = propose(doomed, "person");
  decide(proposal);
  EXPECT_TRUE(
      workspace->executor().organisation()->is_erasing(controller_of(kEnte), subject, doomed_case));
  EXPECT_FALSE(run(RecordNote{doomed_case, "tardi", false, kWorker, {}}));
  ASSERT_TRUE(finish_erasures(*workspace));
  EXPECT_FALSE(run(RecordNote{doomed_case, "tardi", false, kWorker, {}}));
  const auto again = run(person_with("PRVFTZ59A41D653B", "Nuova"));
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_NE(again.value().subject, subject);
}

TEST_F(ErasingTest, CR04_AStopAfterAnyStepIsFinishedByTheNextOpening) {
  for (const ErasureStep last :
       {ErasureStep::fenced, ErasureStep::registered, ErasureStep::keys_destroyed,
        ErasureStep::log_purged, ErasureStep::views_rebuilt}) {
    SCOPED_TRACE(keeping::erasure_step_word(last));
    if (last != ErasureStep::fenced) register_doomed();
    const auto bytes = sealed_bytes(doomed_note);
    const EventId proposal = propose(doomed, "person");
    decide(proposal);
    const auto stopped =
        finish_erasures(*workspace, [&](const EventId&, ErasureStep step) -> Status {
          return step == last ? Status(fail(Errc::unavailable, "stopped")) : ok();
        });
    ASSERT_FALSE(stopped);

    reopen();

    EXPECT_EQ(standing(proposal), OrganisationState::Erasure::Standing::completed);
    expect_forgotten();
    EXPECT_EQ(files_with(bytes), 0u);
    expect_sound();
  }
}

TEST_F(ErasingTest, ADryRunListsAnInterviewAboutAnotherThatWasHeldWithThePerson) {
  RecordInterview interview;
  interview.case_stream = other_case;
  interview.text = "si concorda un nuovo colloquio";
  interview.with_whom = std::string("Fittizia ") + kCanary + ", vicina di casa";
  interview.worker = kWorker;
  interview.held_at = SystemClock().wall();
  const StreamId held = must(interview);
  const auto extent = dry_run(controller_of(kEnte), doomed).value();
  ASSERT_EQ(extent.mentions.size(), 1u);
  EXPECT_EQ(extent.mentions[0].stream, held);
  EXPECT_FALSE(extent.mentions[0].is_listed);
}

TEST_F(ErasingTest, ADryRunCountsAndListsEveryTextOfOthersThatSpeaksOfThePerson) {
  const StreamId listed = note(other_case, "il vicino di casa", {subject});
  const StreamId named = note(other_case, std::string("litiga con FITTIZIA ") + kCanary);
  const StreamId numbered =
      note(other_case, "il padre, cod. fisc. prvftz 59a41 d653b, non risponde");
  note(other_case, "niente");
  const auto extent = dry_run(controller_of(kEnte), doomed).value();
  EXPECT_EQ(extent.streams.size(), 3u);
  EXPECT_EQ(extent.subject, subject);
  EXPECT_GE(extent.events, 3u);
  EXPECT_GT(extent.segments, extent.events);
  ASSERT_EQ(extent.mentions.size(), 3u);
  EXPECT_EQ(extent.mentions[0].stream, listed);
  EXPECT_TRUE(extent.mentions[0].is_listed);
  EXPECT_EQ(extent.mentions[1].stream, named);
  EXPECT_FALSE(extent.mentions[1].is_listed);
  EXPECT_EQ(extent.mentions[2].stream, numbered);
  EXPECT_FALSE(extent.mentions[2].is_listed);
  EXPECT_EQ(dry_run(controller_of(kOtherEnte), doomed).error().code, Errc::not_found);

  const EventId proposal =
      propose(doomed, "person", {extent.mentions[0].position, extent.mentions[1].position});
  decide(proposal, {extent.mentions[0].position}, {extent.mentions[1].position});
  ASSERT_TRUE(finish_erasures(*workspace));
  EXPECT_TRUE(projections::read_text(workspace->engine(), listed)) << "kept by decision";
  EXPECT_FALSE(projections::read_text(workspace->engine(), named));
  EXPECT_TRUE(is_known(other));
}

TEST_F(ErasingTest, ADryRunFindsEarlierNamesAndIdentifiersToo) {
  RecordIdentity renamed;
  renamed.person = doomed;
  renamed.identity.surname = "Nuovocognome";
  renamed.identity.name = "Fittizia";
  renamed.reason = "matrimonio";
  must(renamed);
  const StreamId former = note(other_case, std::string("la signora fittizia ") + kCanary);
  const StreamId present = note(other_case, "la signora Fittizia Nuovocognome");
  note(other_case, "la signora Nuovocognome");
  const auto mentions = dry_run(controller_of(kEnte), doomed).value().mentions;
  ASSERT_EQ(mentions.size(), 2u);
  EXPECT_EQ(mentions[0].stream, former);
  EXPECT_EQ(mentions[1].stream, present);
}

TEST_F(ErasingTest, A4_AfterTheLastControllerThePersonsClaimsCannotBeAskedWithAnOlderCopy) {
  auto& vault = workspace->vault();
  const EventId first = propose(doomed_note, "item");
  decide(first);
  ASSERT_TRUE(finish_erasures(*workspace));
  EXPECT_TRUE(vault.has_named("claims").value()) << "the person is known still";
  CommandContext elsewhere = context();
  elsewhere.controller = controller_of(kOtherEnte);
  ASSERT_TRUE(workspace->executor().execute(elsewhere, person_with("PRVFTZ59A41D653B", kCanary)));
  const EventId second = propose(doomed, "person");
  decide(second);
  ASSERT_TRUE(finish_erasures(*workspace));
  EXPECT_TRUE(vault.has_named("claims").value()) << "another controller knows the person";

  const StreamId last = must(person_with("VRDGPP80A01H501U", "Verdi"));
  const EventId third = propose(last, "person");
  decide(third);
  ASSERT_TRUE(finish_erasures(*workspace));

  EXPECT_FALSE(vault.has_named("claims").value());
  EXPECT_FALSE(run(person_with("RSSMRA80A01H501U", "Rossi"))) << "others stay unique";
  EXPECT_TRUE(run(person_with("VRDGPP80A01H501U", "Verdi"))) << "the code is free";
}

TEST_F(ErasingTest, DS18_DS20_ADutyToKeepThatRunsRestrictsByItself) {
  const auto set_rule = [&](const std::string& category, std::int64_t months) {
    const auto done = workspace->executor().execute(
        context(), SetRetentionRule{category, months, "piano di conservazione"});
    ASSERT_TRUE(done) << done.error().detail;
  };
  using Standing = OrganisationState::Erasure::Standing;
  const auto decided_on = [&](const StreamId& target, const std::string& scope,
                              std::optional<Date> today = {}) {
    const EventId proposal = propose(target, scope);
    CommandContext by = context(kColleague);
    by.today = today;
    EXPECT_TRUE(workspace->executor().execute(by, DecideErasure{proposal, "erase", "", {}, {}}));
    const auto restrictions = workspace->executor().organisation()->restrictions;
    for (const auto& [id, cover] : restrictions)
      EXPECT_TRUE(workspace->executor().execute(
          context(), LiftRestriction{id, "lettera", "fine della prova"}));
    return standing(proposal);
  };
  set_rule("case_file", 120);
  EXPECT_EQ(decided_on(doomed_note, "item"), Standing::restricted) << "its case is open";
  EXPECT_EQ(decided_on(doomed, "person"), Standing::restricted);
  ChangeCaseState closed;
  closed.case_stream = doomed_case;
  closed.state = CaseStatus::chiuso;
  must(closed);
  EXPECT_EQ(decided_on(doomed, "person"), Standing::restricted) << "120 months have begun";
  const Date today = local_day(workspace->clock().wall());
  EXPECT_EQ(decided_on(doomed_note, "item", Date{months_later(today, 120).days - 1}),
            Standing::restricted);
  set_rule("case_file", 0);
  EXPECT_EQ(decided_on(doomed_note, "item"), Standing::erasing) << "it ended with the case";
  set_rule("person_file", 12);
  EXPECT_EQ(decided_on(doomed, "person"), Standing::restricted);
  EXPECT_EQ(decided_on(doomed, "person", months_later(today, 12)), Standing::erasing);
}

TEST_F(ErasingTest, CR04_WhatHoldsAnotherPersonsTextStopsItFromGoingAsAMention) {
  note(other_case, "il vicino di casa", {subject});
  const std::uint64_t position = dry_run(controller_of(kEnte), doomed).value().mentions[0].position;
  const EventId proposal = propose(doomed, "person", {position});
  const auto kept = [&] {
    return kept_texts(workspace->store(), workspace->vault(), *workspace->executor().organisation(),
                      controller_of(kEnte), {position, 0}, local_day(workspace->clock().wall()))
        .value();
  };
  const auto expect_held = [&](const std::string& why) {
    const auto said = run(DecideErasure{proposal, "erase", "", {}, {position}}, kColleague);
    ASSERT_FALSE(said);
    EXPECT_EQ(refusal_code(said.error()), "mention_held");
    EXPECT_NE(said.error().detail.find("posizione " + std::to_string(position)), std::string::npos);
    EXPECT_NE(said.error().detail.find(why), std::string::npos) << said.error().detail;
    ASSERT_EQ(kept().size(), 1u);
    EXPECT_EQ(kept().at(position).substr(0, why.size()), why);
  };
  EXPECT_TRUE(kept().empty());
  for (const std::vector<StreamId>& items : {std::vector<StreamId>{}, {other_case}}) {
    const auto hold = run(PlaceLegalHold{other, items, "decreto", "tribunale", {}});
    ASSERT_TRUE(hold);
    expect_held("vincolo legale");
    must(LiftLegalHold{hold.value().receipt.command_id, "decreto 2"});
  }
  const auto restriction = run(RestrictProcessing{other, {}, "contestazione"});
  ASSERT_TRUE(restriction);
  expect_held("limitazione del trattamento");
  must(LiftRestriction{restriction.value().receipt.command_id, "lettera", "fine"});
  must(SetRetentionRule{"case_file", 120, "piano di conservazione"});
  expect_held("obbligo di conservazione di case_file");
  must(SetRetentionRule{"case_file", 0, "piano di conservazione"});
  ChangeCaseState closed;
  closed.case_stream = other_case;
  closed.state = CaseStatus::chiuso;
  must(closed);
  closed.case_stream = doomed_case;
  must(closed);
  EXPECT_TRUE(kept().empty());
  decide(proposal, {}, {position});
  EXPECT_EQ(standing(proposal), OrganisationState::Erasure::Standing::erasing);
}

TEST_F(ErasingTest, CR04_AHoldOnACaseHoldsEachTextInIt) {
  const StreamId held = note(doomed_case, "nel caso vincolato", {});
  const auto erased = [&] {
    const EventId proposal = propose(held, "item");
    decide(proposal);
    return standing(proposal);
  };
  const auto hold = run(PlaceLegalHold{doomed, {doomed_case}, "decreto", "tribunale", {}});
  ASSERT_TRUE(hold);
  EXPECT_EQ(erased(), OrganisationState::Erasure::Standing::restricted);
  must(LiftLegalHold{hold.value().receipt.command_id, "decreto 2"});
  const auto on_other = run(PlaceLegalHold{doomed, {doomed}, "decreto 3", "tribunale", {}});
  ASSERT_TRUE(on_other);
  EXPECT_EQ(erased(), OrganisationState::Erasure::Standing::erasing) << "the text is not in it";
}

TEST(RetentionDuty, TheMonthsEndOnTheSameDayOrOnTheLastOfTheMonth) {
  const auto day = [](int year, int month, int of) { return *make_date(year, month, of); };
  EXPECT_EQ(months_later(day(2026, 1, 31), 1), day(2026, 2, 28));
  EXPECT_EQ(months_later(day(2027, 12, 31), 2), day(2028, 2, 29));
  EXPECT_EQ(months_later(day(2026, 6, 15), 120), day(2036, 6, 15));
  EXPECT_EQ(months_later(day(2026, 6, 15), 0), day(2026, 6, 15));
}

TEST_F(ErasingTest, TheCertificateIsWhatTheLogAttestsAndTheRegisterListsTheKeys) {
  const EventId proposal = propose(doomed, "person");
  const auto erasure = [&] { return workspace->executor().organisation()->erasures.at(proposal); };
  decide(proposal);
  EXPECT_EQ(keeping::read_certificate(workspace->store(), proposal, erasure()).error().code,
            Errc::not_found);
  ASSERT_TRUE(finish_erasures(*workspace));
  const auto certificate =
      keeping::read_certificate(workspace->store(), proposal, erasure()).value();
  EXPECT_NE(certificate.text.find(proposal.hex()), std::string::npos);
  EXPECT_EQ(certificate.text.find(kCanary), std::string::npos);
  const std::int64_t days =
      (certificate.final_at.us - certificate.completed_at.us) / 86'400'000'000;
  EXPECT_GE(days, 29);
  EXPECT_LE(days, 30);
  auto altered = erasure();
  altered.decided_position += 1;
  EXPECT_EQ(keeping::read_certificate(workspace->store(), proposal, altered).error().code,
            Errc::corrupt);
  const auto records =
      keeping::read_erasures(workspace->register_folder(), workspace->store().log_id(),
                             workspace->register_key().public_key())
          .value();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].streams.size(), 3u);
  EXPECT_FALSE(records[0].owner_keys.empty());
}

TEST_F(ErasingTest, CR04_ALookThatWasBuiltBeforeMakesNoKeyOnceTheKeysAreGone) {
  Viewer viewer;
  viewer.operator_id = kWorker;
  viewer.client_id = viewer.auth_context = "prova";
  Look look;
  look.request_id.bytes.fill(7);
  look.controller = controller_of(kEnte);
  look.subjects = {subject};
  look.target = look.purpose = look.reason = "prova";
  ASSERT_TRUE(workspace->access_log().record(viewer, look));
  decide(propose(doomed, "person"));
  ASSERT_TRUE(finish_erasures(*workspace, [&](const EventId&, ErasureStep step) -> Status {
    if (step != ErasureStep::keys_destroyed) return ok();
    CARTELLA_TRY(workspace->access_log().record(viewer, look));
    return ok();
  }));
  expect_forgotten();  // the vault knows no key of the person's
}

TEST_F(ErasingTest, WritersThatRaceWithAnErasureWriteBeforeItOrAreRefused) {
  const EventId proposal = propose(doomed, "person");
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i)
    writers.emplace_back([&, i] {
      while (!ended.load()) {
        const bool to_other = i == 2;
        const auto written =
            run(RecordNote{to_other ? other_case : doomed_case, "in corsa", false, kWorker, {}});
        if (to_other && !written) ADD_FAILURE() << written.error().detail;
        if (written) ++taken;
      }
    });
  while (taken.load() < 12) std::this_thread::yield();
  decide(proposal);
  const auto done = finish_erasures(*workspace);
  const std::uint64_t after = taken.load();
  while (taken.load() < after + 3) std::this_thread::yield();
  ended = true;
  for (std::thread& writer : writers) writer.join();
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_TRUE(workspace->engine().catch_up());
  expect_forgotten();
  expect_sound();
}

}  // namespace
}  // namespace cartella::cases
