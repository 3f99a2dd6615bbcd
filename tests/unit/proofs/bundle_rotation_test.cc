// The log's key is replaced: a second genesis names the next one, one checkpoint carries both.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "crypto/hash.h"
#include "proofs/bundle_check.h"
#include "proofs/time_stamp.h"
#include "tests/unit/proofs/authority.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using testing::assemble;
using testing::LogDouble;

class BundleRotation : public ::testing::Test {
 protected:
  BundleRotation() : next(testing::secret_of("double next log")) {
    log.call("rotation",
             {testing::clear_plan(schema::EventType::genesis, "log",
                                  testing::genesis_message(log.log, log.origin, next.public_key()),
                                  crypto::kExpectExists)});
    for (const char* name : {"window", "both", "after"})
      log.call(name, {testing::clear_plan(schema::EventType::configuration_set, "log",
                                          configuration(), crypto::kExpectExists)});
  }
  static Bytes configuration() {
    return testing::configuration_message("terms.access_months", "30");
  }
  std::string note(std::uint64_t size, const crypto::Signer& key) const {
    return crypto::sign_checkpoint({log.origin, size, log.root_at(size)}, key);
  }
  std::string both(std::uint64_t size) const {
    const std::string second = note(size, next);
    return note(size, log.log_key) + second.substr(second.find("\n\n") + 2);
  }
  // Positions from `from` on, with the notes at 12 and 13 and the newest; the header's key signs
  // the newest.
  std::vector<Frame> frames(std::uint64_t from, const std::vector<std::string>& notes,
                            const crypto::Signer& header) const {
    auto made = log.frames(from, log.size(), {12, 13});
    made[0].content = encode_header(
        {crypto::verifier_key(log.origin, header.public_key()), from, log.size(), log.size()});
    auto note = notes.begin();
    for (std::size_t at = 3; at < made.size(); ++at)
      if (made[at].type == FrameType::checkpoint)
        made[at].content = encode_checkpoint({*note++, {}});
    made[2].content = encode_checkpoint({*note, {}});
    return made;
  }
  std::vector<Frame> honest() const {
    return frames(0, {note(12, log.log_key), both(13), note(14, next)}, next);
  }
  Result<BundleReport> check(const std::vector<Frame>& frames, const crypto::Signer& given) {
    BundleTrust trust;
    trust.anchors.time_stamp_ca = time_stamp_ca;
    trust.log_key = crypto::VerifierKey{log.origin, given.public_key()};
    std::istringstream from(assemble(frames));
    return check_bundle(from, trust);
  }

  LogDouble log;
  crypto::Signer next;
  std::string time_stamp_ca;
};

TEST_F(BundleRotation, IsFollowedFromEitherKey) {
  ASSERT_EQ(log.size(), 14u);
  const auto by_new = check(honest(), next);
  ASSERT_TRUE(by_new) << by_new.error().detail;
  EXPECT_FALSE(by_new.value().is_log_key_followed);
  EXPECT_EQ(by_new.value().eras, 2u);
  const auto by_old = check(honest(), log.log_key);
  ASSERT_TRUE(by_old) << by_old.error().detail;
  EXPECT_TRUE(by_old.value().is_log_key_followed);
  EXPECT_EQ(by_old.value().log_key, crypto::verifier_key(log.origin, next.public_key()));
}

TEST_F(BundleRotation, IsNotFollowedFromAKeyThatDidNotSignIt) {
  const crypto::Signer stranger(testing::secret_of("stranger"));
  EXPECT_EQ(check(honest(), stranger).error().code, Errc::bad_signature);
  // No checkpoint by the old key holds the event that names the new one.
  const auto unlinked = frames(0, {note(12, next), note(13, next), note(14, next)}, next);
  EXPECT_TRUE(check(unlinked, next));
  EXPECT_EQ(check(unlinked, log.log_key).error().code, Errc::bad_signature);
}

TEST_F(BundleRotation, EndsTheOldKeysRightWithTheFirstCheckpointByTheNew) {
  const auto late = frames(0, {note(12, next), note(13, log.log_key), note(14, next)}, next);
  EXPECT_EQ(check(late, next).error().code, Errc::bad_signature);
  const auto newest =
      frames(0, {note(12, next), note(13, next), note(14, log.log_key)}, log.log_key);
  EXPECT_FALSE(check(newest, log.log_key));
}

TEST_F(BundleRotation, BrokenOffBetweenEventAndCheckpointIsStillTheOldKeysLog) {
  const auto broken_off =
      frames(0, {note(12, log.log_key), note(13, log.log_key), note(14, log.log_key)}, log.log_key);
  const auto report = check(broken_off, log.log_key);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_FALSE(report.value().is_log_key_followed);
}

TEST_F(BundleRotation, TakesATimeStampOfEitherKeysLineOrOfBoth) {
  const auto dir =
      std::filesystem::path(::testing::TempDir()) / ("bundle_rotation_" + std::to_string(getpid()));
  TestAuthority authority(dir);
  time_stamp_ca = authority.ca_file();
  const auto stamped = [&](const std::string& what) {
    const auto query = make_time_stamp_query(crypto::sha256(as_bytes(what))).value();
    auto made = honest();
    for (Frame& frame : made)
      if (frame.type == FrameType::checkpoint &&
          decode_checkpoint(frame.content).value().note == both(13))
        frame.content = encode_checkpoint({both(13), {authority.answer(query)}});
    return check(made, next);
  };
  for (const std::string& what : {note(13, log.log_key), note(13, next), both(13)}) {
    const auto report = stamped(what);
    ASSERT_TRUE(report) << report.error().detail;
    const AnchorFacts& facts = report.value().checkpoints.at(1).anchors;
    EXPECT_EQ(facts.time_stamps.size(), 1u);
    EXPECT_EQ(facts.unknown_signatures, 0u);
  }
  EXPECT_EQ(stamped(note(12, log.log_key)).error().code, Errc::corrupt);
}

TEST_F(BundleRotation, IsKnownToARangeThatBeginsBehindIt) {
  auto made = log.frames(12, 14, {13});
  made[0].content =
      encode_header({crypto::verifier_key(log.origin, next.public_key()), 12, 14, 14});
  made[2].content = encode_checkpoint({note(14, next), {}});
  for (std::size_t at = 3; at < made.size(); ++at)
    if (made[at].type == FrameType::checkpoint)
      made[at].content = encode_checkpoint({both(13), {}});
  const auto report = check(made, next);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().eras, 2u);
}

}  // namespace
}  // namespace cartella::proofs
