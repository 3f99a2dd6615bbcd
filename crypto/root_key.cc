#include "crypto/root_key.h"

#include <sodium.h>

#include <algorithm>
#include <system_error>

#include "crypto/hash.h"
#include "crypto/token.h"
#include "crypto/vault_file.h"

namespace cartella::crypto {
namespace {

constexpr std::array<std::uint8_t, 4> kParamsMagic = {'C', 'R', 'T', 'P'};
constexpr std::uint8_t kParamsVersion = 1;
constexpr std::uint8_t kArgon2id = 1;
constexpr std::uint8_t kToken = 2;
// magic, version, algorithm; then its fields; then SHA-256 of all before.
constexpr std::size_t kHeadBytes = 4 + 1 + 1;
constexpr std::size_t kArgonBytes = kHeadBytes + 8 + 8 + crypto_pwhash_SALTBYTES + 32;
constexpr std::size_t kTokenBytes = kHeadBytes + 16 + 12 + 48 + 32;
// A damaged or hostile file must not make the process ask for all the memory of the machine.
constexpr std::uint64_t kMemoryBytesMax = 4ull << 30;
constexpr std::uint64_t kOperationsMax = 64;

struct Argon {
  std::uint64_t operations = 0;
  std::uint64_t memory_bytes = 0;
  std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt{};
};
// One of the two.
struct Params {
  std::optional<Argon> argon;
  std::optional<WrappedRoot> wrapped;
};

std::filesystem::path params_file(const std::filesystem::path& keys_dir, RootParams which) {
  return keys_dir / (which == RootParams::current ? "root.params" : "root.next");
}

Bytes encode(const Params& params) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(kParamsMagic);
  writer.u8(kParamsVersion);
  writer.u8(params.wrapped ? kToken : kArgon2id);
  if (params.wrapped) {
    writer.raw(params.wrapped->serial);
    writer.raw(params.wrapped->nonce);
    writer.raw(params.wrapped->sealed);
  } else {
    writer.u64(params.argon->operations);
    writer.u64(params.argon->memory_bytes);
    writer.raw(params.argon->salt);
  }
  writer.raw(sha256(bytes));
  return bytes;
}

Result<Argon> read_argon(ByteReader& reader, const std::string& name) {
  Argon argon;
  if (!reader.u64(argon.operations) || !reader.u64(argon.memory_bytes) ||
      !reader.copy(argon.salt) || reader.remaining() != 0)
    return fail(Errc::corrupt, name + " is not a parameter file");
  if (argon.operations < crypto_pwhash_OPSLIMIT_MIN || argon.operations > kOperationsMax ||
      argon.memory_bytes < crypto_pwhash_MEMLIMIT_MIN || argon.memory_bytes > kMemoryBytesMax)
    return fail(Errc::corrupt, name + " holds impossible costs");
  return argon;
}

Result<Params> read_params(const std::filesystem::path& keys_dir, RootParams which) {
  const auto file = params_file(keys_dir, which);
  const std::string name = "keys/" + file.filename().string();
  CARTELLA_TRY(const auto bytes, read_key_file(file, std::max(kArgonBytes, kTokenBytes)));
  const ByteView all(bytes);
  if (all.size() < kHeadBytes + 32 || !std::ranges::equal(all.first(4), kParamsMagic))
    return fail(Errc::corrupt, name + " is not a parameter file");
  if (!std::ranges::equal(sha256(all.first(all.size() - 32)), all.last(32)))
    return fail(Errc::corrupt, name + " does not match its checksum");
  if (all[4] != kParamsVersion || (all[5] != kArgon2id && all[5] != kToken))
    return fail(Errc::unsupported, name + " is of a version this build does not know");
  ByteReader reader(all.subspan(kHeadBytes, all.size() - kHeadBytes - 32));
  Params params;
  if (all[5] == kArgon2id) {
    CARTELLA_TRY(params.argon, read_argon(reader, name));
    return params;
  }
  WrappedRoot wrapped;
  if (!reader.copy(wrapped.serial) || !reader.copy(wrapped.nonce) || !reader.copy(wrapped.sealed) ||
      reader.remaining() != 0)
    return fail(Errc::corrupt, name + " is not a parameter file");
  params.wrapped = wrapped;
  return params;
}

Result<Secret32> derive_root(const Argon& params, std::string_view passphrase) {
  Secret32 key;
  const int failed =
      crypto_pwhash(key.data(), 32, passphrase.data(), passphrase.size(), params.salt.data(),
                    params.operations, params.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0)
    return fail(Errc::unavailable, "not enough memory to derive the root key: " +
                                       std::to_string(params.memory_bytes) + " bytes are needed");
  return key;
}

}  // namespace

void wipe_text(std::string& text) noexcept {
  text.resize(text.capacity());  // takes no other buffer
  wipe(text.data(), text.size());
  text.clear();
}

void Passphrase::clear() noexcept { wipe_text(text); }

// A short text lies in the object itself, so that a move leaves it behind.
Passphrase::Passphrase(Passphrase&& other) noexcept : text(std::move(other.text)) { other.clear(); }

Passphrase& Passphrase::operator=(Passphrase&& other) noexcept {
  if (this == &other) return *this;
  clear();
  text = std::move(other.text);
  other.clear();
  return *this;
}

Result<NewRoot> new_root(const RootSource& source, PassphraseCost cost) {
  start();
  NewRoot made;
  Params params;
  if (source.token) {
    made.key = Secret32::random();
    CARTELLA_TRY(params.wrapped, wrap_on_token(*source.token, source.secret, made.key));
    // What cannot be unwrapped again would be lost with the first restart.
    CARTELLA_TRY(const auto again, unwrap_on_token(*source.token, source.secret, *params.wrapped));
    if (!equal_constant_time(again.view(), made.key.view()))
      return fail(Errc::io, "the token does not unwrap what it wrapped");
  } else {
    const bool moderate = cost == PassphraseCost::moderate;
    params.argon.emplace();
    params.argon->operations =
        moderate ? crypto_pwhash_OPSLIMIT_MODERATE : crypto_pwhash_OPSLIMIT_MIN;
    params.argon->memory_bytes =
        moderate ? crypto_pwhash_MEMLIMIT_MODERATE : crypto_pwhash_MEMLIMIT_MIN;
    random_fill(params.argon->salt);
    CARTELLA_TRY(made.key, derive_root(*params.argon, source.secret.text));
  }
  made.params = encode(params);
  return made;
}

Result<Secret32> make_root_key(const std::filesystem::path& keys_dir, const RootSource& source,
                               PassphraseCost cost) {
  CARTELLA_TRY(auto made, new_root(source, cost));
  CARTELLA_TRY(replace_key_file(params_file(keys_dir, RootParams::current), made.params));
  return std::move(made.key);
}

Result<Secret32> load_root_key(const std::filesystem::path& keys_dir, const RootSource& source,
                               RootParams which) {
  CARTELLA_TRY(const auto params, read_params(keys_dir, which));
  if (params.wrapped && !source.token)
    return fail(Errc::invalid_argument, "the root key of this vault is on a token");
  if (params.argon && source.token)
    return fail(Errc::invalid_argument, "the root key of this vault is not on a token");
  if (source.token) return unwrap_on_token(*source.token, source.secret, *params.wrapped);
  return derive_root(*params.argon, source.secret.text);
}

Result<std::string> root_token_serial(const std::filesystem::path& keys_dir) {
  CARTELLA_TRY(const auto params, read_params(keys_dir, RootParams::current));
  if (!params.wrapped) return std::string();
  const auto& serial = params.wrapped->serial;
  std::string text(serial.begin(), serial.end());
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Status verify_root_params(const std::filesystem::path& keys_dir) {
  CARTELLA_TRY(read_params(keys_dir, RootParams::current));
  return ok();
}

Result<bool> has_next_root(const std::filesystem::path& keys_dir) {
  std::error_code error;
  const bool found = std::filesystem::exists(params_file(keys_dir, RootParams::next), error);
  if (error) return fail(Errc::io, "keys/root.next cannot be looked for");
  return found;
}

Status write_next_root(const std::filesystem::path& keys_dir, const NewRoot& next) {
  return replace_key_file(params_file(keys_dir, RootParams::next), next.params);
}

Status adopt_next_root(const std::filesystem::path& keys_dir) {
  const auto file = params_file(keys_dir, RootParams::next);
  CARTELLA_TRY(const auto params, read_params(keys_dir, RootParams::next));
  CARTELLA_TRY(replace_key_file(params_file(keys_dir, RootParams::current), encode(params)));
  return remove_key_file(file);
}

Status drop_next_root(const std::filesystem::path& keys_dir) {
  for (const RootParams which : {RootParams::current, RootParams::next}) {
    CARTELLA_TRY(finish_key_file(params_file(keys_dir, which)));
  }
  return remove_key_file(params_file(keys_dir, RootParams::next));
}

}  // namespace cartella::crypto
