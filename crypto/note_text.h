// crypto/note_text.h: the parts of a C2SP signed note: its text, its signature lines, their key
// ids.
//
// What note.h and cosignature.h share. A line reads "— name base64(key id || signature)". Threads:
// free functions, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "crypto/signer.h"

namespace cartella::crypto {

// A checkpoint has about 300 bytes; the rest is room for cosignatures of witnesses.
inline constexpr std::size_t kNoteBytesMax = 64 * 1024;
inline constexpr std::size_t kNoteKeyIdBytes = 4;

enum class NoteAlgorithm : std::uint8_t { ed25519 = 1, cosignature = 4 };

using NoteKeyId = std::array<std::uint8_t, kNoteKeyIdBytes>;

// SHA-256(name || "\n" || algorithm || key)[:4].
NoteKeyId note_key_id(std::string_view name, NoteAlgorithm algorithm, const PublicKey& key);
// No space, control character or '+', and not empty.
bool is_note_name(std::string_view name);
// "<name>+<hex key id>+<base64 of algorithm || key>".
std::string note_verifier_key(std::string_view name, NoteAlgorithm algorithm, const PublicKey& key);
// The name and key of such a text; nothing where another algorithm, key id or form stands there.
std::optional<std::pair<std::string, PublicKey>> parse_note_verifier_key(std::string_view text,
                                                                         NoteAlgorithm algorithm);

struct NoteLine {
  std::string_view whole;  // with its newline
  std::string_view name;
  Bytes value;  // key id and signature
  bool is_of(std::string_view signer, const NoteKeyId& id, std::size_t signature_bytes) const;
};
struct NoteParts {
  std::string_view text;  // what is signed
  std::vector<NoteLine> lines;
};
// Views into `note`. invalid_input: not a signed note, too long, more than 100 lines, a line twice.
Result<NoteParts> split_note(std::string_view note);
// Signature lines alone, as a witness answers them. invalid_input.
Result<std::vector<NoteLine>> split_note_lines(std::string_view lines);
std::string note_line(std::string_view name, const NoteKeyId& id, ByteView signature);

// Takes one line without its newline; nothing where no newline is left.
std::optional<std::string_view> take_note_line(std::string_view& text);
// Decimal without sign or leading zeros.
std::optional<std::uint64_t> parse_note_decimal(std::string_view text);
std::optional<Hash32> parse_note_hash(std::string_view text);

}  // namespace cartella::crypto
