#include "crypto/password.h"

#include <sodium.h>

#include <array>
#include <cerrno>
#include <set>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace cartella::crypto {

extern const std::string_view k_common_passwords;  // a line each, common_passwords.py

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

bool is_common(std::string_view word) {
  const std::string_view list = k_common_passwords;
  // Of several lines, which the list would hold without holding a word before or behind them.
  if (word.find('\n') != std::string_view::npos) return false;
  for (auto at = list.find(word); at != std::string_view::npos; at = list.find(word, at + 1))
    if (list[at - 1] == '\n' && list[at + word.size()] == '\n') return true;
  return false;
}

// Without the digits and signs around it, which is what people add to a word when they must.
std::string_view middle_of(std::string_view text) {
  const auto is_sign = [](char c) {
    return (c < 'a' || c > 'z') && static_cast<unsigned char>(c) < 0x80;
  };
  while (!text.empty() && is_sign(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_sign(text.back())) text.remove_suffix(1);
  return text;
}

bool is_repetition(std::string_view text) {
  for (std::size_t period = 1; period <= text.size() / 2; ++period)
    if (text.size() % period == 0 && text.substr(period) == text.substr(0, text.size() - period))
      return true;
  return false;
}

Status check_lowered(std::string_view password, const std::string& username) {
  if (!username.empty() && password.find(username) != std::string_view::npos)
    return fail(Errc::invalid_input, "la password non può contenere il nome utente");
  const std::string_view middle = middle_of(password);
  if (is_repetition(password) || is_common(password) || (!middle.empty() && is_common(middle)))
    return fail(Errc::invalid_input,
                "la password è tra le più usate, o una di quelle con cifre e segni attorno, o "
                "la stessa parola ripetuta");
  return ok();
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
  std::string text = lowered(password);
  const Status checked = check_lowered(text, lowered(username));
  sodium_memzero(text.data(), text.size());
  return checked;
}

}  // namespace cartella::crypto
