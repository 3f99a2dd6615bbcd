#include "crypto/cosignature.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "crypto/note.h"
#include "crypto/note_text.h"

namespace cartella::crypto {

namespace {

constexpr std::size_t kTimeBytes = 8;
// 9999-12-31T23:59:59Z: a later one has no RFC 3339 form, and much later ones no microseconds.
constexpr std::uint64_t kTimeMax = 253'402'300'799;

std::string message_of(std::string_view text, std::uint64_t time_s) {
  return "cosignature/v1\ntime " + std::to_string(time_s) + "\n" + std::string(text);
}

// When `cosigner` signed `text` by this line; nothing where it did not.
std::optional<std::uint64_t> time_of(const NoteLine& line, const Cosigner& cosigner,
                                     std::string_view text) {
  Signature signature;
  const NoteKeyId id = note_key_id(cosigner.name, NoteAlgorithm::cosignature, cosigner.key);
  if (!line.is_of(cosigner.name, id, kTimeBytes + signature.size())) return std::nullopt;
  const std::uint64_t time_s = load_be64(line.value.data() + kNoteKeyIdBytes);
  std::copy(line.value.begin() + kNoteKeyIdBytes + kTimeBytes, line.value.end(), signature.begin());
  if (time_s > kTimeMax || !verify(cosigner.key, as_bytes(message_of(text, time_s)), signature))
    return std::nullopt;
  return time_s;
}

struct Found {
  std::string_view line;
  std::uint64_t time_s = 0;
};

std::optional<Found> newest_of(const std::vector<NoteLine>& lines, const Cosigner& cosigner,
                               std::string_view text) {
  std::optional<Found> newest;
  for (const NoteLine& line : lines)
    if (const auto time = time_of(line, cosigner, text);
        time && (!newest || *time > newest->time_s))
      newest = Found{line.whole, *time};
  return newest;
}

}  // namespace

std::string cosigner_key(const Cosigner& cosigner) {
  return note_verifier_key(cosigner.name, NoteAlgorithm::cosignature, cosigner.key);
}

Result<Cosigner> parse_cosigner_key(std::string_view text) {
  auto parsed = parse_note_verifier_key(text, NoteAlgorithm::cosignature);
  if (!parsed) return fail(Errc::invalid_input, "this is no key of a witness");
  return Cosigner{std::move(parsed->first), parsed->second};
}

Result<std::string> cosign(std::string_view note, std::string_view name, const Signer& key,
                           std::uint64_t time_s) {
  CHECK(is_note_name(name));
  CHECK(time_s <= kTimeMax);
  CARTELLA_TRY(read_checkpoint(note));
  CARTELLA_TRY(const NoteParts parts, split_note(note));
  Bytes value;
  ByteWriter(value).u64(time_s);
  const Signature signature = key.sign(as_bytes(message_of(parts.text, time_s)));
  value.insert(value.end(), signature.begin(), signature.end());
  return note_line(name, note_key_id(name, NoteAlgorithm::cosignature, key.public_key()), value);
}

Result<std::vector<Cosignature>> valid_cosignatures(std::string_view note,
                                                    std::span<const Cosigner> known) {
  CARTELLA_TRY(read_checkpoint(note));
  CARTELLA_TRY(const NoteParts parts, split_note(note));
  std::vector<Cosignature> valid;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (const auto newest = newest_of(parts.lines, known[i], parts.text))
      valid.push_back({i, newest->time_s});
  return valid;
}

Result<std::string> add_cosignatures(std::string_view note, std::string_view lines,
                                     std::span<const Cosigner> known) {
  CARTELLA_TRY(read_checkpoint(note));
  CARTELLA_TRY(const NoteParts parts, split_note(note));
  CARTELLA_TRY(const auto added, split_note_lines(lines));
  std::vector<std::string_view> replaced;
  std::string more;
  for (const Cosigner& cosigner : known) {
    const auto offered = newest_of(added, cosigner, parts.text);
    const auto before = newest_of(parts.lines, cosigner, parts.text);
    if (!offered || (before && before->time_s >= offered->time_s)) continue;
    if (before) replaced.push_back(before->line);
    more += offered->line;
  }
  std::string whole = std::string(parts.text) + "\n";
  for (const NoteLine& line : parts.lines)
    if (std::ranges::find(replaced, line.whole) == replaced.end()) whole += line.whole;
  whole += more;
  CARTELLA_TRY(split_note(whole));
  return whole;
}

}  // namespace cartella::crypto
