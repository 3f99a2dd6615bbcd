#include "proofs/bundle_anchors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "crypto/cosignature.h"
#include "proofs/bundle_check.h"
#include "proofs/time_stamp.h"
#include "tests/unit/proofs/authority.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using testing::assemble;
using testing::LogDouble;

class BundleAnchors : public ::testing::Test {
 protected:
  // A bundle of the whole log whose newest checkpoint is `note`, with time-stamps.
  Result<BundleReport> check(const std::string& note, std::vector<Bytes> stamps = {}) {
    auto frames = log.frames(0, log.size(), {});
    for (Frame& frame : frames)
      if (frame.type == FrameType::checkpoint)
        frame.content = encode_checkpoint({note, std::move(stamps)});
    std::istringstream from(assemble(frames));
    return check_bundle(from, trust);
  }
  std::string honest() const { return log.checkpoint(log.size()); }
  void give_policy(const std::string& text) {
    trust.anchors.policy = parse_witness_policy(text).value();
  }
  static std::filesystem::path folder(const char* name) {
    return std::filesystem::path(::testing::TempDir()) /
           (std::string("bundle_") + name + "_" + std::to_string(getpid()));
  }
  static Bytes stamp(TestAuthority& authority, const std::string& note) {
    return authority.answer(make_time_stamp_query(crypto::sha256(as_bytes(note))).value());
  }

  const LogDouble log;
  BundleTrust trust;
};

TEST_F(BundleAnchors, NameTheWitnessesOfThePolicyThatIsGiven) {
  give_policy(log.policy());
  const auto report = check(honest());
  ASSERT_TRUE(report) << report.error().detail;
  const AnchorFacts& anchors = report.value().checkpoints.back().anchors;
  EXPECT_TRUE(report.value().is_policy_given);
  EXPECT_TRUE(anchors.is_policy_met);
  EXPECT_EQ(anchors.unknown_signatures, 0u);
  ASSERT_EQ(anchors.witnesses.size(), 1u);
  EXPECT_EQ(anchors.witnesses[0],
            (WitnessFact{"testimone.example", "Ambito vicino", true, 1'700'000'100'000'000}));
}

TEST_F(BundleAnchors, CountWithThePolicyOfTheBundleButSaySo) {
  const auto report = check(honest());
  ASSERT_TRUE(report);
  EXPECT_FALSE(report.value().is_policy_given);
  EXPECT_TRUE(report.value().has_policy);
  EXPECT_EQ(report.value().checkpoints.back().anchors.witnesses.size(), 1u);
}

TEST_F(BundleAnchors, DoNotCountCosignaturesOfOthersOrOfAnotherTree) {
  give_policy(log.policy());
  const std::string plain = log.checkpoint(log.size(), false);
  const crypto::Signer stranger(testing::secret_of("stranger"));
  const std::string by_stranger =
      crypto::cosign(plain, "testimone.example", stranger, 1'700'000'100).value();
  const std::string older = log.checkpoint(9, false);
  const std::string of_older =
      crypto::cosign(older, "testimone.example", log.witness, 1'700'000'100).value();
  for (const std::string& line : {by_stranger, of_older}) {
    const auto report = check(plain + line);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_TRUE(report.value().checkpoints.back().anchors.witnesses.empty());
    EXPECT_FALSE(report.value().checkpoints.back().anchors.is_policy_met);
    EXPECT_EQ(report.value().checkpoints.back().anchors.unknown_signatures, 1u);
  }
}

TEST_F(BundleAnchors, FallShortOfAQuorumOfMore) {
  const crypto::Signer other(testing::secret_of("second witness"));
  give_policy(log.policy() + "witness " +
              crypto::cosigner_key({"secondo.example", other.public_key()}) +
              " https://secondo.example independent Un'altra ambito\nquorum 2\n");
  const auto report = check(honest());
  ASSERT_TRUE(report);
  EXPECT_EQ(report.value().checkpoints.back().anchors.witnesses.size(), 1u);
  EXPECT_FALSE(report.value().checkpoints.back().anchors.is_policy_met);
}

TEST_F(BundleAnchors, RefuseAPolicyFrameThatIsNone) {
  auto frames = log.frames(0, log.size(), {});
  frames[1].content = {'x', '\n'};
  std::istringstream from(assemble(frames));
  EXPECT_EQ(check_bundle(from, trust).error().code, Errc::invalid_input);
}

TEST_F(BundleAnchors, JudgeTimeStampsByTheAuthoritiesThatAreGiven) {
  TestAuthority authority(folder("authority"));
  TestAuthority other(folder("other"));
  const std::string plain = log.checkpoint(log.size(), false);
  const Bytes good = stamp(authority, plain);
  auto report = check(honest(), {good});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().checkpoints.back().anchors.unjudged_time_stamps, 1u);
  trust.anchors.time_stamp_ca = authority.ca_file();
  report = check(honest(), {good, stamp(other, plain)});
  ASSERT_TRUE(report) << report.error().detail;
  const AnchorFacts& anchors = report.value().checkpoints.back().anchors;
  ASSERT_EQ(anchors.time_stamps.size(), 1u);
  EXPECT_NE(anchors.time_stamps[0].authority.find("Marche"), std::string::npos);
  EXPECT_EQ(anchors.unjudged_time_stamps, 1u);
  // Of another checkpoint, or none at all.
  report = check(honest(), {stamp(authority, log.checkpoint(9, false))});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::corrupt);
  report = check(honest(), {Bytes{1, 2, 3}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::corrupt);
  trust.anchors.time_stamp_ca = "/no such file";
  report = check(honest(), {good});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::io);
}

}  // namespace
}  // namespace cartella::proofs
