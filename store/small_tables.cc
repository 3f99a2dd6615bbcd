#include "store/small_tables.h"

#include <rocksdb/db.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>

#include <optional>
#include <string>
#include <vector>

namespace cartella::store {

namespace {

constexpr std::uint64_t kSmallBytes = 16ull << 20;
constexpr std::uint64_t kJoinedBytesMax = 256ull << 20;
constexpr std::size_t kRunMin = 16;

struct Run {
  std::vector<std::string> names;
  int level = 0;
};

// The first run that is long enough. Tables of level 0 are moved down before they are joined.
std::optional<Run> find_run(const rocksdb::ColumnFamilyMetaData& tables) {
  for (const rocksdb::LevelMetaData& level : tables.levels) {
    if (level.level == 0) continue;
    Run run{{}, level.level};
    std::uint64_t bytes = 0;
    for (const rocksdb::SstFileMetaData& table : level.files) {
      const bool joins = table.size < kSmallBytes && bytes + table.size <= kJoinedBytesMax;
      if (!joins && run.names.size() >= kRunMin) break;
      if (!joins) {
        run.names.clear();
        bytes = 0;
        continue;
      }
      run.names.push_back(table.name);
      bytes += table.size;
    }
    if (run.names.size() >= kRunMin) return run;
  }
  return std::nullopt;
}

}  // namespace

Status join_small_tables(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family) {
  rocksdb::ColumnFamilyMetaData tables;
  db.GetColumnFamilyMetaData(&family, &tables);
  const auto run = find_run(tables);
  if (!run) return ok();
  rocksdb::CompactionOptions options;
  options.compression = rocksdb::kNoCompression;
  const rocksdb::Status joined = db.CompactFiles(options, &family, run->names, run->level);
  if (joined.ok() || joined.IsAborted() || joined.IsInvalidArgument()) return ok();
  const std::string detail = "joining small tables: " + joined.ToString();
  if (joined.IsNoSpace()) return fail(Errc::out_of_space, detail);
  return fail(joined.IsCorruption() ? Errc::corrupt : Errc::io, detail);
}

}  // namespace cartella::store
