// cases/json_text.h: a JSON text as a value: bounded, whole numbers only, no name given twice.
//
// Commands come from outside, so the limits hold while the text is read and an error names a field
// or a place, never a value. Threads: values and free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cartella::cases {

struct JsonValue {
  enum class Kind : std::uint8_t { null, flag, whole, text, array, object };
  Kind kind = Kind::null;
  bool flag = false;
  std::int64_t whole = 0;
  std::string text;
  std::vector<std::string> names;  // of an object, in the order of the text
  std::vector<JsonValue> items;    // of an array, or of an object beside `names`

  // nullptr: no object, or it has no such member.
  const JsonValue* find(std::string_view name) const;
};

inline constexpr std::size_t kJsonBytesMax = 1 << 20;  // four times the largest event
inline constexpr std::size_t kJsonDepthMax = 8;        // a command needs five

// invalid_input: too_large, too_deep, too_many_fields, duplicate_field, bad_number (a fraction or
// out of range), bad_json with the byte where it stopped.
Result<JsonValue> parse_json(std::string_view text);

// A field's name for a message: what could be anything but a name is not repeated.
std::string shown_name(std::string_view name);

}  // namespace cartella::cases
