// tests/fuzz/note.cc: signed notes, verifier keys, tlog-proofs: what a verifier is handed (B-08).
//
// Only the frozen checkpoint itself opens under the frozen key: anything else that opens would be a
// forgery. What decodes as a proof encodes to the same text. Threads: one.
#include "crypto/note.h"
#include "base/check.h"
#include "crypto/secret.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

const crypto::VerifierKey& log_key() {
  static const auto key = [] {
    std::string text = golden("log.vkey");
    while (text.ends_with('\n')) text.pop_back();
    return crypto::parse_verifier_key(text).value();
  }();
  return key;
}

}  // namespace

std::vector<std::string> seeds() {
  return {golden("checkpoint"), golden("checkpoint.3"),    golden("event.tlog-proof"),
          golden("log.vkey"),   golden("consistency.3-7"), golden("growth.3-7")};
}

void judge(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  const crypto::VerifierKey& key = log_key();
  static const std::vector<crypto::Checkpoint> genuine = {
      crypto::open_checkpoint(golden("checkpoint"), key.name, key.key).value(),
      crypto::open_checkpoint(golden("checkpoint.3"), key.name, key.key).value()};
  if (const auto opened = crypto::open_checkpoint(text, key.name, key.key)) {
    bool is_genuine = false;
    for (const auto& checkpoint : genuine)
      is_genuine |= crypto::checkpoint_body(checkpoint) == crypto::checkpoint_body(opened.value());
    CHECK(is_genuine);
  }
  if (const auto parsed = crypto::parse_verifier_key(text))
    CHECK(crypto::verifier_key(parsed.value().name, parsed.value().key) == text);
  if (const auto proof = crypto::decode_proof(text))
    CHECK(crypto::encode_proof(proof.value()) == text);
}

}  // namespace cartella::fuzz
