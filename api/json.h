// api/json.h: the JSON of our answers, written as text while it is put together.
//
// An answer is built once, from front to back, and then sent; so a value is its text already, and
// an object that goes into another one is copied as bytes. A name is given once to an object.
// Absent values are left out, never null. Internal to api. Threads: values and free functions.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace cartella::api {

class JsonArray;
class JsonObject;

// Quoted and escaped; what is no UTF-8 stays as it is.
void append_json(std::string& to, std::string_view text);
void append_json(std::string& to, std::int64_t number);
void append_json(std::string& to, std::uint64_t number);
void append_json(std::string& to, JsonObject object);
void append_json(std::string& to, JsonArray array);

// One value. Threads: a value.
class Json {
 public:
  explicit Json(std::nullptr_t) : x_text("null") {}
  explicit Json(std::integral auto number) { set(number); }
  // Text that is JSON already.
  static Json of_text(std::string_view text) {
    Json value(nullptr);
    value.x_text = text;
    return value;
  }
  const std::string& text() const { return x_text; }

 private:
  void set(bool value) { x_text = value ? "true" : "false"; }
  void set(std::signed_integral auto number) { append_json(x_text, std::int64_t{number}); }
  void set(std::unsigned_integral auto number) { append_json(x_text, std::uint64_t{number}); }
  std::string x_text;
};

// Anything that a member or an item may be.
template <class T>
void append_any(std::string& to, T&& value) {
  using Value = std::remove_cvref_t<T>;
  if constexpr (std::same_as<Value, bool>)
    to += value ? "true" : "false";
  else if constexpr (std::signed_integral<Value>)
    append_json(to, std::int64_t{value});
  else if constexpr (std::unsigned_integral<Value>)
    append_json(to, std::uint64_t{value});
  else if constexpr (std::same_as<Value, Json>)
    to += value.text();
  else if constexpr (std::convertible_to<T, std::string_view>)
    append_json(to, std::string_view(value));
  else
    append_json(to, std::forward<T>(value));
}

// Threads: a value.
class JsonArray {
 public:
  JsonArray() = default;
  template <class Iterator>
  JsonArray(Iterator from, Iterator to) {
    for (; from != to; ++from) push_back(*from);
  }
  template <class T>
  void push_back(T&& value) {
    if (!x_starts.empty()) x_text += ',';
    x_starts.push_back(x_text.size());
    append_any(x_text, std::forward<T>(value));
  }
  template <class T>
  void emplace_back(T&& value) {
    push_back(std::forward<T>(value));
  }
  std::size_t size() const { return x_starts.size(); }
  bool empty() const { return x_starts.empty(); }
  Json operator[](std::size_t index) const {
    const std::size_t from = x_starts[index];
    const std::size_t to = index + 1 < x_starts.size() ? x_starts[index + 1] - 1 : x_text.size();
    return Json::of_text(std::string_view(x_text).substr(from, to - from));
  }

 private:
  friend void append_json(std::string& to, JsonArray array);
  std::string x_text;  // the items, without brackets
  std::vector<std::size_t> x_starts;
};

// Threads: a value.
class JsonObject {
 public:
  // Where a value is assigned to. It is used at once.
  class Member {
   public:
    Member(std::string& to, std::string_view name) : x_to(to), x_name(name) {}
    Member(const Member&) = delete;
    template <class T>
    Member& operator=(T&& value) {
      if (x_to.capacity() < kFirstBytes) x_to.reserve(kFirstBytes);
      if (!x_to.empty()) x_to += ',';
      append_json(x_to, x_name);
      x_to += ':';
      append_any(x_to, std::forward<T>(value));
      return *this;
    }

   private:
    std::string& x_to;
    std::string_view x_name;
  };

  [[nodiscard]] Member operator[](std::string_view name) { return {x_text, name}; }
  bool empty() const { return x_text.empty(); }
  // The whole text; the object is empty then.
  std::string text() && {
    std::string whole = std::move(x_text);
    whole.insert(0, 1, '{');
    whole += '}';
    return whole;
  }

 private:
  static constexpr std::size_t kFirstBytes = 480;  // a line of a list
  friend void append_json(std::string& to, JsonObject object);
  std::string x_text;  // the members, without braces
};

// A zero id is absent.
template <class Tag>
void put(JsonObject& to, std::string_view name, const Id16<Tag>& id) {
  if (!id.is_zero()) to[name] = id.hex();
}
// An empty text is absent.
inline void put(JsonObject& to, std::string_view name, std::string_view text) {
  if (!text.empty()) to[name] = text;
}
// INT32_MIN and INT32_MAX are absent.
void put_day(JsonObject& to, std::string_view name, std::int32_t days);
// INT64_MIN is absent.
void put_time(JsonObject& to, std::string_view name, std::int64_t us);

template <class Ids>
JsonArray ids_json(const Ids& ids) {
  JsonArray all;
  for (const auto& id : ids) all.emplace_back(id.hex());
  return all;
}
JsonArray texts_json(const std::vector<std::string>& texts);

}  // namespace cartella::api
