#include "crypto/password.h"

#include <sodium.h>

#include <array>
#include <cerrno>
#include <set>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace cartella::crypto {
namespace {

struct Costs {
  unsigned long long operations = 0;
  std::size_t memory_bytes = 0;
};

Costs costs_of(PasswordCost cost) {
  if (cost == PasswordCost::cheap)
    return {crypto_pwhash_argon2id_OPSLIMIT_MIN, crypto_pwhash_argon2id_MEMLIMIT_MIN};
  return {crypto_pwhash_argon2id_OPSLIMIT_MODERATE, crypto_pwhash_argon2id_MEMLIMIT_INTERACTIVE};
}

Error no_memory() {
  return fail(Errc::unavailable, "memoria insufficiente per verificare una password");
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, PasswordCost cost) {
  start();
  const Costs costs = costs_of(cost);
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), costs.operations,
                            costs.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return no_memory();
  return std::string(text.data());
}

Result<bool> matches_password(const std::string& hash, std::string_view password) {
  start();
  if (!hash.starts_with(crypto_pwhash_argon2id_STRPREFIX)) return false;
  if (hash.size() >= crypto_pwhash_STRBYTES) return false;
  errno = 0;
  if (crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0) return true;
  // libsodium says EINVAL for a mismatch; what it leaves is memory that it could not have.
  if (errno == ENOMEM) return no_memory();
  return false;
}

bool needs_rehash(const std::string& hash, PasswordCost cost) {
  start();
  const Costs costs = costs_of(cost);
  return crypto_pwhash_str_needs_rehash(hash.c_str(), costs.operations, costs.memory_bytes) != 0;
}

Status check_new_password(std::string_view password, std::string_view username) {
  if (password.size() > kPasswordBytesMax || code_points(password) > kPasswordLettersMax)
    return fail(Errc::invalid_input, "la password supera 128 caratteri");
  if (code_points(password) < kPasswordLettersMin)
    return fail(Errc::invalid_input, "la password deve avere almeno 12 caratteri");
  if (std::set<char>(password.begin(), password.end()).size() < 5)
    return fail(Errc::invalid_input, "la password deve avere almeno cinque caratteri diversi");
  if (!username.empty() && lowered(password).find(lowered(username)) != std::string::npos)
    return fail(Errc::invalid_input, "la password non può contenere il nome utente");
  return ok();
}

}  // namespace cartella::crypto
