#include "base/bytes.h"

#include <algorithm>

namespace cartella {

bool ByteReader::take(std::size_t count, const std::uint8_t*& at) {
  if (x_failed || x_from.size() < count) {
    x_failed = true;
    return false;
  }
  at = x_from.data();
  x_from = x_from.subspan(count);
  return true;
}

bool ByteReader::u8(std::uint8_t& v) {
  const std::uint8_t* at = nullptr;
  if (!take(1, at)) return false;
  v = *at;
  return true;
}
bool ByteReader::u16(std::uint16_t& v) {
  const std::uint8_t* at = nullptr;
  if (!take(2, at)) return false;
  v = load_be16(at);
  return true;
}
bool ByteReader::u32(std::uint32_t& v) {
  const std::uint8_t* at = nullptr;
  if (!take(4, at)) return false;
  v = load_be32(at);
  return true;
}
bool ByteReader::u64(std::uint64_t& v) {
  const std::uint8_t* at = nullptr;
  if (!take(8, at)) return false;
  v = load_be64(at);
  return true;
}
bool ByteReader::raw(std::size_t count, ByteView& v) {
  const std::uint8_t* at = nullptr;
  if (!take(count, at)) return false;
  v = ByteView(at, count);
  return true;
}
bool ByteReader::copy(std::span<std::uint8_t> to) {
  const std::uint8_t* at = nullptr;
  if (!take(to.size(), at)) return false;
  if (!to.empty()) std::memcpy(to.data(), at, to.size());
  return true;
}
bool ByteReader::framed(std::size_t bytes_max, ByteView& v) {
  std::uint32_t length = 0;
  if (!u32(length)) return false;
  if (length > bytes_max) {
    x_failed = true;
    return false;
  }
  return raw(length, v);
}

namespace {

// Length of the well-formed sequence at `at` (RFC 3629: no overlong forms, no surrogates), or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned first = byte(0);
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::size_t code_points(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  char* to = text.data();
  for (const std::uint8_t b : bytes) {
    *to++ = kDigits[b >> 4];
    *to++ = kDigits[b & 15];
  }
  return text;
}

namespace {
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}  // namespace

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Errc::invalid_input, "hexadecimal text has odd length");
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return fail(Errc::invalid_input, "not a hexadecimal digit");
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

std::string to_base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* to = text.data();
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16 |
                                static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    *to++ = kAlphabet[group >> 18];
    *to++ = kAlphabet[(group >> 12) & 63];
    *to++ = kAlphabet[(group >> 6) & 63];
    *to++ = kAlphabet[group & 63];
  }
  if (i == bytes.size()) return text;
  const bool has_two = i + 2 == bytes.size();
  std::uint32_t group = static_cast<std::uint32_t>(bytes[i]) << 16;
  if (has_two) group |= static_cast<std::uint32_t>(bytes[i + 1]) << 8;
  *to++ = kAlphabet[group >> 18];
  *to++ = kAlphabet[(group >> 12) & 63];
  if (has_two) *to = kAlphabet[(group >> 6) & 63];
  return text;
}

Result<Bytes> from_base64(std::string_view text) {
  const Error bad = fail(Errc::invalid_input, "not Base64");
  if (text.size() % 4 != 0) return bad;
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    std::size_t padding = 0;
    if (last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      std::size_t value = 0;
      if (j < 4 - padding) {
        value = kAlphabet.find(text[i + j]);
        if (value == std::string_view::npos) return bad;
      }
      group = (group << 6) | static_cast<std::uint32_t>(value);
    }
    if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0))
      return bad;
    bytes.push_back(static_cast<std::uint8_t>(group >> 16));
    if (padding < 2) bytes.push_back(static_cast<std::uint8_t>(group >> 8));
    if (padding < 1) bytes.push_back(static_cast<std::uint8_t>(group));
  }
  return bytes;
}

}  // namespace cartella
