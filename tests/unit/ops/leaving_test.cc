// CR-04: a controller leaves the ambito, with its export, and nobody else changes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "crypto/command_id.h"
#include "keeping/controller_export.h"
#include "ops/erasing.h"
#include "projections/access_log.h"
#include "projections/person_index.h"
#include "store/verify.h"
#include "tests/support/canary.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

using ops::finish_erasures;
using ops::Workspace;

constexpr const char* kCanary = "Canarinovolante";
constexpr const char* kWords = "zampognarismo";
constexpr const char* kResident = "Residentescomparso";

class LeavingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    root = std::filesystem::path(::testing::TempDir()) /
           ("leaving-" + std::to_string(getpid()) + "-" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
    ops::WorkspaceOptions opening;
    opening.with_executor = true;
    opening.with_reference = true;
    opening.fast_passphrase = true;
    opening.disk_reserve = false;
    ops::Options options;
    options.ambito = "Ambito di prova";
    options.mode = "test";
    auto made = Workspace::create(root / "data", crypto::Passphrase{"prova"}, options, opening);
    ASSERT_TRUE(made) << made.error().detail;
    workspace = std::move(made).value();
    ASSERT_TRUE(workspace->finish_creation().has_value());
    for (const Command& command : organisation_commands())
      if (!std::holds_alternative<DefineAmbito>(command)) must(kEnte, command);
    stays = must(kEnte, person_with("RSSMRA80A01H501U", "Rossi"));
    leaver = must(kOtherEnte, person_with("PRVFTZ59A41D653B", kCanary));
    shared = must(kOtherEnte, person_with("RSSMRA80A01H501U", kCanary));
    for (const char* comune : {"A001", "A002"}) load_resident(comune);
  }
  void TearDown() override {
    workspace.reset();
    std::filesystem::remove_all(root);
  }
  void load_resident(const std::string& comune) {
    auto load = workspace->reference().replace_residents(comune).value();
    store::Resident resident;
    resident.comune = comune;
    resident.matricola = "12";
    resident.surname = kResident;
    ASSERT_TRUE(load->add(resident));
    ASSERT_TRUE(load->commit({kToday, {}, 1, 1}));
  }
  Result<Outcome> run(const UnitId& ente, const Command& command,
                      const OperatorId& actor = kWorker) {
    CommandContext made;
    made.command_id = crypto::new_command_id(workspace->clock());
    made.actor = actor;
    made.controller = controller_of(ente);
    made.occurred_at = workspace->clock().wall();
    return workspace->executor().execute(made, command);
  }
  StreamId must(const UnitId& ente, const Command& command) {
    const auto outcome = run(ente, command);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().detail);
    return outcome ? outcome.value().stream : StreamId{};
  }
  EventId propose() {
    const auto made = run(kOtherEnte, ProposeErasure{"controller", {}, "recesso", {}, {}});
    EXPECT_TRUE(made) << (made ? "" : made.error().detail);
    return made.value().receipt.command_id;
  }
  keeping::ExportManifest write(const EventId& proposal, const std::string& name = "export") {
    EXPECT_TRUE(workspace->store().publish());
    auto made = keeping::write_export(
        {workspace->store(), workspace->vault(), workspace->log_key(), workspace->clock()},
        controller_of(kOtherEnte), proposal, {"destinatario"},
        crypto::PassphraseCost::interactive_minimum, root / name);
    EXPECT_TRUE(made) << (made ? "" : made.error().detail);
    return made.value();
  }
  Result<keeping::ExportReport> read(const std::string& passphrase = "destinatario",
                                     const std::string& name = "export",
                                     const keeping::ExportVisitor& each = nullptr) {
    return keeping::read_export(root / name, {passphrase}, std::nullopt, each);
  }
  std::size_t streams_of_leaver(const std::string& name = "export") {
    std::set<StreamId> found;
    EXPECT_TRUE(read("destinatario", name, [&](const keeping::ExportedEvent& event) {
      if (event.leaf.stream_id == leaver || event.leaf.stream_id == shared)
        found.insert(event.leaf.stream_id);
      EXPECT_NE(event.leaf.stream_id, stays) << "another controller's";
      return ok();
    }));
    return found.size();
  }
  bool is_known(const StreamId& person) {
    EXPECT_TRUE(workspace->engine().catch_up());
    return projections::read_person(workspace->engine(), person).has_value();
  }
  void look_at_leaver() { EXPECT_TRUE(is_looked_at()); }
  bool is_looked_at() { return is_looked_at(workspace->access_log()); }
  bool is_looked_at(AccessLog& log) {
    Viewer viewer;
    viewer.operator_id = kWorker;
    viewer.controller = controller_of(kOtherEnte);
    viewer.client_id = "prova";
    viewer.auth_context = "prova";
    Look look;
    look.request_id = RequestId::from_view(crypto::new_command_id(workspace->clock()).view());
    look.controller = controller_of(kOtherEnte);
    look.target = "person/prova";
    look.purpose = "prova";
    return log.record(viewer, look).has_value();
  }

  std::filesystem::path passphrase_file() {
    const auto path = root / "frase";
    std::ofstream(path) << "destinatario\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    return path;
  }
  std::uint64_t looks_after(const keeping::ExportManifest& exported) {
    const auto count = keeping::events_since_export(
        {workspace->store(), workspace->vault(), workspace->log_key(), workspace->clock()},
        exported);
    EXPECT_TRUE(count);
    return count.value();
  }

  void expect_each_change_refused(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const auto path = root / "export" / name;
      std::ifstream from(path, std::ios::binary);
      const std::string whole{std::istreambuf_iterator<char>(from), {}};
      const std::size_t step = std::max<std::size_t>(1, whole.size() / 40);
      for (std::size_t at = 0; at < whole.size(); at += step) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        std::ofstream(path, std::ios::binary) << changed;
        EXPECT_FALSE(read()) << name << " at " << at;
      }
      std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() - 1);
      EXPECT_FALSE(read()) << name << " cut";
      std::ofstream(path, std::ios::binary) << whole;
    }
  }

  std::filesystem::path root;
  std::unique_ptr<Workspace> workspace;
  StreamId stays, leaver, shared;
};

TEST_F(LeavingTest, CR04_ItsExportOpensElsewhereHereItIsInNoFileAndNobodyElseChanges) {
  look_at_leaver();
  const EventId proposal = propose();
  look_at_leaver();  // it is read until it is decided
  const auto manifest = write(proposal);
  ASSERT_EQ(streams_of_leaver(), 2u);
  EXPECT_TRUE(tests::find_canaries(root / "export", {kCanary}).empty());
  const std::uint64_t proved_at = manifest.checkpoint.size - 1;
  const std::string ground = export_ground(manifest.digest);
  ASSERT_TRUE(run(kOtherEnte, DecideErasure{proposal, "erase", ground, {}, {}}, kColleague));

  ASSERT_EQ(finish_erasures(*workspace).value(), 1u);

  EXPECT_TRUE(tests::find_canaries(root / "data", {kCanary, "PRVFTZ59A41D653B"}).empty());
  EXPECT_TRUE(workspace->vault().owner_keys_at(controller_of(kOtherEnte)).empty());
  EXPECT_FALSE(is_known(leaver));
  EXPECT_FALSE(is_known(shared));
  EXPECT_TRUE(is_known(stays)) << "whom it knew stays known to who stays";
  const auto found = workspace->executor().find_person(controller_of(kEnte), IdentifierKind::cf,
                                                       "RSSMRA80A01H501U");
  ASSERT_TRUE(found.value());
  EXPECT_EQ(found.value()->stream, stays);
  EXPECT_FALSE(workspace->reference().find_matricola("A002", "12").value());
  EXPECT_TRUE(workspace->reference().find_matricola("A001", "12").value());
  EXPECT_TRUE(workspace->store().prove(proved_at));
  EXPECT_TRUE(store::verify_log(workspace->store(), {}).value().is_sound());
  const auto compared = workspace->engine().compare_all_with_rebuild();
  ASSERT_TRUE(compared);
  for (const auto& view : compared.value())
    EXPECT_TRUE(view.equal) << view.name << ' ' << view.first_difference;
  EXPECT_EQ(refusal_code(run(kOtherEnte, person_with("")).error()), "controller_leaving");
  look_at_leaver();  // recorded all the same, as the ambito's
  EXPECT_EQ(streams_of_leaver(), 2u) << "the export needs nothing of this installation";
}

TEST_F(LeavingTest, AnExportThatWasChangedAnywhereIsRefused) {
  write(propose());
  EXPECT_EQ(read("altra frase").error().code, Errc::wrong_passphrase);
  const auto other = keeping::read_export(root / "export", {"destinatario"}, Hash32{}, nullptr);
  EXPECT_EQ(other.error().code, Errc::bad_signature);
  ASSERT_TRUE(read());
  expect_each_change_refused({"events.sealed", "manifest", "root.params"});
  ASSERT_TRUE(read());
  EXPECT_FALSE(keeping::write_export(
      {workspace->store(), workspace->vault(), workspace->log_key(), workspace->clock()},
      controller_of(kOtherEnte), {}, {"x"}, crypto::PassphraseCost::interactive_minimum,
      root / "export"))
      << "no export is written over another";
}

TEST_F(LeavingTest, OnlyTheExportOfThisProposalLetsItGo) {
  const EventId refused = propose();
  write(refused, "first");
  ASSERT_TRUE(run(kOtherEnte, DecideErasure{refused, "refuse", "non ora", {}, {}}, kColleague));
  must(kOtherEnte, person_with("VRDGPP80A01H501U", "Verdi"));
  const EventId proposal = propose();
  const auto erasure = workspace->executor().organisation()->erasures.at(proposal);
  EXPECT_EQ(ops::checked_export(*workspace, proposal, erasure, root / "first").error().code,
            Errc::refused);
  EXPECT_EQ(ops::checked_export(*workspace, proposal, erasure, root / "none").error().code,
            Errc::not_found);
  const auto manifest = write(proposal, "second");
  EXPECT_EQ(ops::checked_export(*workspace, proposal, erasure, root / "second").value().digest,
            manifest.digest);
}

TEST_F(LeavingTest, CR04_WhatWasLookedAtSinceTheExportGoesAlongInASupplement) {
  const EventId proposal = propose();
  look_at_leaver();  // as the verb that writes the export does
  const auto manifest = write(proposal);
  const auto passphrase = passphrase_file();
  const auto take = [&](const std::filesystem::path& file) {
    auto fence = ops::ControllerFence::raise(*workspace, controller_of(kOtherEnte));
    EXPECT_TRUE(fence);
    EXPECT_FALSE(is_looked_at()) << "nobody looks while it is written";
    return ops::taken_along(*workspace, manifest, root / "export", file);
  };
  EXPECT_EQ(take({}).value(), export_ground(manifest.digest)) << "there was no look";
  look_at_leaver();  // the fence is lifted
  EXPECT_EQ(take({}).error().code, Errc::refused);
  const auto before = read().value();
  ASSERT_TRUE(take(passphrase));
  look_at_leaver();  // it was not decided then, and is tried again
  const std::string ground = take(passphrase).value();

  const auto report = read().value();
  ASSERT_TRUE(report.supplement);
  EXPECT_EQ(report.events, before.events + 2);
  EXPECT_EQ(ground, export_ground(manifest.digest, report.supplement->digest));
  EXPECT_TRUE(is_export_ground(ground));
  EXPECT_FALSE(is_export_ground(ground + "0"));
  EXPECT_FALSE(is_export_ground(ground.substr(0, ground.size() - 1)));
  std::filesystem::permissions(passphrase, std::filesystem::perms::owner_all);
  std::ofstream(passphrase) << "altra frase\n";
  EXPECT_EQ(take(passphrase).error().code, Errc::wrong_passphrase);
  ASSERT_TRUE(read().value().supplement) << "what stands there stays";
  expect_each_change_refused({"supplement", "supplement.sealed"});
  std::filesystem::remove(root / "export" / "supplement");
  EXPECT_FALSE(read().value().supplement) << "the certificate tells that there was one";
}

// The month changes behind the fence, so that the next look would have a key that no fence knows.
TEST_F(LeavingTest, CR04_AMonthThatBeginsWhileItIsDecidedTakesNoLookPastTheSupplement) {
  const TimeUs today = workspace->clock().wall();
  ManualClock clock({today.us - 40ll * 86'400'000'000});
  const auto log =
      AccessLog::open(workspace->store(), workspace->vault(), workspace->executor(), clock).value();
  ASSERT_TRUE(is_looked_at(*log));
  const EventId proposal = propose();
  const auto manifest = write(proposal);
  ASSERT_TRUE(is_looked_at(*log));
  const auto passphrase = passphrase_file();
  {
    auto fence = ops::ControllerFence::raise(*workspace, controller_of(kOtherEnte)).value();
    const std::string ground =
        ops::taken_along(*workspace, manifest, root / "export", passphrase).value();
    clock.set_wall(today);
    EXPECT_FALSE(is_looked_at(*log)) << "before the decision";
    ASSERT_TRUE(run(kOtherEnte, DecideErasure{proposal, "erase", ground, {}, {}}, kColleague));
    fence.keep();
  }
  EXPECT_EQ(looks_after(manifest), 1u);
  const auto report = read().value();
  EXPECT_EQ(report.events, manifest.events + 1) << "and it is in the supplement";
  EXPECT_TRUE(is_looked_at(*log)) << "recorded as the ambito's";
  EXPECT_EQ(looks_after(manifest), 1u);
  ASSERT_EQ(finish_erasures(*workspace).value(), 1u);
  EXPECT_TRUE(workspace->vault().owner_keys_at(controller_of(kOtherEnte)).empty());
  EXPECT_TRUE(
      AccessLog::open(workspace->store(), workspace->vault(), workspace->executor(), clock));
  EXPECT_TRUE(workspace->vault().owner_keys_at(controller_of(kOtherEnte)).empty())
      << "a start gives no month of its a key";
}

TEST_F(LeavingTest, WhereTheDecisionFailsTheNewMonthBegins) {
  const TimeUs today = workspace->clock().wall();
  ManualClock clock({today.us - 40ll * 86'400'000'000});
  const auto log =
      AccessLog::open(workspace->store(), workspace->vault(), workspace->executor(), clock).value();
  ASSERT_TRUE(is_looked_at(*log));
  const auto manifest = write(propose());
  {
    const auto fence = ops::ControllerFence::raise(*workspace, controller_of(kOtherEnte));
    ASSERT_TRUE(fence);
    clock.set_wall(today);
    EXPECT_FALSE(is_looked_at(*log));
  }
  EXPECT_TRUE(is_looked_at(*log));
  EXPECT_EQ(looks_after(manifest), 1u);
}

}  // namespace
}  // namespace cartella::cases
