#include "ops/root_key_choice.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "ops/terminal.h"
#include "ops/workspace.h"
#include "store/file_io.h"

namespace cartella::ops {
namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kBinaryBytes = 32;

Error unknown_source() {
  return fail(
      Errc::invalid_argument,
      "la chiave radice è passphrase-file:FILE, prompt, credential:NOME oppure "
      "pkcs11:MODULO?token=ETICHETTA&object=ETICHETTA[&pin-file=FILE|&pin-credential=NOME]");
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// It becomes a file name in the folder of the credentials.
bool is_credential_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '.' &&
         std::ranges::all_of(name, plain);
}

Status set_file(RootKeyChoice& choice, std::string_view path,
                const std::filesystem::path& directory) {
  if (path.empty()) return unknown_source();
  choice.kind = RootKeyChoice::Kind::file;
  choice.file = directory / std::filesystem::path(path);
  return ok();
}

Status set_credential(RootKeyChoice& choice, std::string_view name) {
  if (!is_credential_name(name)) return unknown_source();
  choice.kind = RootKeyChoice::Kind::credential;
  choice.credential = name;
  return ok();
}

Result<RootKeyChoice> parse_token(std::string_view text, const std::filesystem::path& directory) {
  RootKeyChoice choice;
  const auto question = text.find('?');
  if (question == std::string_view::npos) return unknown_source();
  choice.token.emplace();
  choice.token->module = directory / std::filesystem::path(text.substr(0, question));
  text.remove_prefix(question + 1);
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (take_prefix(pair, "token=")) {
      choice.token->token = pair;
    } else if (take_prefix(pair, "object=")) {
      choice.token->object = pair;
    } else if (take_prefix(pair, "pin-file=")) {
      CARTELLA_TRY(set_file(choice, pair, directory));
    } else if (take_prefix(pair, "pin-credential=")) {
      CARTELLA_TRY(set_credential(choice, pair));
    } else {
      return unknown_source();
    }
  }
  if (choice.token->token.empty() || choice.token->object.empty()) return unknown_source();
  return choice;
}

// 32 bytes are a key as `head -c 32` of /dev/urandom makes it; else the first line of a text.
Result<crypto::Passphrase> read_credential(const std::string& name) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr)
    return fail(Errc::not_found,
                "nessuna credenziale di systemd: manca CREDENTIALS_DIRECTORY (LoadCredential=)");
  const auto file = std::filesystem::path(folder) / name;
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return fail(Errc::not_found, "la credenziale " + name + " non c'è");
  if (size != kBinaryBytes) return read_passphrase(file, "della credenziale " + name);
  crypto::Passphrase secret;
  secret.text.resize(kBinaryBytes);
  const auto from = store::File::open_read(file);
  if (!from) return from.error();
  CARTELLA_TRY(store::pread_all(
      from.value(), 0, {reinterpret_cast<std::uint8_t*>(secret.text.data()), kBinaryBytes}));
  return secret;
}

Result<crypto::Passphrase> ask(const RootKeyChoice& choice, const Asking& asking) {
  const std::string what = choice.token ? "PIN del token" : "Frase di accesso";
  if (asking.line != nullptr) return read_sent_secret(*asking.line);
  if (!asking.twice || choice.token) return read_from_terminal(what);
  CARTELLA_TRY(auto first, read_from_terminal("Nuova frase di accesso"));
  CARTELLA_TRY(const auto again, read_from_terminal("Ancora la nuova frase di accesso"));
  if (first.text != again.text) return fail(Errc::invalid_input, "le due frasi non sono uguali");
  return first;
}

Result<crypto::Passphrase> read_secret(const RootKeyChoice& choice, const Asking& asking) {
  switch (choice.kind) {
    case RootKeyChoice::Kind::file:
      return choice.token ? read_passphrase(choice.file, "del PIN") : read_passphrase(choice.file);
    case RootKeyChoice::Kind::credential: return read_credential(choice.credential);
    case RootKeyChoice::Kind::prompt: break;
  }
  return ask(choice, asking);
}

}  // namespace

Result<RootKeyChoice> chosen_root_key(const Options& options) {
  if (options.passphrase_file.empty())
    return parse_root_key(options.root_key.empty() ? "prompt" : options.root_key,
                          options.working_directory);
  if (!options.root_key.empty())
    return fail(Errc::invalid_argument, "--root-key e --passphrase-file non vanno insieme");
  RootKeyChoice choice;
  choice.kind = RootKeyChoice::Kind::file;
  choice.file = options.passphrase_file;
  return choice;
}

Result<crypto::Passphrase> ask_for_server(const RootKeyChoice& choice, bool twice) {
  if (choice.kind != RootKeyChoice::Kind::prompt) return crypto::Passphrase();
  CARTELLA_TRY(const auto typed, ask(choice, {twice, nullptr}));
  crypto::Passphrase line;
  line.text.reserve(typed.text.size() + 1);
  line.text.append(typed.text).append("\n");
  return line;
}

Result<RootKeyChoice> parse_root_key(std::string_view text,
                                     const std::filesystem::path& directory) {
  RootKeyChoice choice;
  if (text == "prompt") return choice;
  if (take_prefix(text, "pkcs11:")) return parse_token(text, directory);
  if (take_prefix(text, "credential:")) {
    CARTELLA_TRY(set_credential(choice, text));
    return choice;
  }
  if (!take_prefix(text, "passphrase-file:")) return unknown_source();
  CARTELLA_TRY(set_file(choice, text, directory));
  return choice;
}

Result<crypto::RootSource> read_root_source(const RootKeyChoice& choice, const Asking& asking) {
  CARTELLA_TRY(auto secret, read_secret(choice, asking));
  if (choice.token) return crypto::RootSource(*choice.token, std::move(secret));
  return crypto::RootSource(std::move(secret));
}

Result<bool> lies_beside_data(const RootKeyChoice& choice, const std::filesystem::path& data) {
  if (choice.kind != RootKeyChoice::Kind::file || choice.token) return false;
  struct stat file {};
  struct stat folder {};
  if (::stat(choice.file.c_str(), &file) != 0)
    return fail(Errc::io, "il file della frase di accesso non si legge: " + choice.file.string());
  std::error_code error;
  auto at = std::filesystem::absolute(data, error);
  while (::stat(at.c_str(), &folder) != 0) {
    if (!at.has_relative_path()) return fail(Errc::io, "la cartella dei dati non si esamina");
    at = at.parent_path();
  }
  return file.st_dev == folder.st_dev;
}

Error beside_data_error(const RootKeyChoice& choice) {
  return fail(Errc::refused,
              "root_key_beside_data: in production la frase di accesso non può stare in chiaro sul "
              "disco dei dati (" +
                  choice.file.string() +
                  "): chi porta via il disco aprirebbe l'archivio. Usare --root-key prompt, "
                  "credential:NOME (LoadCredentialEncrypted= di systemd) o pkcs11:...; oppure "
                  "tenere il file su un altro disco");
}

}  // namespace cartella::ops
