#include "crypto/totp.h"

#include <liboath/oath.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "crypto/secret.h"

namespace cartella::crypto {
namespace {

constexpr std::size_t kBase32LettersMax = 64;  // of 20 bytes: 32; blanks between them

struct Freed {
  void operator()(char* text) const { std::free(text); }
};
using OathText = std::unique_ptr<char, Freed>;

void start_oath() {
  static const int kStarted = oath_init();
  CHECK(kStarted == OATH_OK);
}

const char* chars(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }

// Percent-encodes all but unreserved characters (RFC 3986 2.3).
std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '.' || c == '_' || c == '~') {
      result.push_back(c);
    } else {
      result.push_back('%');
      result.push_back(kDigits[byte >> 4]);
      result.push_back(kDigits[byte & 15]);
    }
  }
  return result;
}

}  // namespace

TotpSecret::~TotpSecret() { wipe(x_bytes.data(), x_bytes.size()); }

TotpSecret::TotpSecret(TotpSecret&& other) noexcept : x_bytes(other.x_bytes) {
  wipe(other.x_bytes.data(), other.x_bytes.size());
}

TotpSecret& TotpSecret::operator=(TotpSecret&& other) noexcept {
  if (this == &other) return *this;
  x_bytes = other.x_bytes;
  wipe(other.x_bytes.data(), other.x_bytes.size());
  return *this;
}

TotpSecret TotpSecret::random() {
  TotpSecret secret;
  random_fill(secret.x_bytes);
  return secret;
}

Result<TotpSecret> TotpSecret::from_base32(std::string_view text) {
  start_oath();
  const auto refused = [] {
    return fail(Errc::invalid_input, "un segreto TOTP è di 20 byte in Base32 (32 caratteri)");
  };
  if (text.size() > kBase32LettersMax) return refused();
  char* raw = nullptr;
  std::size_t size = 0;
  const int status = oath_base32_decode(text.data(), text.size(), &raw, &size);
  const OathText owner(raw);
  if (status != OATH_OK) return refused();
  TotpSecret secret;
  const bool fits = size == secret.x_bytes.size();
  if (fits) std::copy_n(reinterpret_cast<const std::uint8_t*>(raw), size, secret.x_bytes.begin());
  wipe(raw, size);
  if (!fits) return refused();
  return secret;
}

std::string TotpSecret::base32() const {
  start_oath();
  char* raw = nullptr;
  std::size_t size = 0;
  CHECK(oath_base32_encode(chars(x_bytes), x_bytes.size(), &raw, &size) == OATH_OK);
  const OathText owner(raw);
  std::string text(raw, size);
  wipe(raw, size);
  return text;
}

std::string otpauth_uri(const TotpSecret& secret, std::string_view issuer,
                        std::string_view account) {
  return "otpauth://totp/" + encoded(issuer) + ":" + encoded(account) +
         "?secret=" + secret.base32() + "&issuer=" + encoded(issuer) +
         "&algorithm=SHA1&digits=6&period=30";
}

std::uint64_t totp_step(TimeUs at) {
  return at.us < 0 ? 0 : static_cast<std::uint64_t>(at.us / (kTotpStepSeconds * 1'000'000));
}

std::string totp_code(const TotpSecret& secret, std::uint64_t step, unsigned digits) {
  start_oath();
  CHECK(digits >= 6 && digits <= 8);
  std::array<char, 9> code{};  // eight digits and the NUL
  CHECK(oath_hotp_generate(chars(secret.view()), secret.view().size(), step, digits, false,
                           OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) == OATH_OK);
  return std::string(code.data());
}

std::optional<std::uint64_t> match_totp(const TotpSecret& secret, std::string_view code, TimeUs now,
                                        std::uint64_t last_used) {
  const std::uint64_t middle = totp_step(now);
  std::optional<std::uint64_t> matched;
  for (std::uint64_t step = middle == 0 ? 0 : middle - 1; step <= middle + 1; ++step) {
    const std::string right = totp_code(secret, step);
    if (equal_constant_time(as_bytes(right), as_bytes(code)) && step > last_used) matched = step;
  }
  return matched;
}

}  // namespace cartella::crypto
