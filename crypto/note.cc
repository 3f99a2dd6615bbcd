#include "crypto/note.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "crypto/hash.h"

namespace cartella::crypto {

namespace {

// A checkpoint has about 300 bytes; the rest is room for cosignatures of witnesses.
constexpr std::size_t kNoteBytesMax = 64 * 1024;
constexpr std::size_t kSignaturesMax = 100;                    // as other note tools bound it
constexpr std::size_t kProofHashesMax = 64;                    // a tree of 2^64 leaves
constexpr std::string_view kSignatureStart = "\xE2\x80\x94 ";  // em dash, space
constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";
constexpr std::uint8_t kEd25519 = 1;
constexpr std::size_t kKeyIdBytes = 4;

using NoteKeyId = std::array<std::uint8_t, kKeyIdBytes>;

NoteKeyId key_id_of(std::string_view name, const PublicKey& key) {
  static constexpr std::array<std::uint8_t, 2> kBetween = {'\n', kEd25519};
  const Hash32 hash = sha256({as_bytes(name), kBetween, key});
  NoteKeyId id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

bool is_name(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || c == '+';
  });
}

Error malformed(std::string_view what) {
  return fail(Errc::invalid_input, "malformed " + std::string(what));
}

// Takes one line without its newline; empty optional where no newline is left.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// Decimal without sign or leading zeros.
std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Hash32> parse_hash(std::string_view text) {
  const auto bytes = from_base64(text);
  if (bytes.has_error() || bytes.value().size() != sizeof(Hash32)) return std::nullopt;
  Hash32 hash;
  std::copy(bytes.value().begin(), bytes.value().end(), hash.begin());
  return hash;
}

Result<Checkpoint> parse_body(std::string_view text) {
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!origin || !size_line || !root_line || origin->empty()) return malformed("checkpoint");
  const auto size = parse_decimal(*size_line);
  const auto root = parse_hash(*root_line);
  if (!size || !root) return malformed("checkpoint");
  // Extension lines are signed, opaque and never empty.
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line || line->empty()) return malformed("checkpoint");
  }
  return Checkpoint{std::string(*origin), *size, *root};
}

struct SignatureLine {
  std::string_view name;
  Bytes value;  // key id and signature
};

Result<SignatureLine> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignatureStart)) return malformed("signature line of a note");
  line.remove_prefix(kSignatureStart.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed("signature line of a note");
  SignatureLine signature;
  signature.name = line.substr(0, space);
  auto value = from_base64(line.substr(space + 1));
  if (!is_name(signature.name) || value.has_error() || value.value().size() <= kKeyIdBytes)
    return malformed("signature line of a note");
  signature.value = std::move(value.value());
  return signature;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

bool signed_by(const SignatureLine& line, std::string_view name, const PublicKey& key,
               std::string_view text) {
  const NoteKeyId id = key_id_of(name, key);
  Signature signature;
  if (line.name != name || line.value.size() != kKeyIdBytes + signature.size() ||
      !std::equal(id.begin(), id.end(), line.value.begin()))
    return false;
  std::copy(line.value.begin() + kKeyIdBytes, line.value.end(), signature.begin());
  return verify(key, as_bytes(text), signature);
}

}  // namespace

std::string checkpoint_body(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         to_base64(checkpoint.root) + "\n";
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const Signer& log_key) {
  CHECK(is_name(checkpoint.origin));
  const std::string body = checkpoint_body(checkpoint);
  const NoteKeyId id = key_id_of(checkpoint.origin, log_key.public_key());
  const Signature signature = log_key.sign(as_bytes(body));
  Bytes value(id.begin(), id.end());
  value.insert(value.end(), signature.begin(), signature.end());
  return body + "\n" + std::string(kSignatureStart) + checkpoint.origin + " " + to_base64(value) +
         "\n";
}

Result<Checkpoint> open_checkpoint(std::string_view note, std::string_view origin,
                                   const PublicKey& key) {
  if (note.size() > kNoteBytesMax || has_control_character(note)) return malformed("note");
  // The text may not hold an empty line, so the last one parts it from the signatures.
  const std::size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return malformed("note");
  const std::string_view text = note.substr(0, gap + 1);
  std::string_view rest = note.substr(gap + 2);
  CARTELLA_TRY(auto checkpoint, parse_body(text));
  if (rest.empty()) return malformed("note");
  bool found = false;
  for (std::size_t count = 0; !rest.empty(); ++count) {
    const auto line = take_line(rest);
    if (!line || count == kSignaturesMax) return malformed("note");
    CARTELLA_TRY(const auto signature, parse_signature(*line));
    found = found || signed_by(signature, origin, key, text);
  }
  if (!found || checkpoint.origin != origin)
    return fail(Errc::bad_signature, "checkpoint is not signed by the log's key");
  return checkpoint;
}

std::string verifier_key(std::string_view name, const PublicKey& key) {
  Bytes value = {kEd25519};
  value.insert(value.end(), key.begin(), key.end());
  return std::string(name) + "+" + to_hex(key_id_of(name, key)) + "+" + to_base64(value);
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  const Error malformed = fail(Errc::invalid_input, "this is no key of a log");
  const std::size_t last = text.find('+', text.find('+') + 1);
  if (last == std::string_view::npos || text.size() > 512) return malformed;
  const auto bytes = from_base64(text.substr(last + 1));
  VerifierKey parsed;
  if (!bytes || bytes.value().size() != parsed.key.size() + 1) return malformed;
  std::copy(bytes.value().begin() + 1, bytes.value().end(), parsed.key.begin());
  parsed.name = std::string(text.substr(0, text.find('+')));
  // The same text again, or the algorithm or the key id is another one.
  if (verifier_key(parsed.name, parsed.key) != text) return malformed;
  return parsed;
}

std::string encode_proof(const TlogProof& proof) {
  std::string text(kProofHeader);
  text += "\nindex " + std::to_string(proof.index) + "\n";
  for (const Hash32& hash : proof.hashes) text += to_base64(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

std::string encode_consistency(const ConsistencyProof& proof) {
  std::string text = "old " + std::to_string(proof.old_size) + "\n";
  for (const Hash32& hash : proof.hashes) text += to_base64(hash) + "\n";
  return text + "\n" + proof.checkpoint;
}

Result<TlogProof> decode_proof(std::string_view text) {
  if (text.size() > 2 * kNoteBytesMax) return malformed("proof");
  auto line = take_line(text);
  if (!line || *line != kProofHeader) return malformed("proof");
  line = take_line(text);
  // The extra data is opaque to us and not covered by the proof: checked for form, then dropped.
  if (line && line->starts_with("extra ")) {
    if (from_base64(line->substr(6)).has_error()) return malformed("proof");
    line = take_line(text);
  }
  if (!line || !line->starts_with("index ")) return malformed("proof");
  const auto index = parse_decimal(line->substr(6));
  if (!index) return malformed("proof");
  TlogProof proof;
  proof.index = *index;
  for (line = take_line(text); line && !line->empty(); line = take_line(text)) {
    const auto hash = parse_hash(*line);
    if (!hash || proof.hashes.size() == kProofHashesMax) return malformed("proof");
    proof.hashes.push_back(*hash);
  }
  if (!line || text.empty()) return malformed("proof");
  proof.checkpoint = std::string(text);
  return proof;
}

}  // namespace cartella::crypto
