// benchmarks/disk_use.h: where the bytes of a log on disk are.
//
// Threads: free functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cartella::bench {

// Bytes of the tables of each column family of a closed RocksDB; ends the program where it cannot
// be opened. Changes nothing.
std::vector<std::pair<std::string, std::uint64_t>> bytes_by_family(
    const std::filesystem::path& dir);

}  // namespace cartella::bench
