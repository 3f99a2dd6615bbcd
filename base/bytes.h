// base/bytes.h: byte buffers and views, big-endian integers, hexadecimal and Base64.
//
// All integers in our formats are big-endian (ledger.md 3), so that keys sort by value.
// Threads: free functions, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cartella {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using Hash32 = std::array<std::uint8_t, 32>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void store_be16(std::uint8_t* to, std::uint16_t value) {
  to[0] = static_cast<std::uint8_t>(value >> 8);
  to[1] = static_cast<std::uint8_t>(value);
}
inline void store_be32(std::uint8_t* to, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}
inline void store_be64(std::uint8_t* to, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) to[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}
inline std::uint16_t load_be16(const std::uint8_t* from) {
  return static_cast<std::uint16_t>((from[0] << 8) | from[1]);
}
inline std::uint32_t load_be32(const std::uint8_t* from) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | from[i];
  return value;
}
inline std::uint64_t load_be64(const std::uint8_t* from) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = (value << 8) | from[i];
  return value;
}

// Appends to a growing buffer.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& to) : x_to(to) {}
  void u8(std::uint8_t v) { x_to.push_back(v); }
  void u16(std::uint16_t v) {
    grow(2);
    store_be16(x_to.data() + x_to.size() - 2, v);
  }
  void u32(std::uint32_t v) {
    grow(4);
    store_be32(x_to.data() + x_to.size() - 4, v);
  }
  void u64(std::uint64_t v) {
    grow(8);
    store_be64(x_to.data() + x_to.size() - 8, v);
  }
  void raw(ByteView v) { x_to.insert(x_to.end(), v.begin(), v.end()); }
  // A variable-length field is framed by its u32 length (ledger-amendments.md 4).
  void framed(ByteView v) {
    u32(static_cast<std::uint32_t>(v.size()));
    raw(v);
  }

 private:
  void grow(std::size_t n) { x_to.resize(x_to.size() + n); }
  Bytes& x_to;
};

// Reads untrusted bytes; every method answers false past the end and then stays failed.
class ByteReader {
 public:
  explicit ByteReader(ByteView from) : x_from(from) {}
  bool u8(std::uint8_t& v);
  bool u16(std::uint16_t& v);
  bool u32(std::uint32_t& v);
  bool u64(std::uint64_t& v);
  bool raw(std::size_t count, ByteView& v);
  bool copy(std::span<std::uint8_t> to);
  // Reads a u32 length of at most `bytes_max`, then that many bytes.
  bool framed(std::size_t bytes_max, ByteView& v);
  std::size_t remaining() const { return x_from.size(); }
  bool failed() const { return x_failed; }

 private:
  bool take(std::size_t count, const std::uint8_t*& at);
  ByteView x_from;
  bool x_failed = false;
};

// Well-formed (RFC 3629): no overlong form, no surrogate, nothing cut short.
bool is_utf8(std::string_view text);
// The length that forms and flows count in: code points of UTF-8. Malformed bytes count as they
// come.
std::size_t code_points(std::string_view utf8);

std::string to_hex(ByteView bytes);
// invalid_input: odd length or a character that is not hexadecimal.
Result<Bytes> from_hex(std::string_view text);
// Standard alphabet with padding (RFC 4648 4), as C2SP signed notes use it.
std::string to_base64(ByteView bytes);
// invalid_input: wrong alphabet, padding, or bits after the end that are not zero.
Result<Bytes> from_base64(std::string_view text);

}  // namespace cartella
