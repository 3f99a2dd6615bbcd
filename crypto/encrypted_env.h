// crypto/encrypted_env.h: a RocksDB Env whose files are encrypted, for views/ and reference/.
//
// RocksDB EncryptionProvider over libsodium's XChaCha20 stream (ledger.md 8): a random 24-byte
// nonce in each file's prefix. It hides content; integrity comes from RocksDB's checksums and from
// attestations. A file that is deleted loses its prefix first (crypto/forget.h), so that the key,
// which lives on, opens nothing in freed blocks. RocksDB's info LOG would stay in clear: silent_log
// (table_files.h) leaves it empty. Threads: the Env may be used from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "crypto/secret.h"

namespace rocksdb {
class Env;
}

namespace cartella::crypto {

// The prefix of every file: magic, nonce, keyed check of the nonce, zeros.
inline constexpr std::size_t kEncryptedPrefixBytes = 4096;
inline constexpr std::array<std::uint8_t, 8> kEncryptedMagic = {'C', 'R', 'T', 'E',
                                                                'N', 'C', '0', '1'};

// The Env owns everything it needs and outlives the database opened with it.
std::unique_ptr<rocksdb::Env> make_encrypted_env(const Secret32& key);

}  // namespace cartella::crypto
