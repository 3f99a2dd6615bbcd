// store/small_tables.h: joins the small tables that restarts leave.
//
// A family whose rows come in the order of their keys is not merged while nothing is overwritten:
// each of its tables begins where the one before ends, so RocksDB moves it down as it is. That
// writes every row once, but a process that ends after a few events leaves a table of a few events
// for ever, and all tables are kept open. So runs of small neighbours are written as one when a log
// is opened.
// Threads: before the database is used by others.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace rocksdb {
class ColumnFamilyHandle;
class DB;
}  // namespace rocksdb

namespace cartella::store {

// Nothing happens while there are fewer than 16 small tables (below 4 MiB) side by side in a level;
// at most 64 MiB are written, and never more than `room_bytes`. What RocksDB is moving just then,
// or has a damaged block, stays as it is: a read or verify says so, not an opening. io, corrupt.
Status join_small_tables(rocksdb::DB& db, rocksdb::ColumnFamilyHandle& family,
                         std::uint64_t room_bytes);

}  // namespace cartella::store
