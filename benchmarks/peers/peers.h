// benchmarks/peers/peers.h: the same appends on systems that others would use instead.
//
// Threads: as System says; these interfaces block.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "benchmarks/bench.h"

namespace cartella::bench {

// An event table with unique (stream, revision); one INSERT a transaction.
std::unique_ptr<System> make_postgres_table(const std::string& connection);
// A stored function that takes an advisory lock for the category, reads the stream's last revision,
// compares it with the expected one and inserts: the way message-db works, written anew.
std::unique_ptr<System> make_postgres_category(const std::string& connection);
// One Put with sync = true a request, key = stream and revision; RocksDB groups waiting writers.
std::unique_ptr<System> make_plain_rocksdb(const std::filesystem::path& dir);

}  // namespace cartella::bench
