#include "cases/json_text.h"

#include <gtest/gtest.h>

#include "cases/executor.h"

namespace cartella::cases {
namespace {

std::string fault(std::string_view text) {
  const auto value = parse_json(text);
  if (value) return "";
  EXPECT_EQ(value.error().code, Errc::invalid_input);
  return std::string(refusal_code(value.error()));
}

TEST(JsonText, ReadsEveryKindOfValue) {
  const auto read = parse_json(R"( {"a": [1, -2, "è", true, null], "b": {"c": ""}} )");

  ASSERT_TRUE(read);
  const JsonValue* a = read.value().find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->items.size(), 5u);
  EXPECT_EQ(a->items[1].whole, -2);
  EXPECT_EQ(a->items[2].text, "è");
  EXPECT_TRUE(a->items[3].flag);
  EXPECT_EQ(a->items[4].kind, JsonValue::Kind::null);
  EXPECT_EQ(read.value().find("b")->find("c")->kind, JsonValue::Kind::text);
  EXPECT_EQ(read.value().find("c"), nullptr);
}

TEST(JsonText, RefusesARepeatedNameAndSaysWhich) {
  const auto read = parse_json(R"({"x": {"protocol": "segreto", "protocol": "altro"}})");

  ASSERT_FALSE(read);
  EXPECT_EQ(refusal_code(read.error()), "duplicate_field");
  EXPECT_NE(read.error().detail.find("protocol"), std::string::npos);
  EXPECT_EQ(read.error().detail.find("segreto"), std::string::npos);
  EXPECT_EQ(fault(R"([{"a": 1}, {"a": 2}])"), "") << "two objects may have the same names";
}

TEST(JsonText, RepeatsNothingThatIsNoName) {
  const auto read = parse_json(R"({"RSSMRA80A01H501U": 1, "RSSMRA80A01H501U": 2})");

  EXPECT_EQ(refusal_code(read.error()), "duplicate_field");
  EXPECT_EQ(read.error().detail.find("RSS"), std::string::npos);
  EXPECT_EQ(shown_name("amount_cents"), "il campo amount_cents");
  EXPECT_EQ(shown_name("via Roma"), "un campo");
  EXPECT_EQ(shown_name(std::string(41, 'a')), "un campo");
}

TEST(JsonText, TakesWholeNumbersOf64BitsOnly) {
  EXPECT_EQ(parse_json("9223372036854775807").value().whole, INT64_MAX);
  EXPECT_EQ(parse_json("-9223372036854775808").value().whole, INT64_MIN);
  for (const char* text : {"9223372036854775808", "1.5", "1.0", "1e3"})
    EXPECT_EQ(fault(text), "bad_number") << text;
}

TEST(JsonText, BoundsSizeDepthAndWidth) {
  EXPECT_EQ(fault(std::string(kJsonBytesMax + 1, ' ')), "too_large");
  const std::string largest = '"' + std::string(kJsonBytesMax - 2, 'a') + '"';
  EXPECT_EQ(fault(largest), "");
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(fault(nested(kJsonDepthMax)), "");
  EXPECT_EQ(fault(nested(kJsonDepthMax + 1)), "too_deep");
  EXPECT_EQ(fault(nested(100'000)), "too_deep");
  const auto wide = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) {
      if (i > 0) text += ',';
      text += "\"k" + std::to_string(i) + "\":0";
    }
    return text + "}";
  };
  EXPECT_EQ(fault(wide(256)), "");
  EXPECT_EQ(fault(wide(257)), "too_many_fields");
}

TEST(JsonText, RefusesWhatIsNotOneWholeText) {
  for (const char* text : {"", " ", "{", "{}{}", "{} x", "{\"a\" 1}", "[1,]", "nul", "\"\xff\"",
                           "'a'", "// c\n1", "{\"a\":1", "\"\\ud800\""})
    EXPECT_EQ(fault(text), "bad_json") << text;
  EXPECT_EQ(fault("{} \r\n\t"), "");
}

}  // namespace
}  // namespace cartella::cases
