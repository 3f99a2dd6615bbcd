// A log that went on from an older head: another id, origin and key from the second genesis on.

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "proofs/bundle_check.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using testing::assemble;
using testing::LogDouble;

class BundleEra : public ::testing::Test {
 protected:
  BundleEra()
      : next(testing::secret_of("double next era")), old_log(log.log), old_origin(log.origin) {
    log.log = crypto::testing::log_of("double era");
    log.origin = "cartella/double/fedcba9876543210";
    log.call("era",
             {testing::clear_plan(schema::EventType::genesis, "log",
                                  testing::genesis_message(log.log, log.origin, next.public_key()),
                                  crypto::kExpectExists)});
    for (const char* name : {"one", "two"}) log.call(name, {setting()});
  }
  static crypto::EventPlan setting() {
    return testing::clear_plan(schema::EventType::configuration_set, "log",
                               testing::configuration_message("terms.access_months", "30"),
                               crypto::kExpectExists);
  }
  std::string note(std::uint64_t size, const std::string& origin, const crypto::Signer& key) const {
    return crypto::sign_checkpoint({origin, size, log.root_at(size)}, key);
  }
  // Everything, with notes at 10 (the last of the first era) and 12, and the newest at 13.
  std::vector<Frame> frames(const std::string& at_10, const std::string& at_12) const {
    auto made = log.frames(0, log.size(), {10, 12});
    made[0].content = encode_header(
        {crypto::verifier_key(log.origin, next.public_key()), 0, log.size(), log.size()});
    const std::vector<std::string> notes{at_10, at_12};
    auto each = notes.begin();
    for (std::size_t at = 3; at < made.size(); ++at)
      if (made[at].type == FrameType::checkpoint)
        made[at].content = encode_checkpoint({*each++, {}});
    made[2].content = encode_checkpoint({note(13, log.origin, next), {}});
    return made;
  }
  Result<BundleReport> check(const std::vector<Frame>& frames, const crypto::VerifierKey& given) {
    BundleTrust trust;
    trust.log_key = given;
    std::istringstream from(assemble(frames));
    return check_bundle(from, trust);
  }

  LogDouble log;
  crypto::Signer next;
  LogId old_log;
  std::string old_origin;
};

TEST_F(BundleEra, F21_EventsOfBothErasVerifyUnderTheIdOfTheirOwn) {
  ASSERT_EQ(log.size(), 13u);
  const auto report = check(frames(note(10, old_origin, log.log_key), note(12, log.origin, next)),
                            {log.origin, next.public_key()});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().eras, 2u);
  EXPECT_EQ(report.value().log_id, to_hex(log.log.bytes));
  EXPECT_EQ(report.value().origin, log.origin);
  EXPECT_NE(log.log, old_log);
}

TEST_F(BundleEra, F21_TheKeyOfTheEraBeforeVouchesForNothingInTheNext) {
  const auto honest = frames(note(10, old_origin, log.log_key), note(12, log.origin, next));
  EXPECT_EQ(check(honest, {old_origin, log.log_key.public_key()}).error().code,
            Errc::bad_signature);
  const auto late = frames(note(10, old_origin, log.log_key), note(12, old_origin, log.log_key));
  EXPECT_EQ(check(late, {log.origin, next.public_key()}).error().code, Errc::bad_signature);
}

TEST_F(BundleEra, F21_ARangeThatEndsBeforeTheNextEraIsOfTheLogThatGoesOn) {
  auto made = log.frames(0, 5, {12}, testing::KeysBehind::carried);
  made[0].content =
      encode_header({crypto::verifier_key(log.origin, next.public_key()), 0, 5, log.size()});
  made[2].content = encode_checkpoint({note(13, log.origin, next), {}});
  const auto behind =
      std::ranges::find(made.begin() + 3, made.end(), FrameType::checkpoint, &Frame::type);
  ASSERT_NE(behind, made.end());
  behind->content = encode_checkpoint({note(12, log.origin, next), {}});
  const auto report = check(made, {log.origin, next.public_key()});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report.value().eras, 2u);
  EXPECT_EQ(report.value().log_id, to_hex(log.log.bytes));
  EXPECT_EQ(report.value().later, 2u);
  EXPECT_EQ(check(made, {old_origin, log.log_key.public_key()}).error().code, Errc::bad_signature);
  behind->content = encode_checkpoint({note(12, old_origin, log.log_key), {}});
  EXPECT_EQ(check(made, {log.origin, next.public_key()}).error().code, Errc::bad_signature);
}

TEST_F(BundleEra, F21_AnEventSignedForTheEraBeforeIsRefused) {
  LogDouble forged;
  const LogId first = forged.log;
  forged.log = log.log;
  forged.origin = log.origin;
  forged.call("era",
              {testing::clear_plan(schema::EventType::genesis, "log",
                                   testing::genesis_message(log.log, log.origin, next.public_key()),
                                   crypto::kExpectExists)});
  forged.log = first;
  forged.call("one", {setting()});
  auto made = forged.frames(0, forged.size(), {});
  made[0].content = encode_header(
      {crypto::verifier_key(log.origin, next.public_key()), 0, forged.size(), forged.size()});
  made[2].content = encode_checkpoint(
      {crypto::sign_checkpoint({log.origin, forged.size(), forged.root_at(forged.size())}, next),
       {}});
  const auto refused = check(made, {log.origin, next.public_key()});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("la firma non è valida"), std::string::npos)
      << refused.error().detail;
}

}  // namespace
}  // namespace cartella::proofs
