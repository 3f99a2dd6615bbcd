// store/restored_mirror.h: the journal mirror of a restored log, in a folder that may hold an older
// mirror.
//
// An older mirror may have committed events that are newer than the backup, so it is not removed:
// its files move to <mirror>/before-restore, on the same disk, and stay there until somebody
// destroys them: sealed bytes of people who were erased since may be among them. Until the restore
// is finished the folder holds `restore.incomplete`; a repeated restore removes only what the
// interrupted one made. Nothing in it is touched but files that a mirror has.
// Threads: one, while no store has the mirror open.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace cartella::store {

// Whether it can be made ready: it is missing or empty, or holds a mirror and nothing else. Changes
// nothing. invalid_argument: it is no folder, something else is there, or an older mirror stands in
// before-restore already. io.
Status check_mirror(const std::filesystem::path& mirror);
// Makes it ready for a new journal. What check_mirror returns; io, out_of_space.
Status set_mirror_aside(const std::filesystem::path& mirror);
// The restore has succeeded. Answers whether an older mirror stands in before-restore. io.
Result<bool> finish_mirror(const std::filesystem::path& mirror);
// <mirror>/before-restore.
std::filesystem::path mirror_before_restore(const std::filesystem::path& mirror);

}  // namespace cartella::store
