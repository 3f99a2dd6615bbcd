#include "crypto/sealed_stream.h"

#include <sodium.h>

#include "base/check.h"

namespace cartella::crypto {

static_assert(kStreamHeaderBytes == crypto_secretstream_xchacha20poly1305_HEADERBYTES);
static_assert(kStreamPieceOverhead == crypto_secretstream_xchacha20poly1305_ABYTES);

namespace {

std::uint8_t tag_of(Piece piece) {
  return piece == Piece::last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                              : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
}

}  // namespace

std::uint64_t sealed_stream_bytes(std::uint64_t plain_bytes) {
  const std::uint64_t pieces =
      plain_bytes == 0 ? 1 : (plain_bytes + kStreamPieceBytes - 1) / kStreamPieceBytes;
  return kStreamHeaderBytes + plain_bytes + pieces * kStreamPieceOverhead;
}

struct SealingStream::Impl {
  crypto_secretstream_xchacha20poly1305_state state{};
  std::array<std::uint8_t, kStreamHeaderBytes> header{};
  Bytes associated;
  Bytes sealed;
  ~Impl() { wipe(&state, sizeof state); }
};

SealingStream::SealingStream(const Secret32& key, ByteView associated)
    : x_impl(std::make_unique<Impl>()) {
  x_impl->associated.assign(associated.begin(), associated.end());
  CHECK(crypto_secretstream_xchacha20poly1305_init_push(&x_impl->state, x_impl->header.data(),
                                                        key.view().data()) == 0);
}
SealingStream::~SealingStream() = default;

ByteView SealingStream::header() const { return x_impl->header; }

ByteView SealingStream::seal(ByteView plain, Piece piece) {
  CHECK(plain.size() <= kStreamPieceBytes);
  x_impl->sealed.resize(plain.size() + kStreamPieceOverhead);
  CHECK(crypto_secretstream_xchacha20poly1305_push(
            &x_impl->state, x_impl->sealed.data(), nullptr, plain.data(), plain.size(),
            x_impl->associated.data(), x_impl->associated.size(), tag_of(piece)) == 0);
  return x_impl->sealed;
}

struct OpeningStream::Impl {
  crypto_secretstream_xchacha20poly1305_state state{};
  Bytes associated;
  Bytes plain;
  ~Impl() {
    wipe(&state, sizeof state);
    wipe(plain.data(), plain.size());
  }
};

OpeningStream::OpeningStream(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
OpeningStream::OpeningStream(OpeningStream&&) noexcept = default;
OpeningStream::~OpeningStream() = default;

Result<OpeningStream> OpeningStream::begin(const Secret32& key, ByteView associated,
                                           ByteView header) {
  if (header.size() != kStreamHeaderBytes)
    return fail(Errc::invalid_input, "a sealed stream begins with 24 bytes");
  auto impl = std::make_unique<Impl>();
  impl->associated.assign(associated.begin(), associated.end());
  if (crypto_secretstream_xchacha20poly1305_init_pull(&impl->state, header.data(),
                                                      key.view().data()) != 0)
    return fail(Errc::invalid_input, "a sealed stream begins with an impossible header");
  return OpeningStream(std::move(impl));
}

Result<ByteView> OpeningStream::open(ByteView sealed, Piece piece) {
  if (sealed.size() < kStreamPieceOverhead ||
      sealed.size() > kStreamPieceBytes + kStreamPieceOverhead)
    return fail(Errc::invalid_input, "a piece of a sealed stream has an impossible length");
  x_impl->plain.resize(sealed.size() - kStreamPieceOverhead);
  std::uint8_t tag = 0;
  if (crypto_secretstream_xchacha20poly1305_pull(
          &x_impl->state, x_impl->plain.data(), nullptr, &tag, sealed.data(), sealed.size(),
          x_impl->associated.data(), x_impl->associated.size()) != 0 ||
      tag != tag_of(piece))
    return fail(Errc::invalid_input, "a piece of a sealed stream does not open");
  return ByteView(x_impl->plain);
}

}  // namespace cartella::crypto
