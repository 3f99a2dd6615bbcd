#include "crypto/segment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sodium.h>

#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

SegmentContext context() {
  return {testing::log_of("log"),
          testing::id_of<EventId>("event"),
          testing::id_of<StreamId>("stream"),
          1,
          testing::id_of<KeyId>("owner"),
          schema::KeyClass::health};
}
Plaintext text_of(std::size_t bytes) { return {0xc4b1d0a7e2f35a91, 2, testing::bytes_of(bytes)}; }
Secret32 key() { return testing::secret_of("segment key"); }
Errc open_error(const SegmentContext& in, const Secret32& with, const Bytes& stored) {
  return open_segment(in, with, stored).error().code;
}

TEST(Segment, ReturnsWhatWasSealedWithTheSameCommitment) {
  const auto sealed = seal_segment(context(), key(), text_of(100)).value();
  const auto opened = open_segment(context(), key(), sealed.stored).value();
  EXPECT_EQ(opened.plaintext.message, testing::bytes_of(100));
  EXPECT_EQ(opened.plaintext.schema_id, 0xc4b1d0a7e2f35a91U);
  EXPECT_EQ(opened.plaintext.revision, 2U);
  EXPECT_EQ(opened.commitment, sealed.commitment);
  EXPECT_EQ(sha256(sealed.stored), sealed.stored_hash);
}

TEST(Segment, NamesItsKeyWithoutBeingOpened) {
  const auto sealed = seal_segment(context(), key(), text_of(1)).value();
  const auto head = segment_head(sealed.stored).value();
  EXPECT_EQ(head.algorithm, 1);
  EXPECT_EQ(head.key_class, schema::KeyClass::health);
  EXPECT_EQ(head.owner_key, context().owner_key);
}

TEST(Segment, PadsToFewSizes) {
  const std::pair<std::size_t, std::size_t> expected[] = {
      {0, 256},     {240, 256},    {241, 512},     {496, 512},      {497, 1024},     {1008, 1024},
      {1009, 4096}, {4081, 16384}, {16369, 65536}, {65521, 196608}, {196592, 196608}};
  for (const auto& [message, padded] : expected) {
    const auto sealed = seal_segment(context(), key(), text_of(message));
    ASSERT_TRUE(sealed.has_value()) << message;
    EXPECT_EQ(sealed.value().stored.size(), kSegmentOverhead + padded) << message;
    EXPECT_EQ(open_segment(context(), key(), sealed.value().stored).value().plaintext.message,
              testing::bytes_of(message));
  }
}

TEST(Segment, RefusesAMessageOverTheLargestStep) {
  EXPECT_EQ(seal_segment(context(), key(), text_of(196593)).error().code, Errc::invalid_argument);
  EXPECT_EQ(clear_segment(text_of(196593)).error().code, Errc::invalid_argument);
}

TEST(Segment, IsTheSameForTheSameInputAndDiffersInNonceForAnyOther) {
  const auto one = seal_segment(context(), key(), text_of(10)).value();
  EXPECT_EQ(one.stored, seal_segment(context(), key(), text_of(10)).value().stored);
  SegmentContext other = context();
  other.index = 2;
  const auto two = seal_segment(other, key(), text_of(10)).value();
  EXPECT_NE(Bytes(one.stored.begin() + 18, one.stored.begin() + 42),
            Bytes(two.stored.begin() + 18, two.stored.begin() + 42));
  EXPECT_NE(one.commitment, two.commitment);
}

TEST(Segment, RefusesEveryOtherContext) {
  const auto sealed = seal_segment(context(), key(), text_of(10)).value();
  std::vector<SegmentContext> others(6, context());
  others[0].log.bytes[31] ^= 1;
  others[1].event.bytes[0] ^= 1;
  others[2].stream.bytes[0] ^= 1;
  others[3].index = 0;
  others[4].owner_key.bytes[0] ^= 1;
  others[5].key_class = schema::KeyClass::base;
  for (std::size_t i = 0; i < others.size(); ++i)
    EXPECT_EQ(open_error(others[i], key(), sealed.stored), Errc::corrupt) << i;
  EXPECT_EQ(open_error(context(), testing::secret_of("other"), sealed.stored), Errc::corrupt);
}

RC_GTEST_PROP(Segment, RefusesEveryChangedByte, ()) {
  const auto sealed = seal_segment(context(), key(), text_of(30)).value();
  Bytes changed = sealed.stored;
  const auto at = *rc::gen::inRange<std::size_t>(0, changed.size());
  changed[at] ^= static_cast<std::uint8_t>(*rc::gen::inRange(1, 256));
  RC_ASSERT(open_segment(context(), key(), changed).has_error());
}

RC_GTEST_PROP(Segment, OpensArbitraryBytesWithoutHarm, (const Bytes& bytes)) {
  RC_ASSERT(open_segment(context(), key(), bytes).has_error());
  RC_ASSERT(open_clear_segment(bytes).has_error());
}

TEST(Segment, RefusesAClearOneWhereASealedOneIsExpected) {
  const auto clear = clear_segment(text_of(10)).value();
  EXPECT_EQ(open_error(context(), key(), clear.stored), Errc::invalid_input);
  const auto sealed = seal_segment(context(), key(), text_of(10)).value();
  EXPECT_EQ(open_clear_segment(sealed.stored).error().code, Errc::invalid_input);
}

// Whoever holds the key could seal under any nonce; there is one for each salt.
TEST(Segment, RefusesANonceThatIsNotThatOfItsSalt) {
  const auto sealed = seal_segment(context(), key(), text_of(10)).value();
  constexpr std::size_t kNonceAt = 18;
  constexpr std::size_t kCiphertextAt = 42;
  Bytes data(1, 1);
  ByteWriter to(data);
  to.raw(context().log.bytes);
  to.raw(context().event.view());
  to.raw(context().stream.view());
  to.u16(context().index);
  to.raw(context().owner_key.view());
  to.u8(static_cast<std::uint8_t>(context().key_class));
  Bytes clear(sealed.stored.size() - kCiphertextAt - crypto_aead_xchacha20poly1305_ietf_ABYTES);
  ASSERT_EQ(crypto_aead_xchacha20poly1305_ietf_decrypt(
                clear.data(), nullptr, nullptr, sealed.stored.data() + kCiphertextAt,
                sealed.stored.size() - kCiphertextAt, data.data(), data.size(),
                sealed.stored.data() + kNonceAt, key().view().data()),
            0);
  Bytes other = sealed.stored;
  other[kNonceAt] ^= 1;
  crypto_aead_xchacha20poly1305_ietf_encrypt(other.data() + kCiphertextAt, nullptr, clear.data(),
                                             clear.size(), data.data(), data.size(), nullptr,
                                             other.data() + kNonceAt, key().view().data());
  EXPECT_EQ(open_segment(context(), key(), other).error().code, Errc::corrupt);
  EXPECT_TRUE(open_segment(context(), key(), sealed.stored));
}

TEST(Segment, RefusesToSealWithoutAnOwner) {
  SegmentContext none = context();
  none.owner_key = KeyId{};
  EXPECT_EQ(seal_segment(none, key(), text_of(1)).error().code, Errc::invalid_argument);
}

TEST(ClearSegment, ReturnsWhatWasWritten) {
  const auto clear = clear_segment(text_of(300)).value();
  const auto opened = open_clear_segment(clear.stored).value();
  EXPECT_EQ(opened.plaintext.message, testing::bytes_of(300));
  EXPECT_EQ(opened.commitment, clear.commitment);
}

TEST(ClearSegment, RefusesAnyByteOutsideTheText) {
  const auto clear = clear_segment(text_of(10)).value();
  for (const std::size_t at : {std::size_t{1}, std::size_t{2}, std::size_t{20}, std::size_t{50},
                               std::size_t{140}, clear.stored.size() - 1}) {
    Bytes changed = clear.stored;
    changed[at] = 1;
    EXPECT_EQ(open_clear_segment(changed).error().code, Errc::invalid_input) << at;
  }
}

TEST(ClearSegment, RefusesALengthPastTheEndAndASecondPadding) {
  Bytes changed = clear_segment(text_of(10)).value().stored;
  store_be32(changed.data() + 42 + 32 + 12, 241);
  EXPECT_EQ(open_clear_segment(changed).error().code, Errc::invalid_input);
  Bytes longer = clear_segment(text_of(300)).value().stored;
  store_be32(longer.data() + 42 + 32 + 12, 10);
  std::fill(longer.begin() + 42 + 32 + 16 + 10, longer.end(), std::uint8_t{0});
  EXPECT_EQ(open_clear_segment(longer).error().code, Errc::invalid_input);
}

TEST(SegmentHead, RefusesUnknownAlgorithmsAndClasses) {
  Bytes stored = clear_segment(text_of(1)).value().stored;
  stored[0] = 2;
  EXPECT_EQ(segment_head(stored).error().code, Errc::unsupported);
  stored[0] = 1;
  stored[1] = 5;
  EXPECT_EQ(segment_head(stored).error().code, Errc::invalid_input);
  stored[1] = 0;
  EXPECT_EQ(segment_head(stored).error().code, Errc::invalid_input) << "sealed under no key";
  stored[2] = 1;
  EXPECT_TRUE(segment_head(stored));
  stored[0] = 0;
  EXPECT_EQ(segment_head(stored).error().code, Errc::invalid_input) << "clear under a key";
  stored[0] = 1;
  stored.push_back(0);
  EXPECT_EQ(segment_head(stored).error().code, Errc::invalid_input) << "no step";
  EXPECT_EQ(segment_head(ByteView(stored).first(kSegmentOverhead)).error().code,
            Errc::invalid_input);
}

TEST(DerivedIds, AreUuidsOfVersionEightAndDifferByIndex) {
  const EventId command = testing::id_of<EventId>("command");
  EXPECT_EQ(event_id_of(command, 0), command);
  const EventId one = event_id_of(command, 1);
  EXPECT_EQ(one.bytes[6] >> 4, 8);
  EXPECT_EQ(one.bytes[8] >> 6, 2);
  EXPECT_NE(one, event_id_of(command, 2));
}

TEST(DerivedIds, FrameTheirFieldsSoThatTextCannotMove) {
  const Secret32 import_key = testing::secret_of("import");
  EXPECT_NE(import_event_id(import_key, "z1", "CASI", "12"),
            import_event_id(import_key, "z1", "CASI1", "2"));
  EXPECT_NE(import_event_id(import_key, "z1", "CASI", "12"),
            import_event_id(testing::secret_of("other"), "z1", "CASI", "12"));
}

TEST(BatchIdentifier, IsZeroForOneEventAndOfAllEventsInTheirOrderOtherwise) {
  const std::vector<EventId> one = {testing::id_of<EventId>("a")};
  const std::vector<EventId> two = {one[0], testing::id_of<EventId>("b")};
  const std::vector<EventId> turned = {two[1], two[0]};
  const std::vector<EventId> three = {two[0], two[1], testing::id_of<EventId>("c")};
  EXPECT_TRUE(batch_id_of(one).is_zero());
  EXPECT_FALSE(batch_id_of(two).is_zero());
  EXPECT_NE(batch_id_of(two), batch_id_of(turned));
  EXPECT_NE(batch_id_of(two), batch_id_of(three));
}

}  // namespace
}  // namespace cartella::crypto
