#include "store/log_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "crypto/table_files.h"
#include "store/file_checksum.h"

namespace cartella::store {

namespace {

using rocksdb::ColumnFamilyOptions;

constexpr int kTableOpeners = 4;  // threads, when the log is opened

}  // namespace

rocksdb::DBOptions database_options(bool serves) {
  rocksdb::DBOptions options;
  options.avoid_flush_during_shutdown = !serves;  // of rows that were only wanted for a look
  options.create_if_missing = serves;
  options.create_missing_column_families = serves;
  options.paranoid_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.flush_verify_memtable_count = true;
  options.fail_if_options_file_error = true;
  options.max_bgerror_resume_count = 0;  // fail-stop: never retry on a file of unknown state
  options.listeners.push_back(crypto::no_recovery());
  crypto::set_file_rules(options);
  options.max_file_opening_threads = kTableOpeners;  // it has the most tables
  options.file_checksum_gen_factory = file_checksums();
  options.max_background_jobs = 4;  // 7.8.3 stalls with 8 and more (ledger.md 8)
  options.max_open_files = -1;
  options.allow_concurrent_memtable_write = false;  // one writer, so cheaper inserts
  options.enable_write_thread_adaptive_yield = false;
  options.two_write_queues = false;
  options.bytes_per_sync = 1 << 20;
  options.keep_log_file_num = 5;
  options.max_log_file_size = 8 << 20;
  return options;
}

ColumnFamilyOptions family_options(Family family, const rocksdb::BlockBasedTableOptions& common) {
  ColumnFamilyOptions options;
  options.compression = rocksdb::kNoCompression;  // ciphertext does not shrink
  options.force_consistency_checks = true;
  options.max_write_buffer_number = 2;
  options.write_buffer_size = 32ull << 20;
  rocksdb::BlockBasedTableOptions table = common;
  table.format_version = 5;
  switch (family) {
    case Family::bodies:
      options.write_buffer_size = 128ull << 20;
      table.block_size = 16 << 10;
      [[fallthrough]];
    case Family::leaves:
      // Positions only grow: the last insertion point is the next one, and a table that begins
      // where the one before ends is moved into the next level as it is, if it comes alone.
      options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(2));
      options.level0_file_num_compaction_trigger = 1;
      break;
    case Family::streams:
      options.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(16));
      [[fallthrough]];
    case Family::ids:
    case Family::claims:
      // Ids start with the time: the last insertion point of the same first byte is near.
      if (family == Family::ids)
        options.memtable_insert_with_hint_prefix_extractor.reset(
            rocksdb::NewFixedPrefixTransform(1));
      // Their keys have no order, so that a merge into a level rewrites all of it, for a few rows
      // each time. Runs of like size are merged instead.
      options.compaction_style = rocksdb::kCompactionStyleUniversal;
      // Most look-ups are for ids that do not exist yet, so they must end at a filter.
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      options.memtable_prefix_bloom_size_ratio = 0.02;  // 13 bits for each of 400,000 keys
      options.memtable_whole_key_filtering = true;
      break;
    case Family::tiles: table.block_size = 16 << 10; break;
    case Family::keys:
    case Family::checkpoints: options.write_buffer_size = 4ull << 20; break;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace cartella::store
