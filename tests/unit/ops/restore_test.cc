// A whole restore by the verb, of copies that the present installation knows to be old.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "cases/bootstrap.h"
#include "crypto/command_id.h"
#include "keeping/backup.h"
#include "keeping/erasure_register.h"
#include "keeping/restore.h"
#include "ops/erasing.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "proofs/anchors.h"
#include "tests/support/canary.h"
#include "tests/support/console.h"
#include "tests/unit/cases/world.h"

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

using cases::kEnte;
using tests::files_with;

constexpr std::int64_t kKeepUs = std::int64_t{3650} * 86'400'000'000;

class RestoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    root = fs::path(::testing::TempDir()) /
           ("restore-" + std::to_string(getpid()) + "-" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(root);
    fs::create_directories(second());
    std::ofstream(root / "frase") << "prova\n";
    fs::permissions(root / "frase", fs::perms::owner_read | fs::perms::owner_write);
    WorkspaceOptions opening;
    opening.with_executor = opening.fast_passphrase = true;
    opening.disk_reserve = false;
    Options options;
    options.ambito = "Ambito di prova";
    options.mode = "test";
    options.head_copy = second();
    auto made = Workspace::create(root / "archivio", crypto::Passphrase{"prova"}, options, opening);
    ASSERT_TRUE(made) << made.error().detail;
    workspace = std::move(made).value();
    ASSERT_TRUE(workspace->finish_creation().has_value());
    for (const cases::Command& command : cases::organisation_commands())
      if (!std::holds_alternative<cases::DefineAmbito>(command)) must(command);
    doomed = must(cases::person_with("PRVFTZ59A41D653B"));
  }
  void TearDown() override {
    workspace.reset();
    fs::remove_all(root);
  }

  fs::path second() const { return root / "secondo"; }
  fs::path target() const { return root / "copie"; }
  fs::path restored() const { return root / "ripristinato"; }

  Result<cases::Outcome> act(const cases::Command& command,
                             const OperatorId& actor = cases::kWorker) {
    cases::CommandContext context;
    context.command_id = crypto::new_command_id(workspace->clock());
    context.actor = actor;
    context.controller = cases::controller_of(kEnte);
    context.occurred_at = workspace->clock().wall();
    return workspace->executor().execute(context, command);
  }
  StreamId must(const cases::Command& command) {
    const auto outcome = act(command);
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().detail);
    return outcome ? outcome.value().stream : StreamId{};
  }
  Result<keeping::BackupReport> try_back_up() {
    const keeping::BackupSource source{
        workspace->dir(), workspace->store(),   workspace->vault(),        nullptr,
        nullptr,          workspace->log_key(), workspace->register_key(), workspace->clock()};
    return keeping::make_backup(source, {target(), second(), kKeepUs});
  }
  void back_up() {
    const auto made = try_back_up();
    ASSERT_TRUE(made) << made.error().detail;
  }
  void decide_to_erase(const StreamId& person) {
    const auto proposed = act(cases::ProposeErasure{"person", person, "termine trascorso", {}, {}});
    ASSERT_TRUE(proposed) << proposed.error().detail;
    const auto decided =
        act(cases::DecideErasure{proposed.value().receipt.command_id, "erase", "", {}, {}},
            cases::kColleague);
    ASSERT_TRUE(decided) << decided.error().detail;
  }
  void erase(const StreamId& person) {
    decide_to_erase(person);
    ASSERT_EQ(finish_erasures(*workspace).value(), 1u);
  }
  std::size_t keys_of(const SubjectId& subject) {
    return workspace->vault()
        .owner_keys_of(schema::KeyDomain::subject, subject.bytes, cases::controller_of(kEnte))
        .size();
  }
  bool is_vault_kept(std::uint64_t number) {
    const auto check = keeping::verify_backup(target(), second(), number);
    EXPECT_TRUE(check) << (check ? "" : check.error().detail);
    return check && check.value().vault_is_kept;
  }
  // Of the year 2001, long past its term.
  StreamId old_month() {
    const StreamId month = workspace->vault().new_stream().value();
    const cases::AccessMonthName name{cases::installation_controller(), true, {2001 * 12}};
    EXPECT_TRUE(workspace->executor().execute(
        installation_context(*workspace, "prova"),
        cases::SetConfiguration{cases::access_month_key(name), month.hex()}));
    return month;
  }
  std::vector<keeping::ErasureRecord> registered() {
    return keeping::read_erasures(second(), workspace->store().log_id(),
                                  workspace->register_key().public_key())
        .value();
  }
  Result<int> restore(std::optional<std::uint64_t> number = {}, const fs::path& mirror = {}) {
    return restore(number, mirror, second(), target());
  }
  Result<int> restore(std::optional<std::uint64_t> number, const fs::path& mirror,
                      const fs::path& folder, const fs::path& copies) {
    Options options;
    options.data = restored();
    options.target = copies;
    options.second_path = folder;
    options.passphrase_file = root / "frase";
    options.backup_number = number;
    options.journal_mirror = mirror;
    options.register_from_copy = register_from_copy;
    options.quiet = true;
    tests::ConsoleOfTest console;
    auto code = run_restore(options, console.console);
    said = console.err.str();
    return code;
  }
  void expect_restored(std::optional<std::uint64_t> number, const fs::path& mirror = {}) {
    const auto code = restore(number, mirror);
    ASSERT_TRUE(code) << errc_name(code.error().code) << ' ' << code.error().detail;
    EXPECT_EQ(code.value(), kExitOk);
    EXPECT_FALSE(keeping::is_unfinished_restore(restored()));
  }
  // The ends of the stream's sealed segments, as they lie on the disk.
  std::vector<std::string> sealed_bytes(const StreamId& stream) {
    std::vector<std::string> found;
    const auto events = workspace->store().read_stream(stream, 0, 1000).value();
    for (const auto& event : events)
      for (const Bytes& segment : event.body.segments)
        if (segment.size() >= 64) found.emplace_back(segment.end() - 48, segment.end());
    return found;
  }
  std::size_t restored_files_with(const std::vector<std::string>& needles) {
    return files_with(restored(), needles);
  }

  void reopen() { open_at(root / "archivio"); }
  void open_at(const fs::path& dir) {
    WorkspaceOptions opening;
    opening.with_executor = opening.fast_passphrase = true;
    opening.disk_reserve = false;
    auto opened = Workspace::open(dir, crypto::Passphrase{"prova"}, opening);
    ASSERT_TRUE(opened) << opened.error().detail;
    workspace = std::move(opened).value();
  }
  // Names and lengths.
  static std::vector<std::string> files_below(const fs::path& dir) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(dir))
      if (entry.is_regular_file())
        found.push_back(entry.path().lexically_relative(dir).string() + ' ' +
                        std::to_string(entry.file_size()));
    std::ranges::sort(found);
    return found;
  }

  fs::path root;
  std::unique_ptr<Workspace> workspace;
  StreamId doomed;
  bool register_from_copy = false;
  std::string said;  // on standard error
};

TEST_F(RestoreTest, CR04_ACopyFromBeforeRotationsIsRestoredWithoutWhoWasErasedSince) {
  back_up();
  const auto bytes = sealed_bytes(doomed);
  ASSERT_FALSE(bytes.empty());
  ASSERT_TRUE(workspace->server_keys().rotate(workspace->for_rotation()));
  ASSERT_TRUE(workspace->log_keys().rotate(workspace->for_rotation()));
  erase(doomed);
  back_up();  // locks the vault of the first copy
  workspace.reset();

  expect_restored(1);

  EXPECT_EQ(restored_files_with(bytes), 0u);
}

TEST_F(RestoreTest, CR04_ACopyThatAnAnchorCallsRolledBackIsRestoredWithoutWhatWasErased) {
  const auto bytes = sealed_bytes(doomed);
  const auto head = workspace->store().checkpoint().value();
  const auto anchors = proofs::AnchorFolder::open(workspace->dir()).value();
  ASSERT_TRUE(anchors.put(
      {head.size + 1,
       crypto::sign_checkpoint({head.origin, head.size + 1, head.root}, workspace->log_key()),
       {}}));
  keeping::ErasureRecord record;
  record.decision.bytes.fill(7);
  record.streams = {doomed};
  ASSERT_TRUE(keeping::append_erasure(second(), workspace->store().log_id(),
                                      workspace->register_key(), record));
  back_up();
  workspace.reset();

  expect_restored(1);

  EXPECT_EQ(restored_files_with(bytes), 0u);
}

TEST_F(RestoreTest, CR04_NothingIsErasedOrCopiedWhileTheRegisterLacksWhatWasErased) {
  erase(doomed);
  const auto next = act(cases::person_with("RSSMRA80A01H501U", "Rossi")).value();
  decide_to_erase(next.stream);
  old_month();
  const fs::path file = keeping::erasure_register_path(second());
  fs::rename(file, root / "sul-disco");

  const auto refused = finish_erasures(*workspace);
  const auto month_refused = end_access_months(*workspace);
  const auto copy_refused = try_back_up();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_NE(refused.error().detail.find("montare il disco"), std::string::npos);
  ASSERT_FALSE(month_refused);
  EXPECT_EQ(month_refused.error().code, Errc::refused);
  ASSERT_FALSE(copy_refused);
  EXPECT_EQ(copy_refused.error().code, Errc::refused);
  EXPECT_GT(keys_of(next.subject), 0u);
  EXPECT_FALSE(fs::exists(file));
  fs::rename(root / "sul-disco", file);
  EXPECT_EQ(finish_erasures(*workspace).value(), 1u);
  EXPECT_EQ(end_access_months(*workspace).value(), 1u);
  EXPECT_EQ(keys_of(next.subject), 0u);
  EXPECT_TRUE(try_back_up());
}

TEST_F(RestoreTest, CR04_ACopyFromTheMiddleOfAnErasureCountsAsMadeBeforeIt) {
  decide_to_erase(doomed);
  ASSERT_FALSE(finish_erasures(*workspace, [](const EventId&, keeping::ErasureStep step) -> Status {
    if (step != keeping::ErasureStep::registered) return ok();
    return fail(Errc::unavailable, "stopped");
  }));
  back_up();
  ASSERT_EQ(finish_erasures(*workspace).value(), 1u);
  EXPECT_TRUE(is_vault_kept(1));

  back_up();

  EXPECT_FALSE(is_vault_kept(1));
  EXPECT_TRUE(is_vault_kept(2));
}

TEST_F(RestoreTest, CR04_AMonthThatTheRegisterLacksIsMissedToo) {
  old_month();
  ASSERT_EQ(end_access_months(*workspace).value(), 1u);
  fs::remove(keeping::erasure_register_path(second()));

  const auto refused = try_back_up();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
}

TEST_F(RestoreTest, AStartGoesOnWhileTheRegisterLacksRecordsAndDestroysNothing) {
  erase(doomed);
  const auto next = act(cases::person_with("RSSMRA80A01H501U", "Rossi")).value();
  decide_to_erase(next.stream);
  fs::remove(keeping::erasure_register_path(second()));
  workspace.reset();

  ASSERT_NO_FATAL_FAILURE(reopen());

  EXPECT_EQ(workspace->register_at_start().error().code, Errc::refused);
  EXPECT_GT(keys_of(next.subject), 0u);
  EXPECT_EQ(workspace->executor().organisation()->erasing.size(), 1u);
}

TEST_F(RestoreTest, CR04_ALostRegisterIsRewrittenAndARestoreErasesAgainWhatItNames) {
  const auto next = act(cases::person_with("RSSMRA80A01H501U", "Rossi")).value();
  auto bytes = sealed_bytes(doomed);
  const auto of_next = sealed_bytes(next.stream);
  bytes.insert(bytes.end(), of_next.begin(), of_next.end());
  const StreamId month = old_month();
  back_up();
  erase(doomed);
  erase(next.stream);
  ASSERT_EQ(end_access_months(*workspace).value(), 1u);
  const auto before = registered();
  fs::remove(keeping::erasure_register_path(second()));

  EXPECT_EQ(rewrite_register(*workspace).value(), 3u);
  EXPECT_EQ(rewrite_register(*workspace).value(), 0u);

  const auto after = registered();
  ASSERT_EQ(after.size(), before.size());
  std::set<StreamId> streams;
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].decision, before[i].decision);
    EXPECT_EQ(after[i].position, before[i].position);
    EXPECT_EQ(after[i].decided_at.us, before[i].decided_at.us);
    EXPECT_EQ(after[i].subject, before[i].subject);
    EXPECT_EQ(after[i].controller, before[i].controller);
    streams.insert(after[i].streams.begin(), after[i].streams.end());
  }
  EXPECT_EQ(streams, (std::set<StreamId>{doomed, next.stream, month}));
  workspace.reset();
  expect_restored(1);
  // The older vault knew their names.
  ASSERT_NO_FATAL_FAILURE(open_at(restored()));
  EXPECT_EQ(keys_of(next.subject), 0u);
  workspace.reset();
  EXPECT_EQ(restored_files_with(bytes), 0u);
}

TEST_F(RestoreTest, CR04_ALostRegisterIsTakenFromTheNewestCopyWhenThatIsAskedFor) {
  back_up();
  const auto bytes = sealed_bytes(doomed);
  erase(doomed);
  back_up();
  const auto before = registered();
  const crypto::PublicKey key = workspace->register_key().public_key();
  const LogId log = workspace->store().log_id();
  workspace.reset();
  fs::remove(keeping::erasure_register_path(second()));
  const auto refused = restore(1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_FALSE(fs::exists(keeping::erasure_register_path(second())));

  register_from_copy = true;
  expect_restored(1);

  EXPECT_EQ(restored_files_with(bytes), 0u);
  const auto after = keeping::read_erasures(second(), log, key).value();
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after[0].owner_keys, before[0].owner_keys);
  EXPECT_FALSE(fs::exists(keeping::erasure_register_path(restored())));
  EXPECT_NE(said.find("registro delle cancellazioni"), std::string::npos);
}

// The disk went back, by a snapshot of the machine: no restore has erased again.
TEST_F(RestoreTest, CR04_WhoeverAcceptsAnOlderHeadErasesAgainWhoWasErasedSince) {
  const auto next = act(cases::person_with("RSSMRA80A01H501U", "Rossi")).value();
  const auto bytes = sealed_bytes(next.stream);
  ASSERT_FALSE(bytes.empty());
  Options options;
  options.accepted_size = workspace->store().size();
  options.data = root / "archivio";
  options.passphrase_file = root / "frase";
  options.reason = "disco tornato indietro";
  options.quiet = true;
  workspace.reset();
  fs::copy(root / "archivio", root / "istantanea", fs::copy_options::recursive);
  ASSERT_NO_FATAL_FAILURE(reopen());
  erase(next.stream);
  workspace.reset();
  fs::remove_all(root / "archivio");
  fs::rename(root / "istantanea", root / "archivio");
  ASSERT_GT(files_with(root / "archivio", bytes), 0u);
  tests::ConsoleOfTest console;

  const auto accepted = run_accept_older_head(options, console.console);

  ASSERT_TRUE(accepted) << accepted.error().detail;
  EXPECT_EQ(files_with(root / "archivio", bytes), 0u);
  ASSERT_NO_FATAL_FAILURE(reopen());
  EXPECT_EQ(keys_of(next.subject), 0u);
}

TEST_F(RestoreTest, TheRegisterOfACopyNeverTakesThePlaceOfANewerOne) {
  const auto next = act(cases::person_with("RSSMRA80A01H501U", "Rossi")).value();
  erase(doomed);
  back_up();
  erase(next.stream);
  workspace.reset();
  const auto size = fs::file_size(keeping::erasure_register_path(second()));
  register_from_copy = true;

  expect_restored(1);

  EXPECT_EQ(fs::file_size(keeping::erasure_register_path(second())), size);
}

TEST_F(RestoreTest, AMirrorThatHoldsAnythingElseIsRefusedAndNothingOfItGoes) {
  back_up();
  workspace.reset();
  const fs::path foreign = root / "altro";
  fs::create_directories(foreign);
  std::ofstream(foreign / "000001.seg") << "di altri";
  std::ofstream(foreign / "appunti.txt") << "di altri";
  std::ofstream(root / "appunti.txt") << "di altri";
  const auto before = files_below(root);
  for (const fs::path& mirror : {root, second(), second() / "giornale", target(),
                                 target() / "objects", foreign, restored() / "journal"}) {
    const auto code = restore({}, mirror);
    ASSERT_FALSE(code) << mirror;
    EXPECT_EQ(code.error().code, Errc::invalid_argument) << mirror;
    EXPECT_EQ(files_below(root), before) << mirror;
  }
}

TEST_F(RestoreTest, TheSecondPathAndTheCopiesMustNotLieInOneAnother) {
  back_up();
  workspace.reset();
  const auto before = files_below(root);
  for (const auto& [folder, copies] :
       {std::pair{root, target()}, {target() / "secondo", target()}, {second(), second() / "c"}}) {
    const auto code = restore({}, {}, folder, copies);
    ASSERT_FALSE(code) << folder;
    EXPECT_EQ(code.error().code, Errc::invalid_argument) << folder;
    EXPECT_EQ(files_below(root), before) << folder;
  }
}

TEST_F(RestoreTest, AnOlderMirrorStaysUntilSomebodyDestroysIt) {
  back_up();
  workspace.reset();
  const fs::path mirror = root / "giornale";
  fs::create_directories(mirror);
  std::ofstream(mirror / "segments") << "lista";
  std::ofstream(mirror / "000001.seg") << "eventi";

  expect_restored({}, mirror);

  EXPECT_NE(said.find("before-restore"), std::string::npos) << said;
  EXPECT_TRUE(fs::exists(mirror / "segments"));
  EXPECT_FALSE(fs::exists(mirror / "restore.incomplete"));
  EXPECT_EQ(files_below(mirror / "before-restore"),
            (std::vector<std::string>{"000001.seg 6", "segments 5"}));
  fs::remove_all(restored());
  const auto again = restore({}, mirror);  // would have to destroy it
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::invalid_argument);
  EXPECT_TRUE(fs::exists(mirror / "before-restore" / "000001.seg"));
}

}  // namespace
}  // namespace cartella::ops
