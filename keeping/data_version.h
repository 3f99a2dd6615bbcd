// keeping/data_version.h: which layout of the data directory its files are in.
//
// Records, rows and small files carry versions of their own. This one is for the directory as a
// whole: an older program must not open what a newer one changed (F-28). No file means layout 1.
// Threads: free functions.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace cartella::keeping {

inline constexpr std::uint32_t kDataVersion = 1;  // that this build writes

// corrupt: the file holds no number; io.
Result<std::uint32_t> read_data_version(const std::filesystem::path& data_dir);
// unsupported: a newer build wrote it. What read_data_version returns.
Status check_data_version(const std::filesystem::path& data_dir);
// io, out_of_space.
Status write_data_version(const std::filesystem::path& data_dir);

}  // namespace cartella::keeping
