#include "crypto/note_text.h"

#include <algorithm>
#include <charconv>

#include "crypto/hash.h"

namespace cartella::crypto {

namespace {

constexpr std::size_t kLinesMax = 100;                    // as other note tools bound it
constexpr std::size_t kVerifierKeyBytesMax = 512;         // a name of any sensible length
constexpr std::string_view kLineStart = "\xE2\x80\x94 ";  // em dash, space

Error malformed(std::string_view what) {
  return fail(Errc::invalid_input, "malformed " + std::string(what));
}

Result<NoteLine> parse_line(std::string_view line) {
  NoteLine parsed;
  parsed.whole = {line.data(), line.size() + 1};
  if (!line.starts_with(kLineStart)) return malformed("signature line of a note");
  line.remove_prefix(kLineStart.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed("signature line of a note");
  parsed.name = line.substr(0, space);
  auto value = from_base64(line.substr(space + 1));
  if (!is_note_name(parsed.name) || value.has_error() || value.value().size() <= kNoteKeyIdBytes)
    return malformed("signature line of a note");
  parsed.value = std::move(value.value());
  return parsed;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

}  // namespace

NoteKeyId note_key_id(std::string_view name, NoteAlgorithm algorithm, const PublicKey& key) {
  const std::array<std::uint8_t, 2> between = {'\n', static_cast<std::uint8_t>(algorithm)};
  const Hash32 hash = sha256({as_bytes(name), between, key});
  NoteKeyId id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

bool is_note_name(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || c == '+';
  });
}

std::string note_verifier_key(std::string_view name, NoteAlgorithm algorithm,
                              const PublicKey& key) {
  Bytes value = {static_cast<std::uint8_t>(algorithm)};
  value.insert(value.end(), key.begin(), key.end());
  return std::string(name) + "+" + to_hex(note_key_id(name, algorithm, key)) + "+" +
         to_base64(value);
}

std::optional<std::pair<std::string, PublicKey>> parse_note_verifier_key(std::string_view text,
                                                                         NoteAlgorithm algorithm) {
  const std::size_t last = text.find('+', text.find('+') + 1);
  if (last == std::string_view::npos || text.size() > kVerifierKeyBytesMax) return std::nullopt;
  const auto bytes = from_base64(text.substr(last + 1));
  std::pair<std::string, PublicKey> parsed;
  if (!bytes || bytes.value().size() != parsed.second.size() + 1) return std::nullopt;
  std::copy(bytes.value().begin() + 1, bytes.value().end(), parsed.second.begin());
  parsed.first = std::string(text.substr(0, text.find('+')));
  // The same text again, or the algorithm or the key id is another one.
  if (!is_note_name(parsed.first) ||
      note_verifier_key(parsed.first, algorithm, parsed.second) != text)
    return std::nullopt;
  return parsed;
}

bool NoteLine::is_of(std::string_view signer, const NoteKeyId& id,
                     std::size_t signature_bytes) const {
  return name == signer && value.size() == id.size() + signature_bytes &&
         std::equal(id.begin(), id.end(), value.begin());
}

Result<std::vector<NoteLine>> split_note_lines(std::string_view lines) {
  if (lines.size() > kNoteBytesMax || has_control_character(lines)) return malformed("note");
  std::vector<NoteLine> parsed;
  while (!lines.empty()) {
    const auto line = take_note_line(lines);
    if (!line || parsed.size() == kLinesMax) return malformed("note");
    CARTELLA_TRY(auto each, parse_line(*line));
    // Nobody signs twice in the same way: whoever made the note did not write such a line.
    for (const NoteLine& other : parsed)
      if (other.whole == each.whole) return malformed("note");
    parsed.push_back(std::move(each));
  }
  return parsed;
}

Result<NoteParts> split_note(std::string_view note) {
  if (note.size() > kNoteBytesMax || has_control_character(note)) return malformed("note");
  // The text may not hold an empty line, so the last one parts it from the signatures.
  const std::size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos || gap + 2 == note.size()) return malformed("note");
  NoteParts parts;
  parts.text = note.substr(0, gap + 1);
  CARTELLA_TRY(parts.lines, split_note_lines(note.substr(gap + 2)));
  return parts;
}

std::string note_line(std::string_view name, const NoteKeyId& id, ByteView signature) {
  Bytes value(id.begin(), id.end());
  value.insert(value.end(), signature.begin(), signature.end());
  return std::string(kLineStart) + std::string(name) + " " + to_base64(value) + "\n";
}

std::optional<std::string_view> take_note_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_note_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Hash32> parse_note_hash(std::string_view text) {
  const auto bytes = from_base64(text);
  if (bytes.has_error() || bytes.value().size() != sizeof(Hash32)) return std::nullopt;
  Hash32 hash;
  std::copy(bytes.value().begin(), bytes.value().end(), hash.begin());
  return hash;
}

}  // namespace cartella::crypto
