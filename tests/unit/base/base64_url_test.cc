#include "base/base64_url.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cartella {
namespace {

TEST(Base64Url, WritesTheAlphabetOfUrlsWithoutPadding) {
  EXPECT_EQ(to_base64_url(Bytes{0xfb, 0xff, 0xbf, 0x01}), "-_-_AQ");
  EXPECT_EQ(to_base64_url({}), "");
}

TEST(Base64Url, RefusesTheOtherAlphabetPaddingAndStrayBits) {
  for (const char* bad : {"+A==", "AQ==", "AQ=", "/w", "A", "AR", "AAAAA", "-_-_A*"})
    EXPECT_EQ(from_base64_url(bad).error().code, Errc::invalid_input) << bad;
}

RC_GTEST_PROP(Base64Url, RoundTrips, (Bytes bytes)) {
  RC_ASSERT(from_base64_url(to_base64_url(bytes)).value() == bytes);
}

}  // namespace
}  // namespace cartella
