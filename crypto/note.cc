#include "crypto/note.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/note_text.h"

namespace cartella::crypto {

namespace {

constexpr std::size_t kProofHashesMax = 64;  // a tree of 2^64 leaves
constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kOldSize = "old ";

Error malformed(std::string_view what) {
  return fail(Errc::invalid_input, "malformed " + std::string(what));
}

Result<Checkpoint> parse_body(std::string_view text) {
  const auto origin = take_note_line(text);
  const auto size_line = take_note_line(text);
  const auto root_line = take_note_line(text);
  if (!origin || !size_line || !root_line || origin->empty()) return malformed("checkpoint");
  const auto size = parse_note_decimal(*size_line);
  const auto root = parse_note_hash(*root_line);
  if (!size || !root) return malformed("checkpoint");
  // Extension lines are signed, opaque and never empty.
  while (!text.empty()) {
    const auto line = take_note_line(text);
    if (!line || line->empty()) return malformed("checkpoint");
  }
  return Checkpoint{std::string(*origin), *size, *root};
}

bool signed_by(const NoteLine& line, std::string_view name, const PublicKey& key,
               std::string_view text) {
  Signature signature;
  if (!line.is_of(name, note_key_id(name, NoteAlgorithm::ed25519, key), signature.size()))
    return false;
  std::copy(line.value.begin() + kNoteKeyIdBytes, line.value.end(), signature.begin());
  return verify(key, as_bytes(text), signature);
}

// Reads hashes up to the empty line.
Result<std::vector<Hash32>> take_hashes(std::string_view& text) {
  std::vector<Hash32> hashes;
  auto line = take_note_line(text);
  for (; line && !line->empty(); line = take_note_line(text)) {
    const auto hash = parse_note_hash(*line);
    if (!hash || hashes.size() == kProofHashesMax) return malformed("proof");
    hashes.push_back(*hash);
  }
  if (!line || text.empty()) return malformed("proof");
  return hashes;
}

}  // namespace

std::string checkpoint_body(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         to_base64(checkpoint.root) + "\n";
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const Signer& log_key) {
  CHECK(is_note_name(checkpoint.origin));
  const std::string body = checkpoint_body(checkpoint);
  const NoteKeyId id = note_key_id(checkpoint.origin, NoteAlgorithm::ed25519, log_key.public_key());
  return body + "\n" + note_line(checkpoint.origin, id, log_key.sign(as_bytes(body)));
}

Result<Checkpoint> read_checkpoint(std::string_view note) {
  CARTELLA_TRY(const NoteParts parts, split_note(note));
  return parse_body(parts.text);
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                   const PublicKey& key) {
  CARTELLA_TRY(const NoteParts parts, split_note(note));
  CARTELLA_TRY(auto checkpoint, parse_body(parts.text));
  const bool found = std::ranges::any_of(
      parts.lines, [&](const NoteLine& line) { return signed_by(line, origin, key, parts.text); });
  if (!found || checkpoint.origin != origin)
    return fail(Errc::bad_signature, "checkpoint is not signed by the log's key");
  return checkpoint;
}

Result<std::string> note_signed_by(std::string_view note, std::string_view origin,
                                   const PublicKey& key) {
  CARTELLA_TRY(const NoteParts parts, split_note(note));
  for (const NoteLine& line : parts.lines)
    if (signed_by(line, origin, key, parts.text))
      return std::string(parts.text) + "\n" + std::string(line.whole);
  return fail(Errc::bad_signature, "checkpoint is not signed by the log's key");
}

std::string verifier_key(std::string_view name, const PublicKey& key) {
  return note_verifier_key(name, NoteAlgorithm::ed25519, key);
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  auto parsed = parse_note_verifier_key(text, NoteAlgorithm::ed25519);
  if (!parsed) return fail(Errc::invalid_input, "this is no key of a log");
  return VerifierKey{std::move(parsed->first), parsed->second};
}

std::string encode_proof(const TlogProof& proof) {
  constexpr std::size_t kHashLineBytes = 45;
  constexpr std::size_t kRestBytes = 64;  // the header, the index and the line ends
  std::string text;
  text.reserve(kRestBytes + kHashLineBytes * proof.hashes.size() + proof.checkpoint.size());
  text += kProofHeader;
  text += "\nindex " + std::to_string(proof.index) + "\n";
  for (const Hash32& hash : proof.hashes) {
    text += to_base64(hash);
    text += '\n';
  }
  text += '\n';
  text += proof.checkpoint;
  return text;
}

std::string encode_consistency(const ConsistencyProof& proof) {
  std::string text = std::string(kOldSize) + std::to_string(proof.old_size) + "\n";
  for (const Hash32& hash : proof.hashes) text += to_base64(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

Result<ConsistencyProof> decode_consistency(std::string_view text) {
  if (text.size() > 2 * kNoteBytesMax) return malformed("proof");
  const auto line = take_note_line(text);
  if (!line || !line->starts_with(kOldSize)) return malformed("proof");
  const auto old_size = parse_note_decimal(line->substr(kOldSize.size()));
  if (!old_size) return malformed("proof");
  ConsistencyProof proof;
  proof.old_size = *old_size;
  CARTELLA_TRY(proof.hashes, take_hashes(text));
  proof.checkpoint = std::string(text);
  return proof;
}

Result<TlogProof> decode_proof(std::string_view text) {
  if (text.size() > 2 * kNoteBytesMax) return malformed("proof");
  auto line = take_note_line(text);
  if (!line || *line != kProofHeader) return malformed("proof");
  line = take_note_line(text);
  // The extra data is opaque to us and not covered by the proof: checked for form, then dropped.
  if (line && line->starts_with("extra ")) {
    if (from_base64(line->substr(6)).has_error()) return malformed("proof");
    line = take_note_line(text);
  }
  if (!line || !line->starts_with("index ")) return malformed("proof");
  const auto index = parse_note_decimal(line->substr(6));
  if (!index) return malformed("proof");
  TlogProof proof;
  proof.index = *index;
  CARTELLA_TRY(proof.hashes, take_hashes(text));
  proof.checkpoint = std::string(text);
  return proof;
}

}  // namespace cartella::crypto
