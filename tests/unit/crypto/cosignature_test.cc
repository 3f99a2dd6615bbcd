#include "crypto/cosignature.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "crypto/note.h"
#include "crypto/note_text.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

const std::string kOrigin = "cartella/prova/00112233445566aa";

const Signer& signer_of(const std::string& name) {
  static std::map<std::string, Signer> signers;
  return signers.try_emplace(name, testing::secret_of(name)).first->second;
}
Cosigner cosigner(const std::string& name) { return {name, signer_of(name).public_key()}; }
std::string sample_note(std::uint64_t size = 257) {
  return sign_checkpoint({kOrigin, size, sha256(as_bytes("root"))}, signer_of("log"));
}
std::string cosigned(const std::string& note, const std::string& name, std::uint64_t time_s) {
  return cosign(note, name, signer_of(name), time_s).value();
}

TEST(Cosignature, VerifiesForKnownCosignersAlone) {
  const std::string note =
      sample_note() + cosigned(sample_note(), "w1", 100) + cosigned(sample_note(), "w2", 200);
  const auto valid = valid_cosignatures(note, std::vector{cosigner("w3"), cosigner("w2")}).value();
  ASSERT_EQ(valid.size(), 1U);
  EXPECT_EQ(valid[0].cosigner, 1U);
  EXPECT_EQ(valid[0].time_s, 200U);
  EXPECT_TRUE(open_checkpoint(note, kOrigin, signer_of("log").public_key()).has_value());
  EXPECT_EQ(note_signed_by(note, kOrigin, signer_of("log").public_key()).value(), sample_note());
}

// Made with Python's cryptography package from the definition, not with this code.
TEST(Cosignature, IsTheOneThatTheSpecificationDefines) {
  const std::string note =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
      "\xE2\x80\x94 example.com/behind-the-sofa "
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+"
      "xeMcTOAYQ8=\n";
  std::array<std::uint8_t, 32> seed{};
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::uint8_t>(i);
  const Signer key{Secret32(seed)};
  EXPECT_EQ(cosign(note, "witness.example.com/w1", key, 1679315147).value(),
            "\xE2\x80\x94 witness.example.com/w1 oAWfEQAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF"
            "9CSDZVUIoS83rE1nFZsVE8YiWV6Ngr7lV8H6bdoBQGP/l73euDMQ9k+bBQ==\n");
  EXPECT_EQ(cosigner_key({"witness.example.com/w1", key.public_key()}),
            "witness.example.com/w1+a0059f11+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4");
}

TEST(Cosignature, OfAnotherTextTimeKeyOrNameDoesNotCount) {
  const std::string line = cosigned(sample_note(), "w1", 100);
  const auto counts = [](const std::string& note, const Cosigner& known) {
    return valid_cosignatures(note, std::vector{known}).value().size();
  };
  EXPECT_EQ(counts(sample_note() + line, cosigner("w1")), 1U);
  EXPECT_EQ(counts(sample_note(258) + line, cosigner("w1")), 0U);
  EXPECT_EQ(counts(sample_note() + line, {"w1", signer_of("w2").public_key()}), 0U);
  EXPECT_EQ(counts(sample_note() + line, {"w2", signer_of("w1").public_key()}), 0U);
  const std::size_t from = line.rfind(' ') + 1;
  const Bytes value = from_base64(line.substr(from, line.size() - from - 1)).value();
  for (std::size_t at = 0; at < value.size(); ++at) {
    Bytes changed = value;
    changed[at] ^= 1;
    EXPECT_EQ(
        counts(sample_note() + line.substr(0, from) + to_base64(changed) + "\n", cosigner("w1")),
        0U)
        << at;
  }
}

// A reader turns the time into microseconds and into a date of four digits.
TEST(Cosignature, OfATimeBehindEveryDateDoesNotCount) {
  constexpr std::uint64_t kLast = 253'402'300'799;
  const auto line_at = [](std::uint64_t time_s) {
    const std::string note = sample_note();
    Bytes value;
    ByteWriter(value).u64(time_s);
    const std::string said = "cosignature/v1\ntime " + std::to_string(time_s) + "\n" +
                             note.substr(0, note.find("\n\n") + 1);
    const Signature signature = signer_of("w1").sign(as_bytes(said));
    value.insert(value.end(), signature.begin(), signature.end());
    const Cosigner known = cosigner("w1");
    return note_line(known.name, note_key_id(known.name, NoteAlgorithm::cosignature, known.key),
                     value);
  };
  EXPECT_EQ(line_at(kLast), cosigned(sample_note(), "w1", kLast));
  const auto counts = [&](std::uint64_t time_s) {
    return valid_cosignatures(sample_note() + line_at(time_s), std::vector{cosigner("w1")})
        .value()
        .size();
  };
  EXPECT_EQ(counts(kLast), 1U);
  EXPECT_EQ(counts(kLast + 1), 0U);
  EXPECT_EQ(counts(std::uint64_t{1} << 62), 0U);
  EXPECT_EQ(counts(UINT64_MAX), 0U);
}

TEST(Cosignature, OfTheLogsKindIsNone) {
  // The log's own line is no cosignature of a witness that uses the same name and key.
  const Cosigner log{kOrigin, signer_of("log").public_key()};
  EXPECT_TRUE(valid_cosignatures(sample_note(), std::vector{log}).value().empty());
}

TEST(Cosignature, IsAddedOnceAndReplacedByANewer) {
  const std::vector<Cosigner> known = {cosigner("w1"), cosigner("w2")};
  const std::string foreign = cosigned(sample_note(), "w9", 5);
  const std::string bad = cosigned(sample_note(3), "w2", 5);
  const std::string first = cosigned(sample_note(), "w1", 100);
  const std::string note = add_cosignatures(sample_note(), foreign + first + bad, known).value();
  EXPECT_EQ(note, sample_note() + first);
  EXPECT_EQ(add_cosignatures(note, first + cosigned(sample_note(), "w1", 99), known).value(), note);
  const std::string newer = cosigned(sample_note(), "w1", 101);
  const std::string second = cosigned(sample_note(), "w2", 7);
  EXPECT_EQ(add_cosignatures(note, second + newer, known).value(), sample_note() + newer + second);
}

TEST(Cosignature, OfWhatIsNoCheckpointIsRefused) {
  EXPECT_EQ(cosign("text", "w1", signer_of("w1"), 1).error().code, Errc::invalid_input);
  EXPECT_EQ(valid_cosignatures("a\n\nb\n", {}).error().code, Errc::invalid_input);
  EXPECT_EQ(add_cosignatures(sample_note(), "no line\n", {}).error().code, Errc::invalid_input);
  EXPECT_EQ(add_cosignatures(sample_note(), std::string(70'000, 'a'), {}).error().code,
            Errc::invalid_input);
}

TEST(CosignerKey, ReturnsWhatWasWrittenAndRefusesTheRest) {
  const std::string text = cosigner_key(cosigner("w1.example"));
  EXPECT_EQ(parse_cosigner_key(text).value().name, "w1.example");
  EXPECT_EQ(parse_cosigner_key(text).value().key, signer_of("w1.example").public_key());
  const std::string log = verifier_key("w1.example", signer_of("w1.example").public_key());
  for (const std::string& bad :
       {log, text + "\n", "x" + text, text.substr(1), std::string(), "+" + text})
    EXPECT_EQ(parse_cosigner_key(bad).error().code, Errc::invalid_input) << bad;
}

TEST(Consistency, IsReadAsItIsWritten) {
  const ConsistencyProof proof{12, {sha256(as_bytes("a")), sha256(as_bytes("b"))}, sample_note()};
  const std::string text = encode_consistency(proof);
  const auto read = decode_consistency(text);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(encode_consistency(read.value()), text);
  for (const std::string& bad :
       {text.substr(1), "old 012" + text.substr(6), "old -1" + text.substr(6),
        text.substr(0, text.find("\n\n") + 2), text.substr(0, 20), std::string()})
    EXPECT_EQ(decode_consistency(bad).error().code, Errc::invalid_input) << bad;
  std::string many = "old 1\n";
  for (int i = 0; i < 65; ++i) many += to_base64(sha256(as_bytes("a"))) + "\n";
  EXPECT_EQ(decode_consistency(many + "\n" + sample_note()).error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace cartella::crypto
