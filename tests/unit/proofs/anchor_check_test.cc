#include "proofs/anchor_check.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "store/file_io.h"
#include "tests/unit/proofs/authority.h"
#include "tests/unit/proofs/test_log.h"

namespace cartella::proofs {
namespace {

namespace fs = std::filesystem;

class AnchorChecks : public ::testing::Test {
 protected:
  AnchorChecks() { log.grow_to(40); }
  ~AnchorChecks() override { fs::remove_all(dir); }

  static fs::path fresh_dir() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    auto at = fs::path(::testing::TempDir()) / (std::string("anchor-check-") + test->name());
    fs::remove_all(at);
    fs::create_directories(at);
    return at;
  }
  void put(Anchor anchor) const { ASSERT_TRUE(folder.put(anchor).has_value()); }
  AnchorCheck check_of(const TestLog& of) const {
    AnchorCheck check;
    check.log.origin = of.origin();
    check.log.key = of.key();
    check.size = of.size();
    check.root_at = [&of](std::uint64_t size) -> Result<Hash32> { return of.root(size); };
    return check;
  }
  std::vector<AnchorFinding> findings(const AnchorCheck& check) const {
    return check_anchors(folder, check).value().findings;
  }

  TestLog log;
  const fs::path dir = fresh_dir();
  const AnchorFolder folder = AnchorFolder::open(dir).value();
};

TEST_F(AnchorChecks, FindNothingInALogThatContainsWhatWasKept) {
  for (const std::uint64_t size : std::vector<std::uint64_t>{1, 7, 40})
    put({size, log.note(size), {}});
  const auto report = check_anchors(folder, check_of(log)).value();
  EXPECT_EQ(report.count, 3u);
  EXPECT_TRUE(report.findings.empty());
  ASSERT_EQ(report.newest.size(), 3u);
  EXPECT_EQ(report.newest[0].size, 40u);
}

TEST_F(AnchorChecks, F21_TellThatTheLogIsShorterThanWhatWasKept) {
  put({40, log.note(40), {}});
  const TestLog older = log.fork(30);
  const auto found = findings(check_of(older));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].is_rollback);
  EXPECT_EQ(found[0].size, 40u);
}

TEST_F(AnchorChecks, F22_TellThatTheLogIsAnotherThanWhatWasKept) {
  put({20, log.note(20), {}});
  TestLog other = log.fork(10);
  other.grow_to(50, 2);
  const auto found = findings(check_of(other));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].is_rollback);
  EXPECT_NE(found[0].detail.find("non contiene"), std::string::npos);
}

TEST_F(AnchorChecks, TellWhatTheLogNeverSigned) {
  TestLog forger(log.origin());
  forger.grow_to(40);
  put({40, forger.note(40), {}});
  put({30, log.note(20), {}});  // of another size than its name
  put({10, "rubbish", {}});
  EXPECT_EQ(findings(check_of(log)).size(), 3u);
}

TEST_F(AnchorChecks, CR08_TakeWhatAnEarlierLogKeySigned) {
  put({20, log.note(20), {}});
  TestLog rotated(log.origin());  // another key, the same events
  rotated.grow_to(40);
  put({40, rotated.note(40), {}});
  AnchorCheck check = check_of(rotated);
  EXPECT_EQ(findings(check).size(), 1u);
  check.log.past = {{{}, log.origin(), log.key(), store::kNothingGivenUp}};
  EXPECT_TRUE(findings(check).empty());
}

TEST_F(AnchorChecks, TellOfDamagedFilesAndGoOn) {
  put({40, log.note(40), {}});
  for (const auto& entry : fs::directory_iterator(dir / "anchors"))
    ASSERT_TRUE(store::replace_file(entry.path(), as_bytes("x")).has_value());
  put({20, log.note(20), {}});
  const auto report = check_anchors(folder, check_of(log)).value();
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].size, 40u);
  EXPECT_EQ(report.newest.size(), 2u);
}

TEST_F(AnchorChecks, CountCosignaturesByThePolicy) {
  const crypto::Signer key(crypto::Secret32::random());
  const crypto::Cosigner cosigner{"w.example/w", key.public_key()};
  AnchorCheck check = check_of(log);
  check.policy = parse_witness_policy("witness " + crypto::cosigner_key(cosigner) +
                                      " https://w.example independent Altri\n")
                     .value();
  put({20, log.note(20) + crypto::cosign(log.note(20), cosigner.name, key, 1000).value(), {}});
  put({40, log.note(40), {}});
  const auto report = check_anchors(folder, check).value();
  EXPECT_TRUE(report.findings.empty());
  EXPECT_FALSE(report.newest.at(0).support.is_enough);
  EXPECT_TRUE(report.newest.at(1).support.is_enough);
  EXPECT_EQ(report.newest.at(1).support.independent, 1u);
}

TEST_F(AnchorChecks, FindHowFarQuorumAndTimeStampsReachBehindTheNewest) {
  TestAuthority authority(dir / "authority");
  const crypto::Signer one(crypto::Secret32::random());
  const crypto::Signer two(crypto::Secret32::random());
  AnchorCheck check = check_of(log);
  check.policy =
      parse_witness_policy("quorum 2\nwitness " + crypto::cosigner_key({"a", one.public_key()}) +
                           " https://a.example independent Altri\nwitness " +
                           crypto::cosigner_key({"b", two.public_key()}) +
                           " https://b.example independent Altri\n")
          .value();
  EXPECT_FALSE(check_anchors(folder, check).value().with_quorum.has_value());
  for (std::uint64_t size = 1; size <= 20; ++size) {
    const std::string note = log.note(size);
    Anchor anchor{size, note + crypto::cosign(note, "a", one, 1000).value(), {}};
    if (size <= 2) anchor.note += crypto::cosign(note, "b", two, 1000).value();
    const auto query = make_time_stamp_query(crypto::sha256(as_bytes(note))).value();
    if (size <= 4 && size > 2) anchor.time_stamps = {authority.answer(query)};
    put(anchor);
  }
  const auto report = check_anchors(folder, check).value();
  ASSERT_TRUE(report.with_quorum && report.with_stamp);
  EXPECT_EQ(report.with_quorum->size, 2u);
  EXPECT_EQ(report.with_stamp->size, 4u);
  EXPECT_EQ(report.newest.back().size, 11u);
}

TEST_F(AnchorChecks, F26_JudgeTimeStampsByTheAuthoritiesThatAreTrusted) {
  TestAuthority authority(dir / "authority");
  const TestAuthority other(dir / "other");
  const auto stamp_of = [&](const std::string& note) {
    return authority.answer(make_time_stamp_query(crypto::sha256(as_bytes(note))).value());
  };
  put({40, log.note(40), {stamp_of(log.note(40))}});
  AnchorCheck check = check_of(log);
  const auto unjudged = check_anchors(folder, check).value();
  EXPECT_TRUE(unjudged.findings.empty());
  EXPECT_EQ(unjudged.newest.at(0).stamps.size(), 1u);
  check.time_stamp_ca = authority.ca_file();
  const auto judged = check_anchors(folder, check).value();
  EXPECT_TRUE(judged.findings.empty());
  EXPECT_EQ(judged.newest.at(0).stamps.at(0).authority, "CN=Marche,O=Ente di prova");
  check.time_stamp_ca = other.ca_file();
  EXPECT_EQ(findings(check).size(), 1u);
  put({40, log.note(40), {stamp_of(log.note(39))}});
  check.time_stamp_ca = authority.ca_file();
  const auto found = findings(check);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].detail.find("non è la marca di questo checkpoint"), std::string::npos);
}

TEST_F(AnchorChecks, CR08_TakeATimeStampOfEitherKeysLineOrOfBothWhereTheKeyChanged) {
  TestAuthority authority(dir / "authority");
  TestLog rotated(log.origin());  // another key, the same events
  rotated.grow_to(40);
  const std::string by_next = rotated.note(40);
  const std::string both = log.note(40) + by_next.substr(by_next.find("\n\n") + 2);
  const crypto::Signer key(crypto::Secret32::random());
  const std::string cosigned = both + crypto::cosign(both, "w.example/w", key, 1000).value();
  AnchorCheck check = check_of(rotated);
  check.log.past = {{{}, log.origin(), log.key(), store::kNothingGivenUp}};
  check.time_stamp_ca = authority.ca_file();
  const auto found = [&](const std::string& stamped) {
    const auto query = make_time_stamp_query(crypto::sha256(as_bytes(stamped))).value();
    put({40, cosigned, {authority.answer(query)}});
    return findings(check).size();
  };
  EXPECT_EQ(found(log.note(40)), 0u);
  EXPECT_EQ(found(by_next), 0u);
  EXPECT_EQ(found(both), 0u);
  EXPECT_EQ(found(cosigned), 1u);
  EXPECT_EQ(found(log.note(39)), 1u);
}

}  // namespace
}  // namespace cartella::proofs
