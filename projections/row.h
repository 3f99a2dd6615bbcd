// projections/row.h: how a struct becomes the value of a row, and back.
//
// A row struct lists its members once: `template <class A> static void fields(auto& self, A& a)
// { a(self.x, self.y); }`. Numbers are written as zigzag varints, texts and lists with their
// length. New members go at the end; a shorter row leaves them at their defaults. Changing anything
// else raises the projection's version. Threads: free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace cartella::projections {

class RowWriter {
 public:
  template <class... T>
  void operator()(const T&... values) {
    (one(values), ...);
  }
  std::string take() { return std::move(x_out); }

 private:
  template <class T>
  void one(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      number(static_cast<std::int64_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      number(static_cast<std::int64_t>(value));
    } else {
      T::fields(value, *this);
    }
  }
  void one(const std::string& value) {
    number(static_cast<std::int64_t>(value.size()));
    x_out += value;
  }
  template <class Tag>
  void one(const Id16<Tag>& id) {
    x_out.append(as_text(id.view()));
  }
  template <class T>
  void one(const std::vector<T>& values) {
    number(static_cast<std::int64_t>(values.size()));
    for (const T& value : values) one(value);
  }
  void number(std::int64_t value);

  std::string x_out;
};

class RowReader {
 public:
  explicit RowReader(std::string_view from) : x_from(from) {}
  template <class... T>
  void operator()(T&... values) {
    (one(values), ...);
  }
  bool failed() const { return x_failed; }

 private:
  template <class T>
  void one(T& value) {
    if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
      if (!x_from.empty()) value = static_cast<T>(number());
    } else {
      T::fields(value, *this);
    }
  }
  void one(std::string& value);
  template <class Tag>
  void one(Id16<Tag>& id) {
    if (x_from.empty()) return;
    if (x_from.size() < 16) return fail_here();
    id = Id16<Tag>::from_view(as_bytes(x_from));
    x_from.remove_prefix(16);
  }
  template <class T>
  void one(std::vector<T>& values) {
    if (x_from.empty()) return;
    const std::int64_t count = number();
    // Each element takes at least one byte, which bounds what a damaged count can ask for.
    if (count < 0 || static_cast<std::uint64_t>(count) > x_from.size()) {
      if (count != 0) return fail_here();
    }
    values.resize(static_cast<std::size_t>(count));
    for (T& value : values) one(value);
  }
  std::int64_t number();
  void fail_here() {
    x_failed = true;
    x_from = {};
  }

  std::string_view x_from;
  bool x_failed = false;
};

template <class T>
std::string encode_row(const T& row) {
  RowWriter writer;
  T::fields(row, writer);
  return writer.take();
}

// corrupt: the bytes are not a row.
template <class T>
Result<T> decode_row(std::string_view bytes) {
  T row;
  RowReader reader(bytes);
  T::fields(row, reader);
  if (reader.failed()) return fail(Errc::corrupt, "a row of a view is malformed");
  return row;
}

// ---- keys: one letter that names the kind of row, then fixed-width parts
// -------------------------
class RowKey {
 public:
  explicit RowKey(char kind) : x_key(1, kind) {}
  template <class Tag>
  RowKey& id(const Id16<Tag>& id) {
    x_key.append(as_text(id.view()));
    return *this;
  }
  RowKey& bytes(ByteView bytes) {
    x_key.append(as_text(bytes));
    return *this;
  }
  RowKey& number(std::uint64_t value);
  // Days since 1970 so that dates before it sort first.
  RowKey& date(std::int32_t days);
  RowKey& text(std::string_view text) {
    x_key.append(text);
    return *this;
  }
  std::string take() { return std::move(x_key); }

 private:
  std::string x_key;
};

// An id that stands in a key at an offset. The key is at least that long by construction.
template <class Id>
Id id_in_key(std::string_view key, std::size_t offset) {
  return Id::from_view(as_bytes(key.substr(offset, 16)));
}
std::uint64_t number_in_key(std::string_view key, std::size_t offset);

}  // namespace cartella::projections
