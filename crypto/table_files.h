// crypto/table_files.h: are the table files of a closed RocksDB directory as they were written?
//
// An opened database may merge small tables away at once, and with them the evidence: a flipped bit
// in a part that no read needs (a filter, a property) would vanish unseen. So verification asks
// here first, of a directory that nobody has open, and nothing is written. Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "crypto/secret.h"

namespace rocksdb {
class DB;
class EventListener;
class Logger;
struct DBOptions;
}  // namespace rocksdb

namespace cartella::crypto {

// Recomputes the checksum of every table file that the MANIFEST names and compares it with the one
// recorded there. `key` is the one of the directory's encrypted Env; null where files are plain.
// ok where there is no database yet. corrupt: names the file; io.
Status verify_table_files(const std::filesystem::path& database_dir, const Secret32* key);

// A consistent copy of an open database in `to`, which is made: tables by hard link, so that it
// costs nothing and must lie on the same file system; the small files as copies. What stands in
// memory is written to a table first. It holds what it holds until it is removed. io, out_of_space,
// corrupt.
Status snapshot_database(rocksdb::DB& database, const std::filesystem::path& to);

// For every database: each change of its list of tables makes a MANIFEST of its own, whole and
// synced before CURRENT names it. RocksDB would append to one, and where a power loss tears the
// last append over two pages, the database does not open any more. As each holds one state only, no
// room of megabytes is taken for it beforehand; and tables are opened by the thread that opens the
// database, where RocksDB would start fifteen for each family, however few tables it has.
void set_file_rules(rocksdb::DBOptions& options);

// For databases whose keys or values are nobody's business: RocksDB's own LOG, which is never
// encrypted, stays empty.
std::shared_ptr<rocksdb::Logger> silent_log();

// For every database: after an error RocksDB does not try to go on by itself. A database that
// stopped is opened anew (fail-stop), and what RocksDB 7.8 starts after a full disk can wait for
// ever for the thread that closes it.
std::shared_ptr<rocksdb::EventListener> no_recovery();

}  // namespace cartella::crypto
