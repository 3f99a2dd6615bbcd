// crypto/vault_wrap.h: how one value of the vault is wrapped by a shard key.
//
// Wrapped value = algorithm u8 = 1 || shard epoch u64 || nonce24 || ciphertext || tag16,
// XChaCha20-Poly1305-IETF, bound to its family, row id and epoch, so that rows cannot be swapped.
// Threads: free functions, any thread.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/shards.h"
#include "crypto/vault_rows.h"

namespace cartella::crypto {

// Under the newest key of the row's shard.
Bytes wrap_value(const ShardTable& table, Family family, const RowId& row, ByteView plaintext);
// Writes the plaintext, whose length must be `to.size()`. corrupt names the row by opaque id.
Status unwrap_value(const ShardTable& table, Family family, const RowId& row, ByteView wrapped,
                    std::span<std::uint8_t> to);
// Length of the plaintext. corrupt: shorter than any wrapped value.
Result<std::size_t> plaintext_bytes(Family family, const RowId& row, ByteView wrapped);

}  // namespace cartella::crypto
