// crypto/sealed_stream.h: bytes of any length that somebody else keeps and can neither read,
// change, cut nor reorder.
//
// libsodium's secretstream (XChaCha20-Poly1305): a header of 24 bytes, then pieces of at most 1 MiB
// with 17 bytes each, the last one marked as the last. For backups, whose files do not fit in
// memory. Layout: docs/data_formats.md "Backup". Threads: each belongs to one.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::crypto {

inline constexpr std::size_t kStreamHeaderBytes = 24;
inline constexpr std::size_t kStreamPieceBytes = std::size_t{1} << 20;  // of plaintext
inline constexpr std::size_t kStreamPieceOverhead = 17;
enum class Piece : std::uint8_t { more, last };

// What `plain_bytes` take when sealed in pieces that are full, except for the last one.
std::uint64_t sealed_stream_bytes(std::uint64_t plain_bytes);

class SealingStream {
 public:
  // `associated` is bound to every piece and stands nowhere in the stream.
  SealingStream(const Secret32& key, ByteView associated);
  ~SealingStream();
  SealingStream(const SealingStream&) = delete;
  SealingStream& operator=(const SealingStream&) = delete;
  ByteView header() const;
  // The view is valid until the next call. Nothing follows on the last piece.
  ByteView seal(ByteView plain, Piece piece);

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

class OpeningStream {
 public:
  // invalid_input: a header of another length.
  static Result<OpeningStream> begin(const Secret32& key, ByteView associated, ByteView header);
  ~OpeningStream();
  OpeningStream(OpeningStream&&) noexcept;
  OpeningStream& operator=(OpeningStream&&) = delete;
  // invalid_input: not the piece that comes next under this key with this associated data, or not
  // of this kind. The view is valid until the next call.
  Result<ByteView> open(ByteView sealed, Piece piece);

 private:
  struct Impl;
  explicit OpeningStream(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::crypto
