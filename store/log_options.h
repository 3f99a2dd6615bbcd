// store/log_options.h: how RocksDB keeps the log, and why so.
//
// Threads: free functions, any thread.
#pragma once

#include "store/keys.h"

namespace rocksdb {
struct BlockBasedTableOptions;
struct ColumnFamilyOptions;
struct DBOptions;
}  // namespace rocksdb

namespace cartella::store {

// `serves`: the log is written to, and made where it is missing; else it is only looked at.
rocksdb::DBOptions database_options(bool serves);
// `common` is what the tables of all families have in common: their cache.
rocksdb::ColumnFamilyOptions family_options(Family family,
                                            const rocksdb::BlockBasedTableOptions& common);

}  // namespace cartella::store
