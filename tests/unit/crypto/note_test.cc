#include "crypto/note.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

const std::string kOrigin = "cartella/prova/00112233445566aa";

Signer log_signer() { return Signer(testing::secret_of("log key")); }
Checkpoint sample() { return {kOrigin, 257, sha256(as_bytes("root"))}; }
Errc refusal(std::string_view note) {
  return open_checkpoint(note, kOrigin, log_signer().public_key()).error().code;
}

TEST(Checkpoint, ReturnsWhatWasSigned) {
  const Signer signer = log_signer();
  const auto opened =
      open_checkpoint(sign_checkpoint(sample(), signer), kOrigin, signer.public_key());
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened.value().size, 257U);
  EXPECT_EQ(opened.value().root, sample().root);
}

TEST(Checkpoint, AcceptsCosignaturesBesidesTheLogs) {
  const std::string note = sign_checkpoint(sample(), log_signer()) +
                           "\xE2\x80\x94 testimone.example " + to_base64(Bytes(76, 7)) + "\n";
  EXPECT_TRUE(open_checkpoint(note, kOrigin, log_signer().public_key()).has_value());
}

TEST(Checkpoint, AcceptsASignedExtensionLine) {
  const Signer signer = log_signer();
  const std::string text = checkpoint_body(sample()) + "extension\n";
  const std::string plain = sign_checkpoint(sample(), signer);
  const std::string line = plain.substr(plain.find("\xE2\x80\x94"));
  const Bytes value = from_base64(line.substr(line.rfind(' ') + 1, 92)).value();
  Bytes extended(value.begin(), value.begin() + 4);
  const Signature signature = signer.sign(as_bytes(text));
  extended.insert(extended.end(), signature.begin(), signature.end());
  const std::string note = text + "\n\xE2\x80\x94 " + kOrigin + " " + to_base64(extended) + "\n";
  EXPECT_TRUE(open_checkpoint(note, kOrigin, signer.public_key()).has_value());
}

TEST(Checkpoint, RefusesAnotherKeyOriginOrText) {
  const std::string note = sign_checkpoint(sample(), log_signer());
  const Signer other(testing::secret_of("other"));
  EXPECT_EQ(open_checkpoint(note, kOrigin, other.public_key()).error().code, Errc::bad_signature);
  EXPECT_EQ(open_checkpoint(note, "cartella/altra/1", log_signer().public_key()).error().code,
            Errc::bad_signature);
  std::string changed = note;
  changed.replace(changed.find("257"), 3, "258");
  EXPECT_EQ(refusal(changed), Errc::bad_signature);
}

TEST(Checkpoint, RefusesMalformedNotes) {
  const std::string note = sign_checkpoint(sample(), log_signer());
  std::string leading_zero = note;
  leading_zero.replace(leading_zero.find("257"), 3, "0257");
  std::string control = note;
  control.insert(5, 1, '\t');
  const std::string cases[] = {"",
                               "\n\n",
                               checkpoint_body(sample()),
                               checkpoint_body(sample()) + "\n",
                               note.substr(0, note.size() - 1),
                               note + "\n",
                               note + "- x y\n",
                               leading_zero,
                               control,
                               note + note.substr(note.find("\n\n") + 2),  // its line twice
                               note + std::string(65536, 'x') + "\n"};
  for (const std::string& text : cases) EXPECT_EQ(refusal(text), Errc::invalid_input) << text;
}

RC_GTEST_PROP(Checkpoint, RefusesEveryChangedByte, ()) {
  std::string note = sign_checkpoint(sample(), log_signer());
  const auto at = *rc::gen::inRange<std::size_t>(0, note.size());
  note[at] = static_cast<char>(note[at] ^ *rc::gen::inRange(1, 256));
  RC_ASSERT(open_checkpoint(note, kOrigin, log_signer().public_key()).has_error());
}

TEST(VerifierKey, HasNameKeyIdAndKey) {
  const std::string key = verifier_key(kOrigin, log_signer().public_key());
  EXPECT_EQ(key.substr(0, kOrigin.size() + 1), kOrigin + "+");
  EXPECT_EQ(key[kOrigin.size() + 9], '+');
  EXPECT_EQ(from_base64(key.substr(kOrigin.size() + 10)).value().size(), 33U);
}

TEST(Proof, ReturnsWhatWasEncoded) {
  const TlogProof proof{
      73, {sha256(as_bytes("a")), sha256(as_bytes("b"))}, sign_checkpoint(sample(), log_signer())};
  const auto decoded = decode_proof(encode_proof(proof));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded.value().index, 73U);
  EXPECT_EQ(decoded.value().hashes, proof.hashes);
  EXPECT_EQ(decoded.value().checkpoint, proof.checkpoint);
}

TEST(Proof, AcceptsExtraDataAndNoHashes) {
  EXPECT_TRUE(decode_proof("c2sp.org/tlog-proof@v1\nextra YQ==\nindex 0\n\nnote\n").has_value());
}

TEST(Proof, RefusesMalformedTexts) {
  const std::string hash = to_base64(sha256(as_bytes("a"))) + "\n";
  std::string many = "c2sp.org/tlog-proof@v1\nindex 0\n";
  for (int i = 0; i < 65; ++i) many += hash;
  const std::string cases[] = {"",
                               "c2sp.org/tlog-proof@v1\n",
                               "c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n",
                               "c2sp.org/tlog-proof@v1\nindex 00\n\nnote\n",
                               "c2sp.org/tlog-proof@v1\nindex -1\n\nnote\n",
                               "c2sp.org/tlog-proof@v1\nindex 18446744073709551616\n\nnote\n",
                               "c2sp.org/tlog-proof@v1\nextra !!\nindex 0\n\nnote\n",
                               "c2sp.org/tlog-proof@v1\nindex 0\nYQ==\n\nnote\n",
                               "c2sp.org/tlog-proof@v1\nindex 0\n" + hash,
                               "c2sp.org/tlog-proof@v1\nindex 0\n\n",
                               many + "\nnote\n"};
  for (const std::string& text : cases) {
    const auto decoded = decode_proof(text);
    ASSERT_TRUE(decoded.has_error()) << text;
    EXPECT_EQ(decoded.error().code, Errc::invalid_input);
  }
}

}  // namespace
}  // namespace cartella::crypto
