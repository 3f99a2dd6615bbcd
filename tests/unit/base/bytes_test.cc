#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cartella {
namespace {

TEST(Integers, AreBigEndianSoThatKeysSortByValue) {
  std::array<std::uint8_t, 8> raw{};
  store_be64(raw.data(), 0x0102030405060708);
  EXPECT_EQ(to_hex(raw), "0102030405060708");
  EXPECT_EQ(load_be64(raw.data()), 0x0102030405060708u);
  EXPECT_EQ(load_be32(raw.data()), 0x01020304u);
  EXPECT_EQ(load_be16(raw.data()), 0x0102u);
}

RC_GTEST_PROP(Integers, OrderOfBytesIsOrderOfValues, (std::uint64_t a, std::uint64_t b)) {
  std::array<std::uint8_t, 8> x{};
  std::array<std::uint8_t, 8> y{};
  store_be64(x.data(), a);
  store_be64(y.data(), b);
  RC_ASSERT((x < y) == (a < b));
}

RC_GTEST_PROP(ByteReader, ReadsBackWhatTheWriterWrote,
              (std::uint8_t a, std::uint16_t b, std::uint32_t c, std::uint64_t d, Bytes e)) {
  Bytes buffer;
  ByteWriter writer(buffer);
  writer.u8(a);
  writer.u16(b);
  writer.u32(c);
  writer.u64(d);
  writer.framed(e);

  ByteReader reader(buffer);
  std::uint8_t a2 = 0;
  std::uint16_t b2 = 0;
  std::uint32_t c2 = 0;
  std::uint64_t d2 = 0;
  ByteView e2;
  RC_ASSERT(reader.u8(a2) && reader.u16(b2) && reader.u32(c2) && reader.u64(d2));
  RC_ASSERT(reader.framed(e.size(), e2));
  RC_ASSERT(a == a2 && b == b2 && c == c2 && d == d2);
  RC_ASSERT(Bytes(e2.begin(), e2.end()) == e);
  RC_ASSERT(reader.remaining() == 0u && !reader.failed());
}

TEST(ByteReader, StaysFailedAfterReadingPastTheEnd) {
  const Bytes buffer = {1, 2, 3};
  ByteReader reader(buffer);
  std::uint32_t four = 0;
  std::uint8_t one = 0;
  EXPECT_FALSE(reader.u32(four));
  EXPECT_TRUE(reader.failed());
  EXPECT_FALSE(reader.u8(one));
}

TEST(ByteReader, RefusesAFrameLongerThanItsLimitOrThanTheRest) {
  const Bytes buffer = {0, 0, 0, 2, 7, 7};
  ByteView frame;
  EXPECT_FALSE(ByteReader(buffer).framed(1, frame));
  EXPECT_TRUE(ByteReader(buffer).framed(2, frame));
  EXPECT_FALSE(ByteReader(ByteView(buffer).first(5)).framed(2, frame));
}

TEST(Hexadecimal, RefusesOddLengthAndForeignCharacters) {
  EXPECT_EQ(from_hex("0aFf").value(), (Bytes{0x0a, 0xff}));
  EXPECT_TRUE(from_hex("").value().empty());
  for (const char* bad : {"0", "0g", " 0", "0x00"}) {
    const auto result = from_hex(bad);
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_EQ(result.error().code, Errc::invalid_input);
  }
}

RC_GTEST_PROP(Hexadecimal, RoundTrips, (Bytes bytes)) {
  RC_ASSERT(from_hex(to_hex(bytes)).value() == bytes);
}

TEST(Base64, AgreesWithTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(from_base64(encoded).value()), plain);
  }
}

TEST(Base64, RefusesWrongAlphabetPaddingAndStrayBits) {
  for (const char* bad : {"Zg", "Zg=", "Zg=a", "Z===", "====", "Zm9v=", "Zm-v", "Zm_v", "Zm 9",
                          "Zh==", "Zm9=", "=m9v", "Zg==Zg=="}) {
    const auto result = from_base64(bad);
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_EQ(result.error().code, Errc::invalid_input);
  }
}

RC_GTEST_PROP(Base64, RoundTrips, (Bytes bytes)) {
  RC_ASSERT(from_base64(to_base64(bytes)).value() == bytes);
}

TEST(Bytes, Utf8IsTakenAsItsStandardHasIt) {
  for (const char* good : {"", "perche", "perch\u00e9", "\u20ac", "\U0001F600", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(good)) << to_hex(as_bytes(good));
  for (const char* bad : {"\xE9", "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
                          "\xC3", "\xE2\x82", "\xF0\x9F\x98", "a\xC3z"})
    EXPECT_FALSE(is_utf8(bad)) << to_hex(as_bytes(bad));
}

TEST(Bytes, CountsCharactersAndNotTheirBytes) {
  EXPECT_EQ(code_points(""), 0u);
  EXPECT_EQ(code_points("perche"), 6u);
  EXPECT_EQ(code_points("perch\u00e9 \U0001F600"), 8u);
}

}  // namespace
}  // namespace cartella
