#include "ops/attest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cases/access_retention.h"
#include "cases/bootstrap.h"
#include "crypto/command_id.h"

namespace cartella::ops {
namespace {

class AttestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("attest-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    opening.with_executor = true;
    opening.fast_passphrase = true;
    opening.disk_reserve = false;
    Options options;
    options.ambito = "Ambito di prova";
    options.mode = "test";
    auto made = Workspace::create(dir, crypto::Passphrase{"prova"}, options, opening);
    ASSERT_TRUE(made) << made.error().detail;
    workspace = std::move(made).value();
    ASSERT_TRUE(workspace->finish_creation().has_value());
    set("prova.uno");
  }
  void TearDown() override {
    workspace.reset();
    std::filesystem::remove_all(dir);
  }
  cases::CommandContext context() {
    cases::CommandContext made;
    made.command_id = crypto::new_command_id(workspace->clock());
    made.actor = cases::installation_actor();
    made.controller = cases::installation_controller();
    made.occurred_at = workspace->clock().wall();
    return made;
  }
  void execute(const cases::Command& command) {
    const auto outcome = workspace->executor().execute(context(), command);
    ASSERT_TRUE(outcome) << outcome.error().detail;
  }
  void set(const std::string& key) { execute(cases::SetConfiguration{key, "1"}); }
  void reopen() {
    workspace.reset();
    auto opened = Workspace::open(dir, crypto::Passphrase{"prova"}, opening);
    ASSERT_TRUE(opened) << opened.error().detail;
    workspace = std::move(opened).value();
  }

  std::filesystem::path dir;
  WorkspaceOptions opening;
  std::unique_ptr<Workspace> workspace;
};

TEST_F(AttestTest, AttestsEveryViewAndARebuildAgreesLater) {
  const std::uint64_t size = workspace->store().size();
  ASSERT_TRUE(attest_views(*workspace));
  const auto views = workspace->engine().statuses().size();
  EXPECT_EQ(workspace->store().size(), size + views);
  set("prova.due");
  reopen();
  ASSERT_TRUE(workspace->engine().catch_up());

  const auto attestations = newest_attestations(*workspace);
  ASSERT_TRUE(attestations) << attestations.error().detail;
  ASSERT_EQ(attestations.value().size(), views);
  std::vector<projections::EarlierCursor> earlier;
  for (const Attestation& each : attestations.value()) {
    EXPECT_EQ(each.view.cursor, size);
    earlier.push_back({each.view.view, each.view.cursor});
  }
  const auto compared = workspace->engine().compare_all_with_rebuild({}, earlier);
  ASSERT_TRUE(compared) << compared.error().detail;
  for (const auto& view : compared.value()) {
    EXPECT_TRUE(view.equal) << view.name;
    EXPECT_GT(view.live.cursor, size);
    ASSERT_TRUE(view.earlier) << view.name;
    for (const Attestation& each : attestations.value())
      if (each.view.view == view.name) {
        EXPECT_EQ(each.view.root, view.earlier->root) << view.name;
      }
  }
}

TEST_F(AttestTest, TakesTheNewestAttestationOfAView) {
  ASSERT_TRUE(attest_views(*workspace));
  set("prova.due");
  const std::uint64_t size = workspace->store().size();
  ASSERT_TRUE(attest_views(*workspace));
  const auto attestations = newest_attestations(*workspace);
  ASSERT_TRUE(attestations);
  for (const Attestation& each : attestations.value()) {
    EXPECT_EQ(each.view.cursor, size);
    EXPECT_GE(each.position, size);
  }
}

TEST_F(AttestTest, AT03_AnErasureEndsTheAttestationsBeforeIt) {
  const StreamId stream = workspace->vault().new_stream().value();
  const cases::AccessMonthName old{cases::installation_controller(), true, {2001 * 12}};
  execute(cases::SetConfiguration{cases::access_month_key(old), stream.hex()});
  ASSERT_TRUE(attest_views(*workspace));
  ASSERT_FALSE(newest_attestations(*workspace).value().empty());
  ASSERT_EQ(cases::expire_access_months(workspace->store(), workspace->vault(),
                                        workspace->executor(), workspace->clock())
                .value(),
            1u);

  EXPECT_TRUE(newest_attestations(*workspace).value().empty());
  ASSERT_TRUE(attest_views(*workspace));
  EXPECT_EQ(newest_attestations(*workspace).value().size(), workspace->engine().statuses().size());
}

TEST_F(AttestTest, RefusesAnAttestationOfAnotherKey) {
  ASSERT_TRUE(attest_views(*workspace));
  cases::AttestedView forged = newest_attestations(*workspace).value().front().view;
  ++forged.row_count;
  execute(cases::AttestViews{{forged}});
  EXPECT_EQ(newest_attestations(*workspace).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace cartella::ops
