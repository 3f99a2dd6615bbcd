// ops/second_paths.h: where a store keeps what must not lie on the disk of its data directory.
//
// The head copy tells an older copy of the directory from the present one; the journal mirror heals
// records that one disk lost (ledger.md 4). `init` writes <data>/second-paths.json once, also where
// there are none, with the SHA-256 of the paths; every open reads it, so that no start can forget
// them: a store without its file is damaged.
// Threads: free functions.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace cartella::ops {

// Absolute paths; empty: the head copy lies in the data directory, and there is no mirror.
struct SecondPaths {
  std::filesystem::path head_copy;
  std::filesystem::path journal_mirror;
};

// invalid_argument: two of them and the data directory lie in one another.
Result<SecondPaths> second_paths_for(const std::filesystem::path& dir,
                                     const std::filesystem::path& head_copy,
                                     const std::filesystem::path& journal_mirror);
// io, out_of_space.
Status write_second_paths(const std::filesystem::path& dir, const SecondPaths& paths);
// Both empty where init was given none, or where there is no store. corrupt: the file is missing or
// not what init wrote; unavailable: a path is not there (a disk that is not mounted must not be
// taken for an empty one); io.
Result<SecondPaths> read_second_paths(const std::filesystem::path& dir);

// What lies beside the log for those who come after a loss: the second path, or <data>/head where
// there is none. As read_second_paths.
Result<std::filesystem::path> keeping_folder(const std::filesystem::path& dir);
// A restore drill's copy is marked, so that nobody works in it.
bool is_drill(const std::filesystem::path& dir);
// io, out_of_space.
Status mark_drill(const std::filesystem::path& dir);
// invalid_argument: the path lies in `dir`, or the other way round; `name` is the option's, `of`
// says what `dir` is. Nothing lies in an empty path.
Status check_apart(const std::filesystem::path& dir, const std::filesystem::path& path,
                   const char* name, const char* of = "dalla cartella dei dati");

}  // namespace cartella::ops
