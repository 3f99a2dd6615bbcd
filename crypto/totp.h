// crypto/totp.h: one-time codes of RFC 6238: SHA-1, six digits, steps of 30 seconds.
//
// These are the values that every authenticator app knows without being told. A code is good for
// its step and the two beside it; the step is returned, so that whoever keeps the last one used
// refuses a code that was seen. Threads: values and free functions, any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace cartella::crypto {

inline constexpr std::size_t kTotpSecretBytes = 20;  // RFC 4226 4, R6: 160 bits
inline constexpr unsigned kTotpDigits = 6;
inline constexpr std::int64_t kTotpStepSeconds = 30;

// Moved or copied on purpose (clone), wiped when it goes away.
class TotpSecret {
 public:
  using Raw = std::array<std::uint8_t, kTotpSecretBytes>;

  TotpSecret() = default;
  explicit TotpSecret(const Raw& bytes) : x_bytes(bytes) {}
  ~TotpSecret();
  TotpSecret(TotpSecret&& other) noexcept;
  TotpSecret& operator=(TotpSecret&& other) noexcept;
  TotpSecret(const TotpSecret&) = delete;
  TotpSecret& operator=(const TotpSecret&) = delete;

  static TotpSecret random();
  // Letters of either case, blanks allowed, without padding or with it. invalid_input: not Base32,
  // or not of 20 bytes.
  static Result<TotpSecret> from_base32(std::string_view text);

  TotpSecret clone() const { return TotpSecret(x_bytes); }
  ByteView view() const { return x_bytes; }
  std::string base32() const;

 private:
  Raw x_bytes{};
};

// What an authenticator app reads from a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=...
std::string otpauth_uri(const TotpSecret& secret, std::string_view issuer,
                        std::string_view account);

std::uint64_t totp_step(TimeUs at);
// `digits` is 6, 7 or 8.
std::string totp_code(const TotpSecret& secret, std::uint64_t step, unsigned digits = kTotpDigits);
// The step that `code` belongs to: that of `now` or one beside it, and later than `last_used`.
// nullopt: none, or a code of another form. Every step is compared, in constant time.
std::optional<std::uint64_t> match_totp(const TotpSecret& secret, std::string_view code, TimeUs now,
                                        std::uint64_t last_used);

}  // namespace cartella::crypto
