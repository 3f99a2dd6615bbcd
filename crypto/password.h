// crypto/password.h: passwords of people as Argon2id strings.
//
// The string holds algorithm, costs and salt beside the hash ("$argon2id$v=19$..."), so that costs
// may grow: needs_rehash tells which strings are of older ones. Standard costs are 64 MiB of memory
// and 3 passes: between libsodium's interactive and moderate, about 0.2 s of one core.
// Threads: any; each hash needs the memory of its cost, so callers run one at a time
// (api/password_queue.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cartella::crypto {

// A pass phrase is welcome; what is longer is an attempt to make us work.
inline constexpr std::size_t kPasswordBytesMax = 1024;
// ASVS 2.1.1, 2.1.2.
inline constexpr std::size_t kPasswordLettersMin = 12;
inline constexpr std::size_t kPasswordLettersMax = 128;

enum class PasswordCost : std::uint8_t {
  standard,
  cheap,  // tests: the cheapest Argon2id costs; never in production
};

// unavailable: not enough memory.
Result<std::string> hash_password(std::string_view password, PasswordCost cost);
// Whether `hash` was made of `password`; false also where `hash` is not such a string.
// unavailable: not enough memory.
Result<bool> matches_password(const std::string& hash, std::string_view password);
// Whether it was made with other costs.
bool needs_rehash(const std::string& hash, PasswordCost cost);

// What a password that somebody chooses must be: 12 to 128 letters, five different letters, without
// the username inside; not a shorter one written twice or more, and none of the 30,000 that people
// use most, in whatever case, nor one of those among digits and signs (ASVS 2.1.7). No rule about
// kinds of letters, which make passwords worse (ASVS 2.1.9). invalid_input says which rule, never
// what was written.
Status check_new_password(std::string_view password, std::string_view username);

}  // namespace cartella::crypto
