// api/body.h: reads the JSON object of a request, by the rules of commands: bounded, unknown and
// repeated fields refused by name, never a value repeated.
//
// Threads: one thread an object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "cases/json_text.h"

namespace cartella::api {

class Body {
 public:
  // invalid_argument: no JSON content type. invalid_input: what parse_json returns, or no object.
  static Result<Body> of(const Request& request);

  // Absent: empty or nullopt. A wrong type or length is kept and answered by finish().
  // One line: control characters are refused, too.
  std::string text(std::string_view name, std::size_t bytes_max, bool is_required = false);
  // Whatever characters it has.
  std::string password(std::string_view name, std::size_t bytes_max, bool is_required = false);
  // A Belfiore code (api/field_bounds.h).
  std::string place(std::string_view name);
  std::optional<std::int64_t> whole(std::string_view name, std::int64_t min, std::int64_t max);
  bool flag(std::string_view name);
  std::optional<Date> day(std::string_view name);
  std::optional<TimeUs> instant(std::string_view name);
  template <class Id>
  Id id(std::string_view name, bool is_required = false) {
    const std::string value = text(name, 36, is_required);
    if (value.empty()) {  // absent, or given without a letter
      const cases::JsonValue* given = x_object.find(name);
      if (given != nullptr && given->kind == cases::JsonValue::Kind::text)
        refuse(name, "non è un id");
      return {};
    }
    const auto parsed = Id::parse(value);
    if (!parsed) refuse(name, "non è un id");
    return parsed ? parsed.value() : Id{};
  }
  std::vector<std::string> texts(std::string_view name, std::size_t count_max,
                                 std::size_t bytes_max);
  // A member as it is, and then no longer part of the object.
  std::optional<cases::JsonValue> take(std::string_view name);
  // The first fault of what was asked for. invalid_input.
  Status sound() const;
  // The first fault, or the first field that nobody asked for. invalid_input.
  Status finish() const;
  // What was not taken, for a reader of its own.
  cases::JsonValue& object() { return x_object; }

 private:
  explicit Body(cases::JsonValue object) : x_object(std::move(object)) {}
  const cases::JsonValue* find(std::string_view name, cases::JsonValue::Kind kind,
                               bool is_required);
  void refuse(std::string_view name, std::string_view sentence);

  cases::JsonValue x_object;
  std::vector<std::string> x_asked;
  std::string x_fault;
};

}  // namespace cartella::api
