// crypto/root_key.h: the key above all others, from a passphrase by Argon2id.
//
// <dir>/keys/root.params holds the salt and the costs, so that they can be raised later; it holds
// no secret. Layout: docs/data_formats.md "Vault".
// Threads: free functions. Derivation takes about half a second: never on an I/O thread.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::crypto {

enum class PassphraseCost { interactive_minimum, moderate };

// Writes new parameters. io, out_of_space, unavailable (not enough memory for Argon2id).
Result<Secret32> make_root_key(const std::filesystem::path& keys_dir, std::string_view passphrase,
                               PassphraseCost cost);
// not_found, corrupt (names the file), unsupported, io, unavailable.
Result<Secret32> load_root_key(const std::filesystem::path& keys_dir, std::string_view passphrase);
// Reads the parameters again and checks them. not_found, corrupt, unsupported, io.
Status verify_root_params(const std::filesystem::path& keys_dir);

}  // namespace cartella::crypto
