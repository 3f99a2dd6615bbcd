#include "store/small_tables.h"

#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace cartella::store {

namespace {

constexpr std::uint64_t kSmallBytes = 4ull << 20;
constexpr std::uint64_t kJoinedBytesMax = 64ull << 20;
constexpr std::size_t kRunMin = 16;

struct Run {
  int level = 0;
  std::vector<std::string> names;
  std::vector<std::string> paths;
  std::uint64_t bytes = 0;

  void add(const rocksdb::SstFileMetaData& table) {
    names.push_back(table.name);
    paths.push_back(table.db_path + table.name);
    bytes += table.size;
  }
};

// The first run that is long enough. Tables of level 0 are moved down before they are joined.
std::optional<Run> find_run(const rocksdb::ColumnFamilyMetaData& tables) {
  for (const rocksdb::LevelMetaData& level : tables.levels) {
    if (level.level == 0) continue;
    Run run{level.level, {}, {}, 0};
    for (const rocksdb::SstFileMetaData& table : level.files) {
      if (table.size < kSmallBytes && run.bytes + table.size <= kJoinedBytesMax) {
        run.add(table);
      } else if (run.names.size() >= kRunMin) {
        break;
      } else {
        run = Run{level.level, {}, {}, 0};
      }
    }
    if (run.names.size() >= kRunMin) return run;
  }
  return std::nullopt;
}

// A damaged block met while tables are written would stop the database.
bool is_whole(const rocksdb::DB& db, const Run& run) {
  const rocksdb::Options options = db.GetOptions();
  return std::ranges::all_of(run.paths, [&options](const std::string& path) {
    return rocksdb::VerifySstFileChecksum(options, rocksdb::EnvOptions(), path).ok();
  });
}

}  // namespace

Status join_small_tables(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family,
                         std::uint64_t room_bytes) {
  rocksdb::ColumnFamilyMetaData tables;
  db.GetColumnFamilyMetaData(&family, &tables);
  const auto run = find_run(tables);
  if (!run || run->bytes > room_bytes || !is_whole(db, *run)) return ok();
  rocksdb::CompactionOptions options;
  options.compression = rocksdb::kNoCompression;
  const rocksdb::Status joined = db.CompactFiles(options, &family, run->names, run->level);
  if (joined.ok() || joined.IsAborted() || joined.IsInvalidArgument() || joined.IsNoSpace())
    return ok();
  return fail(joined.IsCorruption() ? Errc::corrupt : Errc::io,
              "joining small tables: " + joined.ToString());
}

}  // namespace cartella::store
