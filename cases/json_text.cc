#include "cases/json_text.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

namespace cartella::cases {

namespace {

namespace json = boost::json;

constexpr std::size_t kShownNameMax = 40;  // the longest name of a field is half of it

Error bad(std::string_view code, const std::string& sentence) {
  return fail(Errc::invalid_input, std::string(code) + ": " + sentence);
}

// Builds the value and stops at the first fault. The parser enforces the sizes while it reads, so
// that looking for a repeated name among those of one object stays cheap.
class Builder {
 public:
  static constexpr std::size_t max_object_size = 256;  // no command has more fields
  static constexpr std::size_t max_array_size = 16'384;
  static constexpr std::size_t max_string_size = kJsonBytesMax;
  static constexpr std::size_t max_key_size = 256;

  JsonValue take() { return std::move(x_done); }
  const std::string& duplicate() const { return x_duplicate; }
  bool has_duplicate() const { return x_has_duplicate; }
  bool has_bad_number() const { return x_has_bad_number; }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(JsonValue::Kind::object); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code&) { return open(JsonValue::Kind::array); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    x_text.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    x_text.append(part.data(), part.size());
    auto& names = x_open.back().names;
    if (std::find(names.begin(), names.end(), x_text) != names.end()) {
      x_has_duplicate = true;
      x_duplicate = std::exchange(x_text, {});
      return stop(error);
    }
    names.push_back(std::exchange(x_text, {}));
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    x_text.append(part.data(), part.size());
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    x_text.append(part.data(), part.size());
    JsonValue value;
    value.kind = JsonValue::Kind::text;
    value.text = std::exchange(x_text, {});
    return add(std::move(value));
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, json::error_code&) {
    JsonValue value;
    value.kind = JsonValue::Kind::whole;
    value.whole = number;
    return add(std::move(value));
  }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code& error) {
    x_has_bad_number = true;  // those that fit come by on_int64
    return stop(error);
  }
  bool on_double(double, json::string_view, json::error_code& error) {
    x_has_bad_number = true;
    return stop(error);
  }
  bool on_bool(bool flag, json::error_code&) {
    JsonValue value;
    value.kind = JsonValue::Kind::flag;
    value.flag = flag;
    return add(std::move(value));
  }
  bool on_null(json::error_code&) { return add({}); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  static bool stop(json::error_code& error) {
    error = json::make_error_code(json::error::syntax);
    return false;
  }
  bool open(JsonValue::Kind kind) {
    x_open.emplace_back().kind = kind;
    return true;
  }
  bool close() {
    JsonValue value = std::move(x_open.back());
    x_open.pop_back();
    return add(std::move(value));
  }
  bool add(JsonValue value) {
    if (x_open.empty())
      x_done = std::move(value);
    else
      x_open.back().items.push_back(std::move(value));
    return true;
  }

  std::vector<JsonValue> x_open;
  JsonValue x_done;
  std::string x_text;
  std::string x_duplicate;
  bool x_has_duplicate = false;
  bool x_has_bad_number = false;
};

Error fault_of(const Builder& builder, const json::error_code& error, std::size_t at) {
  if (builder.has_duplicate())
    return bad("duplicate_field", shown_name(builder.duplicate()) + " è ripetuto");
  if (builder.has_bad_number())
    return bad("bad_number", "i numeri sono interi di al più 64 bit (byte " + std::to_string(at) +
                                 "; gli importi in centesimi)");
  if (error == json::error::too_deep) return bad("too_deep", "il JSON è troppo annidato");
  if (error == json::error::object_too_large || error == json::error::array_too_large)
    return bad("too_many_fields", "il JSON ha troppi campi o elementi");
  return bad("bad_json", "il testo non è JSON (byte " + std::to_string(at) + ")");
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return &items[i];
  return nullptr;
}

std::string shown_name(std::string_view name) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; };
  if (name.empty() || name.size() > kShownNameMax || !std::all_of(name.begin(), name.end(), plain))
    return "un campo";
  return "il campo " + std::string(name);
}

Result<JsonValue> parse_json(std::string_view text) {
  if (text.size() > kJsonBytesMax) return bad("too_large", "il JSON supera 1 MiB");
  json::parse_options options;
  options.max_depth = kJsonDepthMax;
  json::basic_parser<Builder> parser(options);
  json::error_code error;
  std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error) return fault_of(parser.handler(), error, read);
  while (read < text.size() && std::string_view(" \t\r\n").find(text[read]) != std::string::npos)
    ++read;
  if (read < text.size())
    return bad("bad_json", "dopo il comando c'è altro (byte " + std::to_string(read) + ")");
  return parser.handler().take();
}

}  // namespace cartella::cases
