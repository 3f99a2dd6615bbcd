#include "benchmarks/disk_use.h"

#include <rocksdb/db.h>
#include <rocksdb/metadata.h>
#include <rocksdb/options.h>

#include <memory>

#include "benchmarks/bench.h"

namespace cartella::bench {

std::vector<std::pair<std::string, std::uint64_t>> bytes_by_family(
    const std::filesystem::path& dir) {
  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies({}, dir.string(), &names).ok())
    stop("the column families cannot be listed");
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::OpenForReadOnly({}, dir.string(), families, &handles, &opened).ok())
    stop("the index cannot be opened");
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<std::pair<std::string, std::uint64_t>> found;
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    rocksdb::ColumnFamilyMetaData about;
    db->GetColumnFamilyMetaData(handle, &about);
    found.emplace_back(handle->GetName(), about.size);
    (void)db->DestroyColumnFamilyHandle(handle);
  }
  return found;
}

}  // namespace cartella::bench
