// store/verify_work.h: what the checks of verify*.cc share: the log, the findings, the threads.
//
// Threads: Findings from any; VerifyWork is read by all while a pass runs.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "store/log_db.h"
#include "store/log_meta.h"
#include "store/verify.h"

namespace cartella::store {

// Keeps the first finding of each check.
class Findings {
 public:
  void add(VerifyCheck check, std::optional<std::uint64_t> position, std::string detail);
  bool has(VerifyCheck check) const;
  // Lowest position of a first finding of `checks` in [from, to).
  std::optional<std::uint64_t> lowest(std::initializer_list<VerifyCheck> checks, std::uint64_t from,
                                      std::uint64_t to) const;
  std::vector<VerifyFinding> sorted() const;

 private:
  Mutex<std::map<VerifyCheck, VerifyFinding>> x_first;
};

// A root that somebody vouches for besides the leaves.
struct KnownRoot {
  VerifyCheck check = VerifyCheck::tree;
  std::uint64_t size = 0;
  Hash32 root{};
  std::string what;
};

struct VerifyWork {
  const LogDb& db;
  const LogMeta& meta;
  const VerifyOptions& options;
  std::uint64_t size = 0;
  bool is_live = false;  // rows beyond `size` may appear at any time
  unsigned threads = 1;
  std::vector<KnownRoot> known_roots = {};
  Findings findings = {};
  std::atomic<std::uint64_t> signatures{0};
  std::atomic<std::uint64_t> erased_segments{0};
  std::atomic<std::uint64_t> revoked_later{0};
  std::atomic<std::uint64_t> tiles{0};
  std::atomic<std::uint64_t> checkpoints{0};
  std::atomic<std::uint64_t> streams{0};
  std::uint64_t journal_records = 0;
  std::uint64_t journal_healed = 0;  // of these, read from the mirror: the log's own disk lost them
};

// Runs `part` for 0 to count - 1 on `threads` threads, lowest first; the first error stops it.
Status run_parts(unsigned threads, std::uint64_t count,
                 const std::function<Status(std::uint64_t part)>& part);

// A damaged block is a finding; a disk that fails to read ends the verification.
Status note_read(VerifyWork& work, const Status& status, std::optional<std::uint64_t> position);

// Whether the cursor stands at this key.
bool stands_at(const LogCursor& cursor, ByteView key);

// The passes, in their order.
class VerifySigners;
class VerifySums;
class VerifyTree;
// The checksums of all tables, beside leaves, bodies, signatures and the tiles of level 0 over all
// positions. Adds the leaves to `sums` where they are given.
Status verify_files_and_events(VerifyWork& work, const VerifySigners& signers, VerifyTree& tree,
                               VerifySums* sums);
// Every row of the index of streams and of ids, both ways, leaf by leaf: where the sums differ.
Status verify_streams(VerifyWork& work);
Status verify_ids(VerifyWork& work);
// Stored checkpoints, known roots, and the checkpoint to compare with. The last pass, because a
// wrong root is explained by what the others found.
Status verify_roots(VerifyWork& work, const VerifySigners& signers, VerifyTree& tree);

}  // namespace cartella::store
