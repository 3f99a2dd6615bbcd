#include "api/log_files.h"

#include <charconv>

#include "crypto/note.h"

namespace cartella::api {

namespace {

using Kind = LogPath::Kind;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kBinary = "application/octet-stream";
constexpr std::string_view kTile = "/tile/";
constexpr std::string_view kEntries = "/tile/entries/";
constexpr std::string_view kProof = "/proof/";
constexpr std::uint32_t kFullWidth = 256;
constexpr std::uint32_t kLevelMax = 5;  // tlog-tiles; 256^6 leaves
constexpr std::size_t kPathBytesMax = 96;

Error no_such_file() { return fail(Errc::not_found, "the log has no such file"); }

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Digits alone; whether they are the only spelling is told by writing the path again.
bool read_number(std::string_view digits, std::uint64_t& value) {
  if (digits.empty()) return false;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc{} && end == digits.data() + digits.size();
}

bool read_index(std::string_view text, std::uint64_t& index) {
  std::string digits;
  while (take_prefix(text, "x")) {
    const std::size_t slash = text.find('/');
    if (slash != 3) return false;
    digits += text.substr(0, slash);
    text.remove_prefix(slash + 1);
  }
  return text.size() == 3 && read_number(digits + std::string(text), index);
}

std::string index_path(std::uint64_t index) {
  const auto group = [](std::uint64_t value) {
    std::string digits = std::to_string(value);
    return std::string(3 - digits.size(), '0') + digits;
  };
  std::string text = group(index % 1000);
  for (index /= 1000; index > 0; index /= 1000) text = "x" + group(index % 1000) + "/" + text;
  return text;
}

// "<N>" or "<N>.p/<W>".
bool read_tile(std::string_view text, LogPath& path) {
  path.width = kFullWidth;
  const std::size_t partial = text.find(".p/");
  if (partial != std::string_view::npos) {
    std::uint64_t width = 0;
    if (!read_number(text.substr(partial + 3), width) || width == 0 || width >= kFullWidth)
      return false;
    path.width = static_cast<std::uint32_t>(width);
  }
  return read_index(text.substr(0, partial), path.index);
}

bool read_path(std::string_view text, LogPath& path) {
  if (text == "/checkpoint") return true;
  if (take_prefix(text, kEntries)) {
    path.kind = Kind::entries;
    return read_tile(text, path);
  }
  if (take_prefix(text, kTile)) {
    path.kind = Kind::tile;
    const std::size_t slash = text.find('/');
    std::uint64_t level = 0;
    if (slash == std::string_view::npos || !read_number(text.substr(0, slash), level) ||
        level > kLevelMax)
      return false;
    path.level = static_cast<std::uint32_t>(level);
    return read_tile(text.substr(slash + 1), path);
  }
  if (take_prefix(text, kProof)) {
    path.kind = Kind::proof;
    const auto event = EventId::parse(text);
    if (event) path.event = event.value();
    return event.has_value();
  }
  return false;
}

std::string tile_path(const LogPath& path) {
  std::string text = index_path(path.index);
  if (path.width != kFullWidth) text += ".p/" + std::to_string(path.width);
  return text;
}

// As tlog-tiles frames entries: u16 length || entry. An entry is a leaf, whose hash is that of the
// tree (RFC 6962).
Result<std::string> read_entries(const store::Store& store, const LogPath& path) {
  const std::uint64_t size = store.size();
  if (path.index > size / kFullWidth || path.index * kFullWidth + path.width > size)
    return no_such_file();
  const std::uint64_t from = path.index * kFullWidth;
  std::string bytes;
  bytes.reserve(path.width * (2 + crypto::kLeafBytes));
  CARTELLA_TRY(store.scan(from, from + path.width, [&](const crypto::StoredEvent& event) -> Status {
    std::array<std::uint8_t, 2> length;
    store_be16(length.data(), crypto::kLeafBytes);
    bytes += as_text(length);
    bytes += as_text(crypto::encode_leaf(event.leaf));
    return ok();
  }));
  return bytes;
}

}  // namespace

Result<LogPath> parse_log_path(std::string_view text) {
  LogPath path;
  if (text.size() > kPathBytesMax || !read_path(text, path) || format_log_path(path) != text)
    return no_such_file();
  return path;
}

std::string format_log_path(const LogPath& path) {
  switch (path.kind) {
    case Kind::checkpoint: return "/checkpoint";
    case Kind::tile: return std::string(kTile) + std::to_string(path.level) + "/" + tile_path(path);
    case Kind::entries: return std::string(kEntries) + tile_path(path);
    case Kind::proof: return std::string(kProof) + path.event.hex();
  }
  return {};
}

Result<LogFile> read_log_file(const store::Store& store, const LogPath& path) {
  switch (path.kind) {
    case Kind::checkpoint: {
      CARTELLA_TRY(auto note, store.signed_checkpoint());
      return LogFile{kText, std::move(note), false};
    }
    case Kind::tile: {
      CARTELLA_TRY(const auto tile, store.tile(path.level, path.index, path.width));
      return LogFile{kBinary, std::string(as_text(tile)), true};
    }
    case Kind::entries: {
      CARTELLA_TRY(auto entries, read_entries(store, path));
      return LogFile{kBinary, std::move(entries), true};
    }
    case Kind::proof: {
      CARTELLA_TRY(const auto position, store.position_of(path.event));
      CARTELLA_TRY(const auto proof, store.prove(position));
      return LogFile{kText, crypto::encode_proof(proof), false};
    }
  }
  return no_such_file();
}

Result<ConsistencyFile> read_consistency(const store::Store& store, std::uint64_t old_size,
                                         std::optional<std::uint64_t> new_size) {
  if (old_size == 0)
    return fail(Errc::invalid_argument, "a consistency proof starts from a tree of size 1 or more");
  ConsistencyFile found;
  found.file.content_type = kText;
  if (new_size) {
    found.tree_size = *new_size;
    found.file.is_immutable = true;
  } else {
    CARTELLA_TRY(const auto newest, store.checkpoint());
    found.tree_size = newest.size;
  }
  CARTELLA_TRY(const auto hashes, store.consistency(old_size, found.tree_size));
  for (const Hash32& hash : hashes) found.file.bytes += to_base64(hash) + "\n";
  return found;
}

}  // namespace cartella::api
