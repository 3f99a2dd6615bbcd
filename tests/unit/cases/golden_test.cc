// Frozen bytes of claims: tests/golden/claims.txt.
#include <gtest/gtest.h>

#include "cases/claim_codec.h"
#include "tests/support/golden.h"

namespace cartella::cases {
namespace {

using namespace std::string_view_literals;
using tests::golden_hash;
using tests::GoldenLines;

template <class Id>
Id id_of(std::string_view name) {
  return Id::from_view(golden_hash(name));
}

struct Claim {
  std::string name;
  ClaimName claim;
  Raw16 holder{};
};

std::vector<Claim> claims() {
  const auto subject = id_of<SubjectId>("golden subject");
  const auto controller = id_of<ControllerId>("golden controller");
  return {
      {"identifier", identifier_claim(IdentifierKind::cf, "FRDRTN51C48G478B"), subject.bytes},
      {"internal", identifier_claim(IdentifierKind::internal, "00042", "Comune di Prova"),
       subject.bytes},
      {"person", person_claim(controller, subject), id_of<StreamId>("golden stream event").bytes},
      {"protocol", protocol_claim(id_of<UnitId>("golden ente"), "2024/17"), subject.bytes},
      {"superseded", superseded_claim(id_of<StreamId>("golden stream event")),
       id_of<StreamId>("golden later benefit").bytes},
  };
}

TEST(GoldenClaims, CompareWithFrozenGolden) {
  const crypto::Secret32 key(golden_hash("golden claims key"));
  const ClaimCodec codec(key);
  GoldenLines lines;
  lines.add("claims_key", key.view());
  for (const Claim& each : claims()) {
    const Hash32 claim_key = codec.key_of(each.claim);
    const Bytes sealed = codec.seal(claim_key, each.holder);
    lines.add(each.name + ".kind", as_bytes(each.claim.kind));
    lines.add(each.name + ".value", each.claim.value);
    lines.add(each.name + ".key", claim_key);
    lines.add(each.name + ".holder", each.holder);
    lines.add(each.name + ".sealed", sealed);
    EXPECT_EQ(codec.open(claim_key, sealed).value(), each.holder);
  }
  tests::compare_with_frozen("claims.txt", lines.text());
}

// Spelled out a second time, so that a slip of the codec does not freeze itself.
TEST(GoldenClaims, AreWhatThePageOfFormatsSays) {
  const tests::GoldenValues frozen("claims");
  const crypto::Secret32 key(tests::hash_of(frozen["claims_key"]));
  for (const Claim& each : claims()) {
    Bytes named;
    ByteWriter writer(named);
    writer.framed(frozen[each.name + ".kind"]);
    writer.framed(frozen[each.name + ".value"]);
    const auto name_key = crypto::derive(key, "claim-name", {});
    const Hash32 claim_key =
        crypto::hmac_sha256(name_key.view(), {as_bytes("cartella/claim/1\0"sv), named});
    EXPECT_EQ(to_hex(claim_key), to_hex(frozen[each.name + ".key"]));
    const ByteView sealed(frozen[each.name + ".sealed"]);
    const auto nonce_key = crypto::derive(key, "claim-nonce", {});
    const Hash32 nonce = crypto::hmac_sha256(nonce_key.view(), {claim_key, each.holder});
    EXPECT_EQ(to_hex(ByteView(nonce).first(16)), to_hex(sealed.first(16)));
    const auto pad_key = crypto::derive(key, "claim-pad", {});
    const Hash32 pad = crypto::hmac_sha256(pad_key.view(), {claim_key, sealed.first(16)});
    for (std::size_t i = 0; i < 16; ++i)
      EXPECT_EQ(sealed[16 + i], static_cast<std::uint8_t>(each.holder[i] ^ pad[i])) << i;
  }
}

}  // namespace
}  // namespace cartella::cases
