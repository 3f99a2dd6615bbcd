#include "crypto/root_key.h"

#include <sodium.h>

#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "crypto/vault_file.h"

namespace cartella::crypto {
namespace {

constexpr std::array<std::uint8_t, 4> kParamsMagic = {'C', 'R', 'T', 'P'};
constexpr std::uint8_t kParamsVersion = 1;
constexpr std::uint8_t kArgon2id = 1;
// magic, version, algorithm, operations, memory, salt, SHA-256 of all before.
constexpr std::size_t kParamsBytes = 4 + 1 + 1 + 8 + 8 + crypto_pwhash_SALTBYTES + 32;
// A damaged or hostile file must not make the process ask for all the memory of the machine.
constexpr std::uint64_t kMemoryBytesMax = 4ull << 30;
constexpr std::uint64_t kOperationsMax = 64;

struct RootParams {
  std::uint64_t operations = 0;
  std::uint64_t memory_bytes = 0;
  std::array<std::uint8_t, crypto_pwhash_SALTBYTES> salt{};
};

std::filesystem::path params_file(const std::filesystem::path& keys_dir) {
  return keys_dir / "root.params";
}

Bytes encode(const RootParams& params) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(kParamsMagic);
  writer.u8(kParamsVersion);
  writer.u8(kArgon2id);
  writer.u64(params.operations);
  writer.u64(params.memory_bytes);
  writer.raw(params.salt);
  writer.raw(sha256(bytes));
  return bytes;
}

Result<RootParams> read_params(const std::filesystem::path& keys_dir) {
  CARTELLA_TRY(auto bytes, read_key_file(params_file(keys_dir), kParamsBytes));
  const ByteView all(bytes);
  if (all.size() != kParamsBytes || !std::ranges::equal(all.first(4), kParamsMagic))
    return fail(Errc::corrupt, "keys/root.params is not a parameter file");
  if (!std::ranges::equal(sha256(all.first(kParamsBytes - 32)), all.last(32)))
    return fail(Errc::corrupt, "keys/root.params does not match its checksum");
  if (all[4] != kParamsVersion || all[5] != kArgon2id)
    return fail(Errc::unsupported, "keys/root.params is of a version this build does not know");
  RootParams params;
  params.operations = load_be64(all.data() + 6);
  params.memory_bytes = load_be64(all.data() + 14);
  std::ranges::copy(all.subspan(22, params.salt.size()), params.salt.begin());
  if (params.operations < crypto_pwhash_OPSLIMIT_MIN || params.operations > kOperationsMax ||
      params.memory_bytes < crypto_pwhash_MEMLIMIT_MIN || params.memory_bytes > kMemoryBytesMax)
    return fail(Errc::corrupt, "keys/root.params holds impossible costs");
  return params;
}

Result<Secret32> derive_root(const RootParams& params, std::string_view passphrase) {
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

Result<Secret32> make_root_key(const std::filesystem::path& keys_dir, std::string_view passphrase,
                               PassphraseCost cost) {
  const bool moderate = cost == PassphraseCost::moderate;
  RootParams params;
  params.operations = moderate ? crypto_pwhash_OPSLIMIT_MODERATE : crypto_pwhash_OPSLIMIT_MIN;
  params.memory_bytes = moderate ? crypto_pwhash_MEMLIMIT_MODERATE : crypto_pwhash_MEMLIMIT_MIN;
  random_fill(params.salt);
  CARTELLA_TRY(auto key, derive_root(params, passphrase));
  CARTELLA_TRY(replace_key_file(params_file(keys_dir), encode(params)));
  return key;
}

Result<Secret32> load_root_key(const std::filesystem::path& keys_dir, std::string_view passphrase) {
  CARTELLA_TRY(const auto params, read_params(keys_dir));
  return derive_root(params, passphrase);
}

Status verify_root_params(const std::filesystem::path& keys_dir) {
  CARTELLA_TRY(read_params(keys_dir));
  return ok();
}

}  // namespace cartella::crypto
