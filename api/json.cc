#include "api/json.h"

#include <array>
#include <charconv>

namespace cartella::api {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

bool must_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_escaped(std::string& to, char c) {
  to += '\\';
  switch (c) {
    case '"':
    case '\\': to += c; return;
    case '\b': to += 'b'; return;
    case '\f': to += 'f'; return;
    case '\n': to += 'n'; return;
    case '\r': to += 'r'; return;
    case '\t': to += 't'; return;
    default: break;
  }
  to += "u00";
  to += kHexDigits[c >> 4];
  to += kHexDigits[c & 15];
}

template <class Number>
void append_number(std::string& to, Number number) {
  std::array<char, 24> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  to.append(digits.data(), written.ptr);
}

}  // namespace

void append_json(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && !must_escape(text[plain])) ++plain;
    to.append(text.data(), plain);
    if (plain == text.size()) break;
    append_escaped(to, text[plain]);
    text.remove_prefix(plain + 1);
  }
  to += '"';
}

void append_json(std::string& to, std::int64_t number) { append_number(to, number); }
void append_json(std::string& to, std::uint64_t number) { append_number(to, number); }

void append_json(std::string& to, JsonObject object) {
  to += '{';
  to += object.x_text;
  to += '}';
}

void append_json(std::string& to, JsonArray array) {
  to += '[';
  to += array.x_text;
  to += ']';
}

void put_day(JsonObject& to, std::string_view name, std::int32_t days) {
  if (days != INT32_MIN && days != INT32_MAX) to[name] = format_date(Date{days});
}

void put_time(JsonObject& to, std::string_view name, std::int64_t us) {
  if (us != INT64_MIN) to[name] = format_time(TimeUs{us});
}

JsonArray texts_json(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace cartella::api
