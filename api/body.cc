#include "api/body.h"

#include <algorithm>

#include "api/field_bounds.h"

namespace cartella::api {

using cases::JsonValue;

Result<Body> Body::of(const Request& request) {
  std::string_view type = request.header("Content-Type");
  type = type.substr(0, type.find(';'));
  if (type != "application/json")
    return fail(Errc::invalid_argument, "il corpo è application/json");
  CARTELLA_TRY(auto value, cases::parse_json(request.body));
  if (value.kind != JsonValue::Kind::object)
    return fail(Errc::invalid_input, "bad_json: serve un oggetto JSON");
  return Body(std::move(value));
}

void Body::refuse(std::string_view name, std::string_view sentence) {
  if (x_fault.empty())
    x_fault = "bad_field: " + cases::shown_name(name) + ' ' + std::string(sentence);
}

const JsonValue* Body::find(std::string_view name, JsonValue::Kind kind, bool is_required) {
  x_asked.emplace_back(name);
  const JsonValue* value = x_object.find(name);
  if (value == nullptr || value->kind == JsonValue::Kind::null) {
    if (is_required && x_fault.empty()) x_fault = "missing_field: manca " + cases::shown_name(name);
    return nullptr;
  }
  if (value->kind == kind) return value;
  refuse(name, "non è del tipo previsto");
  return nullptr;
}

std::string Body::text(std::string_view name, std::size_t bytes_max, bool is_required) {
  std::string line = password(name, bytes_max, is_required);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!std::ranges::any_of(line, is_control)) return line;
  refuse(name, "ha caratteri di controllo");
  return {};
}

std::string Body::password(std::string_view name, std::size_t bytes_max, bool is_required) {
  const JsonValue* value = find(name, JsonValue::Kind::text, is_required);
  if (value == nullptr) return {};
  if (value->text.size() > bytes_max) refuse(name, "è troppo lungo");
  if (is_required && value->text.empty()) refuse(name, "è vuoto");
  return value->text.size() > bytes_max ? std::string() : value->text;
}

std::string Body::place(std::string_view name) {
  const JsonValue* value = find(name, JsonValue::Kind::text, false);
  if (value == nullptr) return {};
  if (is_belfiore(value->text)) return value->text;
  refuse(name, "non è un codice Belfiore");
  return {};
}

std::optional<std::int64_t> Body::whole(std::string_view name, std::int64_t min, std::int64_t max) {
  const JsonValue* value = find(name, JsonValue::Kind::whole, false);
  if (value == nullptr) return std::nullopt;
  if (value->whole < min || value->whole > max) refuse(name, "è fuori misura");
  return value->whole;
}

bool Body::flag(std::string_view name) {
  const JsonValue* value = find(name, JsonValue::Kind::flag, false);
  return value != nullptr && value->flag;
}

std::optional<Date> Body::day(std::string_view name) {
  const JsonValue* value = find(name, JsonValue::Kind::text, false);
  if (value == nullptr) return std::nullopt;
  const auto date = parse_iso_date(value->text);
  if (!date) refuse(name, "non è una data AAAA-MM-GG");
  return date ? std::optional<Date>(date.value()) : std::nullopt;
}

std::optional<TimeUs> Body::instant(std::string_view name) {
  const JsonValue* value = find(name, JsonValue::Kind::text, false);
  if (value == nullptr) return std::nullopt;
  const auto time = parse_timestamp(value->text);
  if (!time) refuse(name, "non è un istante AAAA-MM-GGThh:mm:ssZ");
  return time ? std::optional<TimeUs>(time.value()) : std::nullopt;
}

std::vector<std::string> Body::texts(std::string_view name, std::size_t count_max,
                                     std::size_t bytes_max) {
  const JsonValue* value = find(name, JsonValue::Kind::array, false);
  std::vector<std::string> all;
  if (value == nullptr) return all;
  if (value->items.size() > count_max) refuse(name, "ha troppe voci");
  for (const JsonValue& item : value->items) {
    if (item.kind != JsonValue::Kind::text || item.text.size() > bytes_max) {
      refuse(name, "non è un elenco di testi brevi");
      return {};
    }
    all.push_back(item.text);
  }
  return all;
}

std::optional<JsonValue> Body::take(std::string_view name) {
  const auto at = std::find(x_object.names.begin(), x_object.names.end(), name);
  if (at == x_object.names.end()) return std::nullopt;
  const auto index = at - x_object.names.begin();
  JsonValue value = std::move(x_object.items[static_cast<std::size_t>(index)]);
  x_object.names.erase(at);
  x_object.items.erase(x_object.items.begin() + index);
  return value;
}

Status Body::sound() const {
  if (!x_fault.empty()) return fail(Errc::invalid_input, x_fault);
  return ok();
}

Status Body::finish() const {
  CARTELLA_TRY(sound());
  for (const std::string& name : x_object.names)
    if (std::find(x_asked.begin(), x_asked.end(), name) == x_asked.end())
      return fail(Errc::invalid_input,
                  "unknown_field: il campo " + cases::shown_name(name) + " non è previsto");
  return ok();
}

}  // namespace cartella::api
