// The claims as the log makes them, and their key, which an erasure replaces.
#include "cases/claims_rebuild.h"

#include <gtest/gtest.h>

#include "tests/unit/cases/executor_fixture.h"

namespace cartella::cases {
namespace {

class ClaimsRebuildTest : public ExecutorTest {
 protected:
  void SetUp() override {
    ExecutorTest::SetUp();
    person = must(person_with("PRVFTZ59A41D653B")).stream;
    auto again = person_with("PRVFTZ59A41D653B");
    again.identifiers.push_back({IdentifierKind::internal, "12", "A002", {}, {}, false});
    shared = executor->execute(context(kOtherEnte), again).value().stream;
    AddIdentifier corrected;
    corrected.person = must(person_with("RSSMRA80A01H501U", "Rossi")).stream;
    corrected.identifier = {IdentifierKind::cf, "VRDGPP80A01H501U", "", {}, {}, true};
    corrected.replaces = {IdentifierKind::cf, "RSSMRA80A01H501U", "", {}, {}, true};
    corrected.reason = "errore";
    is_corrected = executor->execute(context(), corrected).has_value();
    const StreamId benefit = must(grant("2026/1")).stream;
    auto right = grant("2026/1");
    right.supersedes = benefit;
    must(right);
  }
  GrantBenefit grant(std::string protocol) const {
    GrantBenefit benefit;
    benefit.person = person;
    benefit.paying_ente = kEnte;
    benefit.protocol = std::move(protocol);
    benefit.inps_code = "A1.04";
    benefit.periodic = true;
    benefit.means_test = 1;
    benefit.in_charge = InCharge::yes;
    benefit.user_area = 1;
    return benefit;
  }
  std::map<Hash32, Bytes> stored() const {
    std::map<Hash32, Bytes> rows;
    EXPECT_TRUE(log->each_claim([&](const Hash32& key, ByteView sealed) -> Status {
      rows[key] = Bytes(sealed.begin(), sealed.end());
      return ok();
    }));
    return rows;
  }
  std::map<Hash32, Bytes> rebuilt(const std::string& key_name) {
    const ClaimCodec codec(vault->named_secret(key_name).value());
    ClaimsRebuild rebuild(codec, *log, *vault);
    EXPECT_TRUE(rebuild.catch_up());
    return rebuild.rows();
  }
  void expect_unique() {
    const auto found =
        executor->find_person(controller_of(kEnte), IdentifierKind::cf, "PRVFTZ59A41D653B");
    ASSERT_TRUE(found && found.value());
    EXPECT_EQ(found.value()->stream, person);
    const auto twice = executor->execute(context(), person_with("PRVFTZ59A41D653B"));
    ASSERT_FALSE(twice);
    EXPECT_EQ(refusal_code(twice.error()), "known_person");
    EXPECT_FALSE(executor->execute(context(), grant("2026/1"))) << "the protocol is taken";
  }

  StreamId person, shared;
  bool is_corrected = false;
};

TEST_F(ClaimsRebuildTest, TheLogMakesTheClaimsThatDecidingMade) {
  EXPECT_TRUE(is_corrected);
  const auto before = stored();
  EXPECT_GE(before.size(), 7u);
  EXPECT_EQ(rebuilt("claims"), before);
}

TEST_F(ClaimsRebuildTest, UnderANewKeyEveryClaimStandsAndTheOldKeyFindsNone) {
  const auto before = stored();
  const ClaimCodec old(vault->named_secret("claims").value());

  ASSERT_TRUE(executor->replace_claims_key());

  const auto after = stored();
  EXPECT_EQ(after.size(), before.size());
  EXPECT_EQ(after, rebuilt("claims/2"));
  for (const auto& [key, sealed] : after) EXPECT_FALSE(before.contains(key));
  EXPECT_FALSE(
      after.contains(old.key_of(identifier_claim(IdentifierKind::cf, "PRVFTZ59A41D653B"))));
  EXPECT_FALSE(vault->has_named("claims").value()) << "an older copy cannot be asked any more";
  expect_unique();
  ASSERT_TRUE(executor->replace_claims_key());
  EXPECT_EQ(vault->named_secrets("claims").value(), std::vector<std::string>{"claims/3"});
  open_executor();
  expect_unique();
}

// Wherever it is killed: with the new key alone, with some rows of each, with none of the old ones.
TEST_F(ClaimsRebuildTest, AStopWhileTheKeyIsReplacedIsFinishedByTheNextOpening) {
  for (const int kept_in_ten : {10, 5, 0}) {
    SCOPED_TRACE(kept_in_ten);
    const auto names = vault->named_secrets("claims").value();
    ASSERT_EQ(names.size(), 1u);
    const std::string next =
        "claims/" + std::to_string(names[0] == "claims" ? 2 : names[0].back() - '0' + 1);
    ASSERT_TRUE(vault->named_secret(next));
    std::map<Hash32, Bytes> mixed = rebuilt(next);
    int at = 0;
    for (const auto& [key, sealed] : stored()) {
      if (at++ % 10 < kept_in_ten) mixed[key] = sealed;
      if (kept_in_ten == 10) mixed.erase(mixed.begin());
    }
    ASSERT_TRUE(log->replace_claims(mixed));

    open_executor();

    EXPECT_EQ(stored(), rebuilt(next));
    EXPECT_EQ(vault->named_secrets("claims").value(), std::vector<std::string>{next});
    expect_unique();
  }
}

TEST_F(ClaimsRebuildTest, ClaimsOfAnOlderCopyOfTheLogAreMadeAnew) {
  const auto older = stored();
  ASSERT_TRUE(executor->replace_claims_key());
  ASSERT_TRUE(log->replace_claims(older));
  open_executor();
  EXPECT_EQ(stored(), rebuilt("claims/2"));
  expect_unique();
}

}  // namespace
}  // namespace cartella::cases
