#include "crypto/leaf.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "crypto/signer.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

Leaf sample() {
  Leaf leaf;
  leaf.flags = kServerSigned;
  leaf.position = 258;
  leaf.event_id = testing::id_of<EventId>("event");
  leaf.stream_id = testing::id_of<StreamId>("stream");
  leaf.revision = 3;
  leaf.recorded_at = TimeUs{1'700'000'000'000'001};
  leaf.body_commitment = sha256(as_bytes("body"));
  leaf.stored_hash = sha256(as_bytes("stored"));
  leaf.previous_leaf_hash = sha256(as_bytes("previous"));
  leaf.signer_id = testing::id_of<SignerId>("signer");
  leaf.expected_revision = 2;
  leaf.signature.fill(9);
  return leaf;
}

Errc refusal(const LeafBytes& bytes) { return decode_leaf(bytes).error().code; }

TEST(Leaf, ReturnsEveryFieldThatWasEncoded) {
  const Leaf leaf = sample();
  const auto decoded = decode_leaf(encode_leaf(leaf));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded.value(), leaf);
}

TEST(Leaf, PutsFieldsWhereTheFormatSays) {
  const LeafBytes bytes = encode_leaf(sample());
  EXPECT_EQ(as_text(ByteView(bytes).first(4)), "CRT1");
  EXPECT_EQ(bytes[4], 1);
  EXPECT_EQ(load_be16(bytes.data() + 6), 2);
  EXPECT_EQ(load_be64(bytes.data() + 8), 258U);
  EXPECT_EQ(load_be64(bytes.data() + 176), 2U);
  EXPECT_EQ(bytes[184], 9);
  EXPECT_EQ(load_be64(bytes.data() + 248), 0U);
}

TEST(Leaf, HashesAlikeOnBothPaths) {
  Leaf leaf = sample();
  EXPECT_EQ(leaf_hash(encode_leaf(leaf)), leaf_hash_second(leaf));
  leaf.expected_revision = kExpectExists;
  leaf.recorded_at.us = -1;
  EXPECT_EQ(leaf_hash(encode_leaf(leaf)), leaf_hash_second(leaf));
}

TEST(Leaf, RefusesAWrongLengthMagicOrKind) {
  LeafBytes bytes = encode_leaf(sample());
  EXPECT_EQ(decode_leaf(ByteView(bytes).first(255)).error().code, Errc::invalid_input);
  bytes[5] = 7;
  EXPECT_EQ(refusal(bytes), Errc::invalid_input);
  bytes = encode_leaf(sample());
  bytes[3] = '0';
  EXPECT_EQ(refusal(bytes), Errc::invalid_input);
}

TEST(Leaf, RefusesAnUnknownVersionAsUnsupported) {
  LeafBytes bytes = encode_leaf(sample());
  bytes[4] = 2;
  EXPECT_EQ(refusal(bytes), Errc::unsupported);
}

TEST(Leaf, RefusesReservedBytesThatAreNotZero) {
  LeafBytes bytes = encode_leaf(sample());
  bytes[255] = 1;
  EXPECT_EQ(refusal(bytes), Errc::invalid_input);
}

TEST(Leaf, RefusesFlagsThatDoNotFitTheKind) {
  for (const std::uint16_t flags : {std::uint16_t{0}, std::uint16_t{3}, std::uint16_t{4}}) {
    Leaf leaf = sample();
    leaf.flags = flags;
    EXPECT_EQ(refusal(encode_leaf(leaf)), Errc::invalid_input) << flags;
  }
  Leaf access = sample();
  access.kind = schema::LeafKind::access;
  EXPECT_EQ(refusal(encode_leaf(access)), Errc::invalid_input);
}

TEST(Leaf, RefusesASignerOnAnAccessLeaf) {
  Leaf access = sample();
  access.kind = schema::LeafKind::access;
  access.flags = 0;
  EXPECT_EQ(refusal(encode_leaf(access)), Errc::invalid_input);
  access.signer_id = SignerId{};
  access.signature = {};
  EXPECT_TRUE(decode_leaf(encode_leaf(access)).has_value());
}

TEST(Leaf, RefusesAnExpectedRevisionWithoutMeaning) {
  for (const std::int64_t expected : {-3, -5, -1000}) {
    Leaf leaf = sample();
    leaf.expected_revision = expected;
    EXPECT_EQ(refusal(encode_leaf(leaf)), Errc::invalid_input) << expected;
  }
}

RC_GTEST_PROP(Leaf, DecodesArbitraryBytesWithoutHarm, (const Bytes& bytes)) {
  Bytes padded = bytes;
  padded.resize(kLeafBytes);
  std::copy(kMagic.begin(), kMagic.end(), padded.begin());
  const auto decoded = decode_leaf(padded);
  if (decoded.has_value()) RC_ASSERT(std::ranges::equal(encode_leaf(decoded.value()), padded));
}

TEST(SignedMessage, CoversEveryFieldTheAuthorAssertsAndNoneTheWriterSets) {
  const LogId log = testing::log_of("log");
  const SignedMessage base = signed_message(log, sample());
  Leaf leaf = sample();
  leaf.position = 1;
  leaf.revision = 9;
  leaf.recorded_at.us = 5;
  leaf.previous_leaf_hash = {};
  leaf.stored_hash = {};
  EXPECT_EQ(signed_message(log, leaf), base);
  leaf.expected_revision = kExpectAny;
  EXPECT_NE(signed_message(log, leaf), base);
  EXPECT_NE(signed_message(testing::log_of("other"), sample()), base);
  EXPECT_EQ(as_text(ByteView(base).first(15)), std::string_view("cartella/sig/1\0", 15));
}

TEST(Signer, MatchesThePublishedVectorOfEd25519) {  // RFC 8032, 7.1, test 2
  Hash32 seed;
  const Bytes raw =
      from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value();
  std::copy(raw.begin(), raw.end(), seed.begin());
  const Signer signer{Secret32(seed)};
  EXPECT_EQ(to_hex(signer.public_key()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Bytes message = {0x72};
  EXPECT_EQ(to_hex(signer.sign(message)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Signer, RefusesAnotherMessageKeyOrSignature) {
  const Signer signer(testing::secret_of("signer"));
  const Signer other(testing::secret_of("other"));
  Signature signature = signer.sign(as_bytes("message"));
  EXPECT_TRUE(verify(signer.public_key(), as_bytes("message"), signature));
  EXPECT_FALSE(verify(signer.public_key(), as_bytes("massage"), signature));
  EXPECT_FALSE(verify(other.public_key(), as_bytes("message"), signature));
  signature[63] ^= 1;
  EXPECT_FALSE(verify(signer.public_key(), as_bytes("message"), signature));
  EXPECT_NE(signer.id(), other.id());
}

}  // namespace
}  // namespace cartella::crypto
