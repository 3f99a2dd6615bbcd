#include "api/field_bounds.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace cartella::api {

namespace {

using cases::JsonValue;

enum class Form : std::uint8_t { line, filled_line, lines, belfiore, digits, key };

// Of a member by its name, and where that is not enough by what it stands in: a command or another
// member. The first row that fits holds.
struct Bound {
  std::string_view within;  // empty: anything
  std::string_view name;    // empty: anything
  std::size_t code_points_max = 0;
  Form form = Form::line;
};

constexpr std::size_t kCode = 100;
constexpr std::size_t kLine = 300;
constexpr std::size_t kText = 4'000;
constexpr std::size_t kLongText = 200'000;
constexpr std::size_t kTextBytesMax = 190'000;  // a segment of an event holds 196,592 in all

constexpr auto kBounds = std::to_array<Bound>({
    {"identity", "name", 200},
    {"identity", "surname", 200},
    {"identifier", "value", 64},
    {"identifiers", "value", 64},
    {"replaces", "value", 64},
    {"set_category", "category", 40},
    {"lift_restriction", "reason", kCode},
    {"revoke_role", "reason", kLine},
    {"revoke_signer", "reason", kLine},
    {"", "text", kLongText, Form::lines},
    {"", "reason", kText, Form::lines},
    {"", "note", kText, Form::lines},
    {"", "other_text", kText, Form::lines},
    {"", "value", kText, Form::lines},
    {"", "motive_text", kText, Form::lines},
    {"", "birth_place", 4, Form::belfiore},
    {"", "comune", 4, Form::belfiore},
    {"", "immigrated_from", 4, Form::belfiore},
    {"", "emigrated_to", 4, Form::belfiore},
    {"", "registry_comune", 4, Form::belfiore},
    {"", "belfiore", 4, Form::belfiore},
    {"", "citizenship", 3, Form::digits},
    {"", "key", 200, Form::key},
    {"", "protocol", 32, Form::filled_line},
    {"", "inps_code", 20},
    {"", "household_number", 40},
    {"", "username", 64},
    {"", "proof", 128},
    {"", "purpose", 200},
    {"", "legal_basis", 200},
    {"", "name", kLine},
    {"", "with_whom", kLine},
    {"", "email", kLine},
    {"", "recipient", kLine},
    {"", "inps_name", kLine},
    {"", "label", kLine},
    {"", "detail", kLine},
    {"", "act", kLine},
    {"", "street", kLine},
    {"", "contact_point", kLine},
    {"", "title", kLine},
    {"", "requester", kLine},
    {"", "holder", kLine},
    {"", "", kCode},
});

const Bound& bound_of(std::string_view within, std::string_view name) {
  return *std::find_if(kBounds.begin(), kBounds.end(), [&](const Bound& bound) {
    return (bound.within.empty() || bound.within == within) &&
           (bound.name.empty() || bound.name == name);
  });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_control(char c, bool lines_allowed) {
  if (lines_allowed && (c == '\t' || c == '\n' || c == '\r')) return false;
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool has_form(std::string_view text, Form form) {
  switch (form) {
    case Form::belfiore: return is_belfiore(text);
    case Form::digits: return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
    case Form::key:
      return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || c == '/' || c == '_' || c == '.' ||
               c == '-';
      });
    case Form::filled_line:
      if (text.empty()) return false;
      break;
    case Form::line:
    case Form::lines: break;
  }
  return std::none_of(text.begin(), text.end(),
                      [form](char c) { return is_control(c, form == Form::lines); });
}

Error bad(std::string_view name, std::string_view sentence) {
  return fail(Errc::invalid_input,
              "bad_field: " + cases::shown_name(name) + ' ' + std::string(sentence));
}

// As deep as parse_json lets a value be.
Status check_value(std::string_view within, std::string_view name, const JsonValue& value) {
  if (value.kind == JsonValue::Kind::text) {
    const Bound& bound = bound_of(within, name);
    if (value.text.size() > kTextBytesMax || code_points(value.text) > bound.code_points_max)
      return bad(name, "è troppo lungo");
    if (!has_form(value.text, bound.form)) return bad(name, "non ha la forma prevista");
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const bool is_object = value.kind == JsonValue::Kind::object;
    CARTELLA_TRY(is_object ? check_value(name, value.names[i], value.items[i])
                           : check_value(within, name, value.items[i]));
  }
  return ok();
}

}  // namespace

bool is_belfiore(std::string_view text) {
  return text.size() == 4 && text[0] >= 'A' && text[0] <= 'Z' &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

Status check_bounds(std::string_view command, const JsonValue& fields) {
  return check_value({}, command, fields);
}

}  // namespace cartella::api
