#include "crypto/segment.h"

#include <sodium.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"

namespace cartella::crypto {

namespace {

constexpr std::uint8_t kAlgorithmClear = 0;
constexpr std::uint8_t kAlgorithmSealed = 1;  // XChaCha20-Poly1305-IETF
constexpr std::size_t kNonceBytes = 24;
constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kOwnerAt = 2;
constexpr std::size_t kNonceAt = kOwnerAt + 16;
constexpr std::size_t kCiphertextAt = kNonceAt + kNonceBytes;
constexpr std::size_t kPlaintextHeadBytes = 8 + 4 + 4;
// Few sizes, so that a length tells little about a text (ledger.md 3, amendment 6).
constexpr std::array<std::size_t, 7> kSteps = {
    256, 512, 1024, 4 * 1024, 16 * 1024, 64 * 1024, kPlaintextBytesMax};

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == sizeof(Hash32));
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == kNonceBytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == kTagBytes);
static_assert(kCiphertextAt + kSaltBytes + kTagBytes == kSegmentOverhead);

constexpr std::string_view kSegmentDomain{"cartella/seg/1\0", 15};
constexpr std::string_view kNonceDomain{"cartella/nonce/1\0", 17};
constexpr std::string_view kBodyDomain{"cartella/body/1\0", 16};
constexpr std::string_view kStoredDomain{"cartella/ct/1\0", 14};
constexpr std::string_view kEventIdDomain{"cartella/event-id/1\0", 20};
constexpr std::string_view kBatchDomain{"cartella/batch/1\0", 17};

// alg || log id || event id || stream id || index || owner key id || class
using Associated = std::array<std::uint8_t, 1 + 32 + 16 + 16 + 2 + 16 + 1>;

Associated associated_data(const SegmentContext& context) {
  Associated data{};
  data[0] = kAlgorithmSealed;
  std::uint8_t* at = data.data() + 1;
  const auto add = [&at](ByteView part) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  };
  add(context.log.bytes);
  add(context.event.bytes);
  add(context.stream.bytes);
  store_be16(at, context.index);
  at += 2;
  add(context.owner_key.bytes);
  *at = static_cast<std::uint8_t>(context.key_class);
  return data;
}

// Holds cleartext, so the buffer is wiped when it goes out of scope.
struct Cleartext {
  explicit Cleartext(std::size_t bytes) : buffer(bytes) {}
  ~Cleartext() { wipe(buffer.data(), buffer.size()); }
  Cleartext(const Cleartext&) = delete;
  Cleartext& operator=(const Cleartext&) = delete;
  std::span<std::uint8_t> salt() { return std::span(buffer).first(kSaltBytes); }
  std::span<std::uint8_t> padded() { return std::span(buffer).subspan(kSaltBytes); }
  Bytes buffer;  // salt || padded plaintext
};

// 0 where the message is larger than the largest step.
std::size_t padded_bytes(const Plaintext& plaintext) {
  if (plaintext.message.size() > kPlaintextBytesMax - kPlaintextHeadBytes) return 0;
  const std::size_t needed = kPlaintextHeadBytes + plaintext.message.size();
  return *std::lower_bound(kSteps.begin(), kSteps.end(), needed);
}

// `to` is zero and has padded_bytes(plaintext) bytes.
void pad(const Plaintext& plaintext, std::span<std::uint8_t> to) {
  store_be64(to.data(), plaintext.schema_id);
  store_be32(to.data() + 8, plaintext.revision);
  store_be32(to.data() + 12, static_cast<std::uint32_t>(plaintext.message.size()));
  std::copy(plaintext.message.begin(), plaintext.message.end(), to.begin() + kPlaintextHeadBytes);
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

// Only one padding of a message is accepted: the smallest step, filled with zeros.
Result<Plaintext> unpad(ByteView padded, Errc malformed) {
  if (padded.size() < kPlaintextHeadBytes) return fail(malformed, "padded plaintext is too short");
  const std::uint32_t length = load_be32(padded.data() + 12);
  const ByteView rest = padded.subspan(kPlaintextHeadBytes);
  if (length > rest.size()) return fail(malformed, "length of a padded plaintext");
  Plaintext plaintext;
  plaintext.schema_id = load_be64(padded.data());
  plaintext.revision = load_be32(padded.data() + 8);
  plaintext.message.assign(rest.begin(), rest.begin() + length);
  if (padded_bytes(plaintext) != padded.size() || !all_zero(rest.subspan(length)))
    return fail(malformed, "padding of a plaintext");
  return plaintext;
}

Hash32 segment_commitment(ByteView salt, const KeyId& owner, schema::KeyClass key_class,
                          ByteView padded) {
  const auto class_byte = static_cast<std::uint8_t>(key_class);
  return sha256({as_bytes(kSegmentDomain), salt, owner.view(), ByteView(&class_byte, 1), padded});
}

// Of 32 bytes the first 24 are the nonce.
Hash32 nonce_hash(ByteView salt) { return sha256({as_bytes(kNonceDomain), salt}); }

bool is_step(std::size_t bytes) { return std::binary_search(kSteps.begin(), kSteps.end(), bytes); }

Hash32 counted_hash(std::string_view domain, std::span<const Hash32> hashes) {
  CHECK(hashes.size() <= kSegmentsMax);
  std::array<std::uint8_t, 2> count;
  store_be16(count.data(), static_cast<std::uint16_t>(hashes.size()));
  const ByteView all(hashes.empty() ? nullptr : hashes.front().data(), hashes.size() * 32);
  return sha256({as_bytes(domain), count, all});
}

// RFC 9562 5.8: version and variant over a digest.
EventId uuid_v8(const Hash32& digest) {
  EventId id = EventId::from_view(digest);
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

}  // namespace

Result<Bytes> padded_plaintext(const Plaintext& plaintext) {
  const std::size_t step = padded_bytes(plaintext);
  if (step == 0) return fail(Errc::invalid_argument, "a segment holds at most 196592 bytes");
  Bytes padded(step);
  pad(plaintext, padded);
  return padded;
}

Result<SealedSegment> seal_segment(const SegmentContext& context, const Secret32& segment_key,
                                   const Plaintext& plaintext) {
  const std::size_t step = padded_bytes(plaintext);
  if (step == 0) return fail(Errc::invalid_argument, "a segment holds at most 196592 bytes");
  if (context.owner_key.is_zero())
    return fail(Errc::invalid_argument, "a sealed segment names its owner key");
  const Associated associated = associated_data(context);
  Cleartext clear(kSaltBytes + step);
  pad(plaintext, clear.padded());
  // The salt depends on all that is sealed, so nothing repeats after a fork, and it dies with the
  // segment key, so that no one can guess a commitment afterwards.
  const Secret32 salt_key = derive(segment_key, "salt", {});
  Hash32 salt = hmac_sha256(salt_key.view(), {associated, clear.padded()});
  std::copy(salt.begin(), salt.end(), clear.salt().begin());
  wipe(salt.data(), salt.size());

  SealedSegment sealed;
  sealed.stored.resize(kSegmentOverhead + step);
  std::uint8_t* to = sealed.stored.data();
  to[0] = kAlgorithmSealed;
  to[1] = static_cast<std::uint8_t>(context.key_class);
  std::memcpy(to + kOwnerAt, context.owner_key.bytes.data(), 16);
  const Hash32 nonce = nonce_hash(clear.salt());
  std::memcpy(to + kNonceAt, nonce.data(), kNonceBytes);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(to + kCiphertextAt, nullptr, clear.buffer.data(),
                                                   clear.buffer.size(), associated.data(),
                                                   associated.size(), nullptr, to + kNonceAt,
                                                   segment_key.view().data()) == 0);
  sealed.commitment =
      segment_commitment(clear.salt(), context.owner_key, context.key_class, clear.padded());
  sealed.stored_hash = sha256(sealed.stored);
  return sealed;
}

Result<SealedSegment> clear_segment(const Plaintext& plaintext) {
  const std::size_t step = padded_bytes(plaintext);
  if (step == 0) return fail(Errc::invalid_argument, "a segment holds at most 196592 bytes");
  SealedSegment sealed;
  sealed.stored.resize(kSegmentOverhead + step);
  const auto body = std::span(sealed.stored).subspan(kCiphertextAt, kSaltBytes + step);
  pad(plaintext, body.subspan(kSaltBytes));
  sealed.commitment = segment_commitment(body.first(kSaltBytes), KeyId{}, schema::KeyClass::base,
                                         body.subspan(kSaltBytes));
  sealed.stored_hash = sha256(sealed.stored);
  return sealed;
}

Result<SegmentHead> segment_head(ByteView stored) {
  if (stored.size() <= kSegmentOverhead) return fail(Errc::invalid_input, "segment is too short");
  if (stored[0] > kAlgorithmSealed) return fail(Errc::unsupported, "segment algorithm");
  if (stored[1] > static_cast<std::uint8_t>(schema::KeyClass::access))
    return fail(Errc::invalid_input, "segment key class");
  SegmentHead head;
  head.algorithm = stored[0];
  head.key_class = static_cast<schema::KeyClass>(stored[1]);
  head.owner_key = KeyId::from_view(stored.subspan(kOwnerAt));
  if (!is_step(stored.size() - kSegmentOverhead))
    return fail(Errc::invalid_input, "segment size is not a padding step");
  const bool is_clear = head.algorithm == kAlgorithmClear;
  if (is_clear != head.owner_key.is_zero())
    return fail(Errc::invalid_input, "a segment is sealed under a key, or clear under none");
  if (is_clear &&
      (!all_zero(stored.first(kCiphertextAt + kSaltBytes)) || !all_zero(stored.last(kTagBytes))))
    return fail(Errc::invalid_input, "owner, nonce, salt and tag of a clear segment are zero");
  return head;
}

namespace {

// `salt`: where it is wanted, else nullptr.
Result<OpenedSegment> open_with_salt(const SegmentContext& context, const Secret32& segment_key,
                                     ByteView stored, Hash32* salt) {
  CARTELLA_TRY(const auto head, segment_head(stored));
  if (head.algorithm != kAlgorithmSealed) return fail(Errc::invalid_input, "segment is not sealed");
  if (head.owner_key != context.owner_key || head.key_class != context.key_class)
    return fail(Errc::corrupt, "segment names another key than expected");
  const Associated associated = associated_data(context);
  Cleartext clear(stored.size() - kCiphertextAt - kTagBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          clear.buffer.data(), nullptr, nullptr, stored.data() + kCiphertextAt,
          stored.size() - kCiphertextAt, associated.data(), associated.size(),
          stored.data() + kNonceAt, segment_key.view().data()) != 0)
    return fail(Errc::corrupt, "segment tag does not verify");
  const Hash32 nonce = nonce_hash(clear.salt());
  if (!std::equal(nonce.begin(), nonce.begin() + kNonceBytes, stored.begin() + kNonceAt))
    return fail(Errc::corrupt, "nonce of a segment");
  OpenedSegment opened;
  CARTELLA_TRY(opened.plaintext, unpad(clear.padded(), Errc::corrupt));
  opened.commitment =
      segment_commitment(clear.salt(), head.owner_key, head.key_class, clear.padded());
  if (salt != nullptr) std::copy_n(clear.salt().begin(), salt->size(), salt->begin());
  return opened;
}

}  // namespace

Result<OpenedSegment> open_segment(const SegmentContext& context, const Secret32& segment_key,
                                   ByteView stored) {
  return open_with_salt(context, segment_key, stored, nullptr);
}

Result<SegmentPreview> preview_segment(const SegmentContext& context, const Secret32& segment_key,
                                       ByteView stored) {
  SegmentPreview preview;
  CARTELLA_TRY(auto opened, open_with_salt(context, segment_key, stored, &preview.salt));
  preview.key_class = context.key_class;
  preview.owner_key = context.owner_key;
  preview.plaintext = std::move(opened.plaintext);
  preview.commitment = opened.commitment;
  return preview;
}

Result<OpenedSegment> open_clear_segment(ByteView stored) {
  CARTELLA_TRY(const auto head, segment_head(stored));
  if (head.algorithm != kAlgorithmClear) return fail(Errc::invalid_input, "segment is not clear");
  const ByteView salt = stored.subspan(kCiphertextAt, kSaltBytes);
  const std::size_t padded_at = kCiphertextAt + kSaltBytes;
  const ByteView padded = stored.subspan(padded_at, stored.size() - padded_at - kTagBytes);
  OpenedSegment opened;
  CARTELLA_TRY(opened.plaintext, unpad(padded, Errc::invalid_input));
  opened.commitment = segment_commitment(salt, KeyId{}, schema::KeyClass::base, padded);
  return opened;
}

Hash32 body_commitment(std::span<const Hash32> commitments) {
  return counted_hash(kBodyDomain, commitments);
}

Hash32 stored_hash(std::span<const Hash32> stored_hashes) {
  return counted_hash(kStoredDomain, stored_hashes);
}

EventId event_id_of(const EventId& command, std::uint32_t index) {
  if (index == 0) return command;
  std::array<std::uint8_t, 4> number;
  store_be32(number.data(), index);
  return uuid_v8(sha256({as_bytes(kEventIdDomain), command.view(), number}));
}

EventId import_event_id(const Secret32& import_key, std::string_view ambito, std::string_view table,
                        std::string_view source_key) {
  Bytes framed;
  ByteWriter writer(framed);
  writer.framed(as_bytes(ambito));
  writer.framed(as_bytes(table));
  writer.framed(as_bytes(source_key));
  const EventId id = uuid_v8(hmac_sha256(import_key.view(), {framed}));
  wipe(framed.data(), framed.size());  // a source key may be personal
  return id;
}

BatchId batch_id_of(std::span<const EventId> events) {
  if (events.size() == 1) return BatchId{};
  Bytes ids;
  ByteWriter writer(ids);
  writer.u32(static_cast<std::uint32_t>(events.size()));
  for (const EventId& event : events) writer.raw(event.view());
  return BatchId::from_view(sha256({as_bytes(kBatchDomain), ids}));
}

}  // namespace cartella::crypto
