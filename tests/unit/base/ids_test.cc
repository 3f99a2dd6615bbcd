#include "base/ids.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <type_traits>
#include <unordered_set>

#include "base/result.h"

namespace cartella {
namespace {

static_assert(!std::is_convertible_v<EventId, StreamId>, "ids of two kinds never mix");

TEST(Ids, AreReadFromHexadecimalAndFromUuidText) {
  const auto plain = EventId::parse("0190163d8694739b9e5a0123456789ab").value();
  const auto dashed = EventId::parse("0190163d-8694-739b-9e5a-0123456789AB").value();
  EXPECT_EQ(plain, dashed);
  EXPECT_EQ(plain.hex(), "0190163d8694739b9e5a0123456789ab");
}

TEST(Ids, RefuseOtherTexts) {
  for (const char* bad : {"", "0190", "0190163d8694739b9e5a0123456789abcd",
                          "0190163d8694739b9e5a0123456789ag", "0190163d8694739b9e5a0123456789a"}) {
    const auto result = StreamId::parse(bad);
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_EQ(result.error().code, Errc::invalid_input);
  }
}

RC_GTEST_PROP(Ids, RoundTripThroughTextAndBytes, ()) {
  KeyId id;
  for (auto& byte : id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  RC_ASSERT(KeyId::parse(id.hex()).value() == id);
  RC_ASSERT(KeyId::from_view(id.view()) == id);
}

TEST(Ids, OfZerosAreZeroAndHashApartFromOthers) {
  EXPECT_TRUE(SignerId{}.is_zero());
  std::unordered_set<StreamId> set;
  StreamId id;
  set.insert(id);
  id.bytes[15] = 1;
  set.insert(id);
  EXPECT_FALSE(id.is_zero());
  EXPECT_EQ(set.size(), 2u);
}

TEST(Errors, HaveEachTheirOwnName) {
  std::unordered_set<std::string_view> names;
  const int count = static_cast<int>(Errc::unsupported) + 1;
  for (int i = 0; i < count; ++i) names.insert(errc_name(static_cast<Errc>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_FALSE(names.contains("unknown"));
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Errc::refused, "odd");
  return value / 2;
}
Result<int> quarter(int value) {
  CARTELLA_TRY(auto once, half(value));
  return half(once);
}

TEST(Errors, ArePassedOnByTry) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().code, Errc::refused);
  EXPECT_EQ(quarter(7).error().detail, "odd");
}

}  // namespace
}  // namespace cartella
