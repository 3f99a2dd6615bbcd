#include "api/field_bounds.h"

#include <string>

#include <gtest/gtest.h>

namespace cartella::api {
namespace {

bool is_allowed(std::string_view command, const std::string& fields) {
  const auto value = cases::parse_json(fields);
  EXPECT_TRUE(value.has_value()) << fields;
  return check_bounds(command, value.value()).has_value();
}

TEST(FieldBoundsTest, CountsCodePointsUpToTheBoundOfTheField) {
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "è";
  EXPECT_TRUE(is_allowed("record_identity", R"({"identity":{"surname":")" + longest + R"("}})"));
  EXPECT_FALSE(is_allowed("record_identity", R"({"identity":{"surname":")" + longest + R"(e"}})"));
  EXPECT_TRUE(is_allowed("define_ente", R"({"name":")" + longest + R"(e"})"));
  EXPECT_FALSE(is_allowed("record_contact", R"({"phone":")" + std::string(101, '1') + R"("})"));
}

TEST(FieldBoundsTest, RefusesControlCharactersButTheEndsOfLinesOfATextOfLines) {
  EXPECT_FALSE(is_allowed("record_contact", R"({"holder":"a\nb"})"));
  EXPECT_TRUE(is_allowed("record_note", R"({"text":"a\n\tb\r\n"})"));
  EXPECT_FALSE(is_allowed("record_note", R"({"text":"a\u0000b"})"));
  EXPECT_FALSE(is_allowed("record_note", R"({"text":"a\u007fb"})"));
}

TEST(FieldBoundsTest, JudgesWhatStandsInArraysAndInOtherMembers) {
  EXPECT_TRUE(is_allowed("register_person", R"({"identifiers":[{"kind":"cf","value":"X"}]})"));
  const std::string long_value(65, 'X');
  EXPECT_FALSE(
      is_allowed("register_person", R"({"identifiers":[{"value":")" + long_value + R"("}]})"));
  EXPECT_TRUE(is_allowed("set_configuration", R"({"key":"a/b","value":")" + long_value + R"("})"));
  EXPECT_FALSE(is_allowed("share_case", R"({"sections":["a","b\u0001"]})"));
}

TEST(FieldBoundsTest, HoldsFieldsOfOneFormToIt) {
  EXPECT_TRUE(is_allowed("record_residence", R"({"address":{"comune":"D653"}})"));
  for (const char* comune : {"", "D65", "d653", "D6534", "DD65"})
    EXPECT_FALSE(is_allowed("record_residence",
                            R"({"address":{"comune":")" + std::string(comune) + R"("}})"));
  EXPECT_TRUE(is_allowed("record_identity", R"({"identity":{"citizenship":"100"}})"));
  EXPECT_FALSE(is_allowed("record_identity", R"({"identity":{"citizenship":"1e3"}})"));
  EXPECT_FALSE(is_allowed("set_configuration", R"({"key":"A B"})"));
}

TEST(FieldBoundsTest, NamesTheFieldAndNeverItsValue) {
  const auto value = cases::parse_json(R"({"holder":"Provetta\u0001"})");
  const Status refused = check_bounds("record_contact", value.value());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::invalid_input);
  EXPECT_EQ(refused.error().detail, "bad_field: il campo holder non ha la forma prevista");
}

}  // namespace
}  // namespace cartella::api
