#include "store/restored_mirror.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "store/file_io.h"

namespace cartella::store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMarker = "restore.incomplete";
constexpr std::string_view kAside = "before-restore";
constexpr std::string_view kMoving = "before-restore.new";  // not every file is there yet

// The list of segments, its next version while it is written, and NNNNNN.seg.
bool is_journal_name(std::string_view name) {
  if (name == "segments" || name == "segments.new") return true;
  if (!name.ends_with(".seg") || name.size() < 10) return false;
  name.remove_suffix(4);
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

struct Contents {
  std::vector<std::string> journal;  // names of its files
  bool is_marked = false;
  bool has_aside = false;
  bool has_moving = false;
};

Result<Contents> look_into(const fs::path& mirror) {
  Contents found;
  std::error_code error;
  if (!fs::exists(mirror, error) && !error) return found;
  if (!fs::is_directory(mirror, error))
    return fail(Errc::invalid_argument, mirror.string() + " is not a folder");
  CARTELLA_TRY(const auto names, names_in(mirror));
  for (const std::string& name : names) {
    const auto kind = fs::symlink_status(mirror / name, error).type();
    if (kind == fs::file_type::regular && is_journal_name(name)) {
      found.journal.push_back(name);
    } else if (kind == fs::file_type::regular && name == kMarker) {
      found.is_marked = true;
    } else if (kind == fs::file_type::regular && name == std::string(kMarker) + ".new") {
      continue;  // of a write that was interrupted: the next one replaces it
    } else if (kind == fs::file_type::directory && name == kAside) {
      found.has_aside = true;
    } else if (kind == fs::file_type::directory && name == kMoving) {
      found.has_moving = true;
    } else {
      return fail(Errc::invalid_argument,
                  mirror.string() + " holds " + name + ", which no mirror of a journal has");
    }
  }
  return found;
}

Result<Contents> usable(const fs::path& mirror) {
  CARTELLA_TRY(auto found, look_into(mirror));
  if (found.has_aside && !found.is_marked && !found.journal.empty())
    return fail(Errc::invalid_argument,
                mirror_before_restore(mirror).string() +
                    " holds the mirror that an earlier restore found: move or destroy it first");
  return found;
}

Status move_aside(const fs::path& mirror, const std::vector<std::string>& names) {
  CARTELLA_TRY(make_directories(mirror / kMoving));
  std::error_code error;
  for (const std::string& name : names) {
    fs::rename(mirror / name, mirror / kMoving / name, error);
    if (error) return fail(Errc::io, "cannot move " + (mirror / name).string());
  }
  CARTELLA_TRY(fsync_dir(mirror / kMoving));
  return fsync_dir(mirror);
}

}  // namespace

fs::path mirror_before_restore(const fs::path& mirror) { return mirror / kAside; }

Status check_mirror(const fs::path& mirror) {
  CARTELLA_TRY(usable(mirror));
  return ok();
}

Status set_mirror_aside(const fs::path& mirror) {
  CARTELLA_TRY(make_directories(mirror));
  CARTELLA_TRY(const auto found, usable(mirror));
  std::error_code error;
  const bool is_older = found.has_moving || (!found.is_marked && !found.journal.empty());
  if (is_older) {
    CARTELLA_TRY(move_aside(mirror, found.journal));
  }
  // From here on what a journal has was made by this restore.
  CARTELLA_TRY(replace_file(mirror / kMarker, {}));
  if (is_older) {
    fs::rename(mirror / kMoving, mirror / kAside, error);
    if (error) return fail(Errc::io, "cannot set aside what is in " + mirror.string());
    return fsync_dir(mirror);
  }
  for (const std::string& name : found.journal) {
    fs::remove(mirror / name, error);
    if (error) return fail(Errc::io, "cannot remove " + (mirror / name).string());
  }
  return fsync_dir(mirror);
}

Result<bool> finish_mirror(const fs::path& mirror) {
  std::error_code error;
  fs::remove(mirror / kMarker, error);
  if (error) return fail(Errc::io, "cannot finish " + mirror.string());
  CARTELLA_TRY(fsync_dir(mirror));
  return fs::exists(mirror / kAside, error);
}

}  // namespace cartella::store
