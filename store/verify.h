// store/verify.h: checks a whole log without any key: bytes, tree, chains, signatures, indexes.
//
// Whoever distrusts the server, its disk or its operator runs this; it trusts the log's public key
// and nothing else. Damage is not an error of the call but a finding in the report, with the first
// position where each check fails. Contents are not opened: that they match their commitments after
// decryption is the feeder's check.
// Threads: uses all cores; memory stays under a cap, whatever the size of the log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/store.h"

namespace cartella::store {

enum class VerifyCheck : std::uint8_t {
  files,        // RocksDB's files against the checksums taken when they were written
  journal,      // the chain of records, and that rows equal what was journalled
  genesis,      // position 0 says which log this is
  leaves,       // there, in order, well formed, at their position
  times,        // recorded_at never goes back
  bodies,       // stubs against the leaf, segments against the stubs, clear segments in full
  tree,         // leaf hashes against tiles, tiles against each other, known roots
  checkpoints,  // signed by the log key, of this tree, not beyond it
  signatures,   // of every event, by a key that was enrolled and not revoked
  streams,      // revisions without a gap, previous leaf hashes, the index of streams
  ids,          // every id once, the index of ids, receipts of calls
  rollback,     // a checkpoint is known that is larger than the log
};
std::string_view verify_check_name(VerifyCheck check);

struct VerifyOptions {
  unsigned threads = 0;                           // 0: one per core
  std::uint64_t memory_bytes_max = 256ull << 20;  // working memory, besides the block cache
  bool tree_only = false;                         // leaves, tree, checkpoints and rollback only
  // A checkpoint of this log that was kept elsewhere: the log must contain its tree.
  std::optional<std::string> against;
  // Called now and then, from one thread at a time: events done, events in all.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;
  StoreOptions store;  // where the head copy and the mirror are
};

struct VerifyFinding {
  VerifyCheck check = VerifyCheck::leaves;
  std::optional<std::uint64_t> position;  // the first bad one; empty where it cannot be known
  std::string detail;
};

struct VerifyReport {
  std::string origin;
  std::uint64_t size = 0;
  Hash32 root{};                      // recomputed from the leaves
  std::uint64_t signatures = 0;       // that verified
  std::uint64_t erased_segments = 0;  // lawfully gone; their commitments stand
  std::uint64_t revoked_later = 0;    // signed before a revocation that was dated back
  std::uint64_t tiles = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t streams = 0;
  std::uint64_t journal_records = 0;
  std::uint64_t journal_healed = 0;  // of these, read from the mirror: the log's own disk lost them
  std::vector<VerifyFinding> findings;  // by position; of each check the first one
  bool is_sound() const { return findings.empty(); }
};

// A closed store. Rows that stand only in the journal, after a crash, are first added to the index,
// as a start would do; rows that are there are compared, not repaired. in_use, not_found, io,
// corrupt (so damaged that it cannot be opened), unsupported.
Result<VerifyReport> verify_log(const std::filesystem::path& dir, const VerifyOptions& options);
// A store in use, up to its present size, while appends go on. The journal is not compared.
Result<VerifyReport> verify_log(const Store& store, const VerifyOptions& options);

}  // namespace cartella::store
