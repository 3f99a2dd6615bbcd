#include "ops/second_paths.h"

#include <algorithm>
#include <boost/json.hpp>

#include "store/file_io.h"

namespace cartella::ops {

namespace {

constexpr const char* kFile = "second-paths.json";
constexpr std::uint64_t kFileBytesMax = 64 * 1024;
constexpr const char* kHeadCopy = "head-copy";
constexpr const char* kJournalMirror = "journal-mirror";

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
                                      const std::filesystem::path& path, const char* name) {
  if (path.empty()) return path;
  CARTELLA_TRY(auto at, canonical_path(path));
  CARTELLA_TRY(auto data, canonical_path(dir));
  if (is_inside(at, data) || is_inside(data, at))
    return fail(Errc::invalid_argument,
                std::string("--") + name + " deve stare fuori dalla cartella dei dati");
  return at;
}

Result<std::filesystem::path> path_in(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return std::filesystem::path{};
  if (!value->is_string() || !std::filesystem::path(value->as_string().c_str()).is_absolute())
    return fail(Errc::corrupt, std::string(kFile) + ": " + name + " is no absolute path");
  std::filesystem::path path(value->as_string().c_str());
  std::error_code error;
  if (!std::filesystem::is_directory(path, error))
    return fail(Errc::unavailable,
                "manca la cartella " + path.string() + ": il suo disco è montato? (" + name + ")");
  return path;
}

}  // namespace

Result<SecondPaths> second_paths_for(const std::filesystem::path& dir,
                                     const std::filesystem::path& head_copy,
                                     const std::filesystem::path& journal_mirror) {
  SecondPaths paths;
  CARTELLA_TRY(paths.head_copy, outside(dir, head_copy, kHeadCopy));
  CARTELLA_TRY(paths.journal_mirror, outside(dir, journal_mirror, kJournalMirror));
  if (!paths.head_copy.empty() && paths.head_copy == paths.journal_mirror)
    return fail(Errc::invalid_argument, "--head-copy e --journal-mirror sono la stessa cartella");
  return paths;
}

Status write_second_paths(const std::filesystem::path& dir, const SecondPaths& paths) {
  boost::json::object object;
  if (!paths.head_copy.empty()) object[kHeadCopy] = paths.head_copy.string();
  if (!paths.journal_mirror.empty()) object[kJournalMirror] = paths.journal_mirror.string();
  if (object.empty()) return ok();
  for (const auto& path : {paths.head_copy, paths.journal_mirror}) {
    if (path.empty()) continue;
    CARTELLA_TRY(store::make_directories(path));
  }
  const std::string text = boost::json::serialize(object) + "\n";
  return store::replace_file(dir / kFile, as_bytes(text));
}

Result<SecondPaths> read_second_paths(const std::filesystem::path& dir) {
  const auto content = store::read_file(dir / kFile, kFileBytesMax);
  if (!content && content.error().code == Errc::not_found) return SecondPaths{};
  if (!content && content.error().code == Errc::invalid_input)
    return fail(Errc::corrupt, std::string(kFile) + " is too long");
  if (!content) return content.error();
  boost::system::error_code error;
  const std::string_view text(reinterpret_cast<const char*>(content.value().data()),
                              content.value().size());
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_object())
    return fail(Errc::corrupt, std::string(kFile) + " is not what init wrote");
  // A damaged name must not read as a path that was never given.
  for (const auto& [name, path] : value.as_object())
    if (name != kHeadCopy && name != kJournalMirror)
      return fail(Errc::corrupt, std::string(kFile) + " is not what init wrote");
  SecondPaths paths;
  CARTELLA_TRY(paths.head_copy, path_in(value.as_object(), kHeadCopy));
  CARTELLA_TRY(paths.journal_mirror, path_in(value.as_object(), kJournalMirror));
  return paths;
}

}  // namespace cartella::ops
