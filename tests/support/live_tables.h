// tests/support/live_tables.h: which table files of a RocksDB are in use.
//
// RocksDB removes obsolete tables some time later, so a test that damages files on disk asks which
// of them matter.
// Threads: any.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace cartella::tests {

// Empty when the database does not open. The database may be open elsewhere in this process.
inline std::vector<rocksdb::LiveFileMetaData> tables_of(const std::filesystem::path& dir,
                                                        rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, dir.string(), &names).ok()) return {};
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) families.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::OpenForReadOnly(options, dir.string(), families, &handles, &opened).ok())
    return {};
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  return files;
}

inline std::vector<std::filesystem::path> live_tables(const std::filesystem::path& dir,
                                                      rocksdb::Env* env) {
  std::vector<std::filesystem::path> paths;
  for (const auto& file : tables_of(dir, env)) paths.push_back(dir / file.name.substr(1));
  return paths;
}

}  // namespace cartella::tests
