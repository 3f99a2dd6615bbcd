#include "proofs/time_stamp.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/proofs/authority.h"

namespace cartella::proofs {
namespace {

std::filesystem::path folder_of(const std::string& name) {
  return std::filesystem::path(::testing::TempDir()) /
         ("time-stamp-" + name + "-" + std::to_string(getpid()));
}

class TimeStamps : public ::testing::Test {
 protected:
  TestAuthority authority{folder_of("authority")};
  const Hash32 digest{1, 2, 3};
  const Bytes query = make_time_stamp_query(digest).value();
};

TEST_F(TimeStamps, AreTakenFromAnAuthorityAndCheckedLater) {
  const Bytes answer = authority.answer(query);
  const auto stamp = check_time_stamp_answer(answer, query, authority.ca_file());
  ASSERT_TRUE(stamp.has_value()) << stamp.error().detail;
  EXPECT_EQ(stamp.value().authority, "CN=Marche,O=Ente di prova");
  const auto kept = check_time_stamp(answer, digest, authority.ca_file());
  ASSERT_TRUE(kept.has_value()) << kept.error().detail;
  EXPECT_EQ(kept.value().time.us, stamp.value().time.us);
  EXPECT_LE(std::abs(SystemClock().wall().us - stamp.value().time.us), 60'000'000);
}

TEST_F(TimeStamps, OfAnotherDigestOrQuestionAreRefused) {
  const Bytes answer = authority.answer(query);
  EXPECT_EQ(check_time_stamp(answer, Hash32{9}, authority.ca_file()).error().code,
            Errc::invalid_input);
  const Bytes again = make_time_stamp_query(digest).value();
  ASSERT_NE(again, query);
  EXPECT_EQ(check_time_stamp_answer(answer, again, authority.ca_file()).error().code,
            Errc::invalid_input);
}

TEST_F(TimeStamps, OfAnUntrustedAuthorityAreRefused) {
  const TestAuthority other(folder_of("other"));
  const Bytes answer = authority.answer(query);
  EXPECT_EQ(check_time_stamp(answer, digest, other.ca_file()).error().code, Errc::bad_signature);
  EXPECT_EQ(read_time_stamp(answer).value().authority, "CN=Marche,O=Ente di prova");
  EXPECT_EQ(check_time_stamp(answer, digest, "/nowhere.pem").error().code, Errc::io);
}

TEST_F(TimeStamps, StayValidAfterTheCertificatesEndedButNotBeforeTheyBegan) {
  TestAuthority old(folder_of("old"), "2020-03-01 12:00:00");
  // Later than the certificates were made, which each took its own seconds from the same hour.
  const Bytes answer = old.answer_at("2020-03-01 15:00:00", query);
  const auto stamp = check_time_stamp(answer, digest, old.ca_file());
  ASSERT_TRUE(stamp.has_value()) << stamp.error().detail;
  EXPECT_LE(std::abs(stamp.value().time.us - 1'583'064'000'000'000), 2 * 86'400'000'000);
  for (const char* when : {"2019-03-01 12:00:00", "2021-03-01 12:00:00"})
    EXPECT_EQ(check_time_stamp(old.answer_at(when, query), digest, old.ca_file()).error().code,
              Errc::bad_signature)
        << when;
}

TEST_F(TimeStamps, ThatWereNotGrantedAreRefused) {
  const Bytes answer = authority.answer(Bytes{1, 2, 3});  // no question at all
  const auto stamp = check_time_stamp_answer(answer, query, authority.ca_file());
  ASSERT_FALSE(stamp.has_value());
  EXPECT_EQ(stamp.error().code, Errc::invalid_input);
}

TEST_F(TimeStamps, F26_WithAnyChangedByteAreRefusedOrTheSameStamp) {
  const Bytes answer = authority.answer(query);
  const auto whole = check_time_stamp(answer, digest, authority.ca_file()).value();
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < answer.size(); ++at) {
    Bytes changed = answer;
    changed[at] ^= 0x10;
    const auto stamp = check_time_stamp(changed, digest, authority.ca_file());
    if (!stamp) continue;
    // What is not signed, such as the status text or a certificate that is not needed.
    ++accepted;
    EXPECT_EQ(stamp.value().time.us, whole.time.us) << at;
    EXPECT_EQ(stamp.value().authority, whole.authority) << at;
  }
  EXPECT_LT(accepted, answer.size() / 2);
}

TEST_F(TimeStamps, F26_CutShortLongerOrRubbishAreRefused) {
  const Bytes answer = authority.answer(query);
  for (std::size_t length = 0; length < answer.size(); ++length)
    EXPECT_EQ(
        check_time_stamp(ByteView(answer).first(length), digest, authority.ca_file()).error().code,
        Errc::invalid_input);
  Bytes longer = answer;
  longer.push_back(0);
  for (const Bytes& rubbish : {longer, query, Bytes(kTimeStampBytesMax + 1, 0x30)}) {
    EXPECT_EQ(check_time_stamp(rubbish, digest, authority.ca_file()).error().code,
              Errc::invalid_input);
    EXPECT_FALSE(read_time_stamp(rubbish).has_value());
  }
}

}  // namespace
}  // namespace cartella::proofs
