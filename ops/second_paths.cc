#include "ops/second_paths.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "crypto/hash.h"
#include "store/file_io.h"

namespace cartella::ops {

namespace {

constexpr const char* kFile = "second-paths.json";
constexpr std::uint64_t kFileBytesMax = 64 * 1024;
constexpr const char* kDrill = "drill";
constexpr const char* kHeadCopy = "head-copy";
constexpr const char* kJournalMirror = "journal-mirror";
constexpr const char* kDigest = "sha256";

bool is_inside(const std::filesystem::path& path, const std::filesystem::path& dir) {
  const auto parts = std::mismatch(dir.begin(), dir.end(), path.begin(), path.end());
  return parts.first == dir.end();
}

Result<std::filesystem::path> canonical_path(const std::filesystem::path& path) {
  std::error_code error;
  auto found = std::filesystem::weakly_canonical(path, error);
  if (error) return fail(Errc::io, "il percorso " + path.string() + " non si legge");
  return found;
}

Result<std::filesystem::path> outside(const std::filesystem::path& dir,
                                      const std::filesystem::path& path, const char* name,
                                      const char* of = "dalla cartella dei dati") {
  if (path.empty()) return path;
  CARTELLA_TRY(auto at, canonical_path(path));
  if (dir.empty()) return at;
  CARTELLA_TRY(auto data, canonical_path(dir));
  if (is_inside(at, data) || is_inside(data, at))
    return fail(Errc::invalid_argument, std::string(name) + " deve stare fuori " + of + " (" +
                                            data.string() + "), e non contenerla");
  return at;
}

std::string digest_of(const SecondPaths& paths) {
  static constexpr std::array<std::uint8_t, 1> kEnd{0};
  return to_hex(crypto::sha256(
      {as_bytes(paths.head_copy.native()), kEnd, as_bytes(paths.journal_mirror.native()), kEnd}));
}

Error not_written() { return fail(Errc::corrupt, std::string(kFile) + " is not what init wrote"); }

Result<std::filesystem::path> path_in(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return std::filesystem::path{};
  if (!value->is_string()) return not_written();
  return std::filesystem::path(std::string(value->as_string()));
}

Status is_there(const std::filesystem::path& path, const char* name) {
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return ok();
  return fail(Errc::unavailable,
              "manca la cartella " + path.string() + ": il suo disco è montato? (" + name + ")");
}

}  // namespace

Result<SecondPaths> second_paths_for(const std::filesystem::path& dir,
                                     const std::filesystem::path& head_copy,
                                     const std::filesystem::path& journal_mirror) {
  SecondPaths paths;
  CARTELLA_TRY(paths.head_copy, outside(dir, head_copy, "la seconda cartella"));
  CARTELLA_TRY(paths.journal_mirror, outside(dir, journal_mirror, "--journal-mirror"));
  CARTELLA_TRY(
      outside(paths.head_copy, paths.journal_mirror, "--journal-mirror", "dalla seconda cartella"));
  return paths;
}

Status write_second_paths(const std::filesystem::path& dir, const SecondPaths& paths) {
  boost::json::object object;
  if (!paths.head_copy.empty()) object[kHeadCopy] = paths.head_copy.string();
  if (!paths.journal_mirror.empty()) object[kJournalMirror] = paths.journal_mirror.string();
  object[kDigest] = digest_of(paths);
  for (const auto& path : {paths.head_copy, paths.journal_mirror}) {
    if (path.empty()) continue;
    CARTELLA_TRY(store::make_directories(path));
  }
  return store::replace_file(dir / kFile, as_bytes(boost::json::serialize(object)));
}

Result<SecondPaths> read_second_paths(const std::filesystem::path& dir) {
  const auto content = store::read_file(dir / kFile, kFileBytesMax);
  if (!content && content.error().code == Errc::not_found) {
    std::error_code error;
    if (!std::filesystem::exists(dir / "vault", error)) return SecondPaths{};
    return fail(Errc::corrupt, std::string(kFile) + " is missing");
  }
  if (!content && content.error().code == Errc::invalid_input) return not_written();
  if (!content) return content.error();
  boost::system::error_code error;
  const auto value = boost::json::parse(as_text(content.value()), error);
  if (error || !value.is_object()) return not_written();
  const boost::json::object& object = value.as_object();
  SecondPaths paths;
  CARTELLA_TRY(paths.head_copy, path_in(object, kHeadCopy));
  CARTELLA_TRY(paths.journal_mirror, path_in(object, kJournalMirror));
  const auto* digest = object.if_contains(kDigest);
  if (digest == nullptr || !digest->is_string() || digest->as_string() != digest_of(paths))
    return not_written();
  CARTELLA_TRY(is_there(paths.head_copy, kHeadCopy));
  CARTELLA_TRY(is_there(paths.journal_mirror, kJournalMirror));
  return paths;
}

Result<std::filesystem::path> keeping_folder(const std::filesystem::path& dir) {
  CARTELLA_TRY(const auto paths, read_second_paths(dir));
  return paths.head_copy.empty() ? dir / "head" : paths.head_copy;
}

bool is_drill(const std::filesystem::path& dir) {
  std::error_code error;
  return std::filesystem::exists(dir / kDrill, error);
}

Status mark_drill(const std::filesystem::path& dir) {
  return store::replace_file(dir / kDrill, {});
}

Status check_apart(const std::filesystem::path& dir, const std::filesystem::path& path,
                   const char* name, const char* of) {
  CARTELLA_TRY(outside(dir, path, name, of));
  return ok();
}

}  // namespace cartella::ops
