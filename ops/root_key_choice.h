// ops/root_key_choice.h: from where the command line takes what opens the vault.
//
// `--root-key` names a source: passphrase-file:PATH, prompt, credential:NAME (of systemd, under
// $CREDENTIALS_DIRECTORY) or pkcs11:MODULE?token=..&object=.. with the PIN from pin-file=PATH,
// pin-credential=NAME or, without either, from the terminal. --passphrase-file PATH is the first.
// Threads: one.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/root_key.h"
#include "ops/options.h"

namespace cartella::ops {

struct RootKeyChoice {
  enum class Kind : std::uint8_t { file, prompt, credential };
  Kind kind = Kind::prompt;  // of the passphrase, or of the PIN
  std::filesystem::path file;
  std::string credential;
  std::optional<crypto::TokenAddress> token;
};

// Of --root-key or --passphrase-file; without either, the terminal is asked. invalid_argument:
// both, or not one of the forms.
Result<RootKeyChoice> chosen_root_key(const Options& options);
// Relative paths start in `directory`, where it is given. invalid_argument: not one of the forms.
Result<RootKeyChoice> parse_root_key(std::string_view text,
                                     const std::filesystem::path& directory = {});

// How a secret that nobody wrote down is asked for.
struct Asking {
  bool twice = false;            // a new one: typed again, and compared
  std::istream* line = nullptr;  // the client asked already and sent it: read from here
};
// read_passphrase, read_from_terminal; not_found: no such credential, or no directory of them.
Result<crypto::RootSource> read_root_source(const RootKeyChoice& choice, const Asking& asking = {});

// What a client sends along, since the server has no terminal: the secret and the end of its line,
// asked for here; empty where the choice names where it stands.
Result<crypto::Passphrase> ask_for_server(const RootKeyChoice& choice, bool twice);

// Whether whoever takes the disk of the data takes the passphrase with it: a plain file on the same
// file system as `data`, or as the folder that will hold it. io.
Result<bool> lies_beside_data(const RootKeyChoice& choice, const std::filesystem::path& data);
// What the production profile answers then. refused.
Error beside_data_error(const RootKeyChoice& choice);

}  // namespace cartella::ops
