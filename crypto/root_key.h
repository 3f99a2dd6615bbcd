// crypto/root_key.h: the key above all others, from a passphrase or from a token.
//
// <dir>/keys/root.params says how the key is found: salt and costs of Argon2id, so that they can be
// raised later, or the key wrapped by a key that never leaves a PKCS#11 token (crypto/token.h). It
// holds no secret that opens anything alone. While the root key is rotated, root.next stands beside
// it. Layout: docs/data_formats.md "Vault".
// Threads: free functions. Derivation takes about half a second: never on an I/O thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::crypto {

// Its whole buffer is wiped when it goes away or is moved from, with what was typed and taken back.
struct Passphrase {
  std::string text;

  Passphrase() = default;
  Passphrase(std::string_view of) : text(of) {}  // NOLINT: a text is one
  ~Passphrase() { clear(); }
  Passphrase(const Passphrase&) = default;
  Passphrase& operator=(const Passphrase&) = delete;
  Passphrase(Passphrase&& other) noexcept;
  Passphrase& operator=(Passphrase&& other) noexcept;
  void clear() noexcept;
};
// The same of any text that may be secret.
void wipe_text(std::string& text) noexcept;

// An AES-256 key on a token: the module that speaks with it, and the labels of both.
struct TokenAddress {
  std::filesystem::path module;
  std::string token;
  std::string object;
};

// Where a root key comes from.
struct RootSource {
  RootSource(Passphrase passphrase)
      : secret(std::move(passphrase)) {}  // NOLINT: a passphrase is one
  RootSource(TokenAddress address, Passphrase pin)
      : secret(std::move(pin)), token(std::move(address)) {}

  Passphrase secret;                  // the passphrase, or the PIN of the token
  std::optional<TokenAddress> token;  // nothing: Argon2id of the passphrase
};

enum class PassphraseCost { interactive_minimum, moderate };
enum class RootParams { current, next };

// A new root key and the file that says how it is found again.
struct NewRoot {
  Secret32 key;
  Bytes params;
};

// Writes nothing. unavailable: not enough memory for Argon2id; what wrap_on_token returns.
Result<NewRoot> new_root(const RootSource& source, PassphraseCost cost);
// Writes new parameters in the place of all others. io, out_of_space, what new_root returns.
Result<Secret32> make_root_key(const std::filesystem::path& keys_dir, const RootSource& source,
                               PassphraseCost cost);
// not_found, corrupt (names the file), unsupported, io, unavailable; invalid_argument: the source
// is a passphrase and the key is on a token, or the other way round; what unwrap_on_token returns.
Result<Secret32> load_root_key(const std::filesystem::path& keys_dir, const RootSource& source,
                               RootParams which = RootParams::current);
// Empty: a passphrase. Else the serial number of the token. As load_root_key.
Result<std::string> root_token_serial(const std::filesystem::path& keys_dir);
// Reads the parameters again and checks them. not_found, corrupt, unsupported, io.
Status verify_root_params(const std::filesystem::path& keys_dir);

// The steps of a rotation, each durable on return: the new parameters beside the old ones, then in
// their place, or gone. io, out_of_space.
Result<bool> has_next_root(const std::filesystem::path& keys_dir);
Status write_next_root(const std::filesystem::path& keys_dir, const NewRoot& next);
Status adopt_next_root(const std::filesystem::path& keys_dir);
Status drop_next_root(const std::filesystem::path& keys_dir);

}  // namespace cartella::crypto
