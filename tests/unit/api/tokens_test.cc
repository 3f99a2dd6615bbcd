#include "api/tokens.h"

#include <gtest/gtest.h>

#include "api/quota.h"

namespace cartella::api {
namespace {

OperatorId operator_of(std::uint8_t n) {
  OperatorId id;
  id.bytes[0] = n;
  return id;
}
StreamId stream_of(std::uint8_t n) {
  StreamId id;
  id.bytes[0] = n;
  return id;
}

class Tokens : public ::testing::Test {
 protected:
  crypto::Secret32 key;
  OpaqueTokens tokens{key};
};

TEST_F(Tokens, TellTwoViewersDifferentETagsOfTheSameRevision) {
  const auto mine = tokens.etag(operator_of(1), stream_of(1), 3);

  EXPECT_EQ(tokens.etag(operator_of(1), stream_of(1), 3), mine);
  EXPECT_NE(tokens.etag(operator_of(2), stream_of(1), 3), mine);
  EXPECT_NE(tokens.etag(operator_of(1), stream_of(2), 3), mine);
  EXPECT_NE(tokens.etag(operator_of(1), stream_of(1), 4), mine);
  EXPECT_EQ(mine.size(), 34u);
}

TEST_F(Tokens, IN07_RefuseACursorThatIsForgedOrOfAnotherListOrViewer) {
  const std::string cursor = tokens.cursor(operator_of(1), "cards", 41);

  ASSERT_TRUE(tokens.place(operator_of(1), "cards", cursor));
  EXPECT_EQ(tokens.place(operator_of(1), "cards", cursor).value(), 41u);
  EXPECT_FALSE(tokens.place(operator_of(2), "cards", cursor));
  EXPECT_FALSE(tokens.place(operator_of(1), "cases", cursor));
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string forged = cursor;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(tokens.place(operator_of(1), "cards", forged)) << i;
  }
  for (const char* text : {"", "00", "zz", "-1"})
    EXPECT_FALSE(tokens.place(operator_of(1), "cards", text)) << text;
}

TEST(QuotaOfAPrincipal, IN04_RefusesABurstAndRecoversAfterTheStatedTime) {
  ManualClock clock(TimeUs{1'000'000});
  Quota quota(clock, 10, 20);

  for (int i = 0; i < 20; ++i) EXPECT_TRUE(quota.take("a").is_allowed) << i;
  const Quota::Verdict refused = quota.take("a");
  EXPECT_FALSE(refused.is_allowed);
  EXPECT_EQ(refused.remaining, 0u);
  EXPECT_TRUE(quota.take("b").is_allowed);

  clock.advance_us(std::int64_t{refused.reset_seconds} * 1'000'000);
  EXPECT_TRUE(quota.take("a").is_allowed);
}

}  // namespace
}  // namespace cartella::api
