#include "api/tokens.h"

#include "base/bytes.h"
#include "crypto/hash.h"

namespace cartella::api {

namespace {

constexpr std::size_t kDigestBytes = 16;
constexpr std::size_t kCursorBytes = 8 + kDigestBytes;

std::array<std::uint8_t, 8> be64(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  return bytes;
}

}  // namespace

OpaqueTokens::OpaqueTokens(const crypto::Secret32& key)
    : x_etags(crypto::derive(key, "api/etags", {})),
      x_cursors(crypto::derive(key, "api/cursors", {})) {}

std::string OpaqueTokens::etag(const OperatorId& viewer, const StreamId& stream,
                               std::int64_t revision) const {
  const auto number = be64(static_cast<std::uint64_t>(revision));
  const Hash32 digest = crypto::hmac_sha256(x_etags.view(), {viewer.view(), stream.view(), number});
  return '"' + to_hex(ByteView(digest).first(kDigestBytes)) + '"';
}

std::string OpaqueTokens::cursor(const OperatorId& viewer, std::string_view list,
                                 std::uint64_t place) const {
  const auto number = be64(place);
  const Hash32 digest =
      crypto::hmac_sha256(x_cursors.view(), {viewer.view(), number, as_bytes(list)});
  return to_hex(number) + to_hex(ByteView(digest).first(kDigestBytes));
}

Result<std::uint64_t> OpaqueTokens::place(const OperatorId& viewer, std::string_view list,
                                          std::string_view cursor) const {
  const Error refused = fail(Errc::invalid_argument, "il cursore non vale per questo elenco");
  if (cursor.size() != 2 * kCursorBytes) return refused;
  const auto bytes = from_hex(cursor);
  if (!bytes) return refused;
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < 8; ++i) place = place << 8 | bytes.value()[i];
  if (this->cursor(viewer, list, place) != cursor) return refused;
  return place;
}

}  // namespace cartella::api
