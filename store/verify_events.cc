#include <algorithm>
#include <array>
#include <optional>

#include "crypto/leaf.h"
#include "crypto/record.h"
#include "store/rows.h"
#include "store/tree_edge.h"
#include "store/verify_signers.h"
#include "store/verify_sums.h"
#include "store/verify_tree.h"
#include "store/verify_work.h"

namespace cartella::store {
namespace {

// 8 tiles: enough to make read-ahead worth while, and the last part, which one thread may be left
// alone with, takes a tenth of a second with all its signatures.
constexpr std::uint64_t kPartPositions = 8 * kTileWidth;

std::string at(std::uint64_t position) { return "position " + std::to_string(position); }

// One thread's walk over the positions of one part.
class EventsPart {
 public:
  EventsPart(VerifyWork& work, const VerifySigners& signers, VerifyTree& tree, VerifySums* sums,
             std::uint64_t from)
      : x_work(work),
        x_signers(signers),
        x_tree(tree),
        x_from(from),
        x_to(std::min(work.size, from + kPartPositions)),
        x_leaves(work.db.cursor(Family::leaves, LogDb::Walk::bulk)),
        x_bodies(work.db.cursor(Family::bodies, LogDb::Walk::bulk)) {
    if (sums != nullptr) x_sums.emplace(*sums);
  }

  Status run() {
    CARTELLA_TRY(load_time_before());
    x_leaves.seek(position_key(x_from));
    if (!x_work.options.tree_only) x_bodies.seek(position_key(x_from));
    for (std::uint64_t position = x_from; position < x_to; ++position) {
      CARTELLA_TRY(check_event(position));
      if (x_hashes.size() < kTileWidth && position + 1 < x_to) continue;
      // A tile with a leaf that is missing would differ in every hash.
      if (!x_is_missing) {
        CARTELLA_TRY(x_tree.set_tile(position / kTileWidth, x_hashes));
      }
      x_hashes.clear();
      x_is_missing = false;
    }
    if (x_sums) x_sums->finish();
    x_work.signatures += x_signatures;
    x_work.erased_segments += x_erased;
    x_work.revoked_later += x_revoked_later;
    return ok();
  }

 private:
  Status load_time_before() {
    if (x_from == 0) return ok();
    const auto before = load_leaf(x_work.db, x_from - 1);
    if (before) x_time = before.value().recorded_at;
    return ok();  // a fault in it is the other part's finding
  }

  // Moves the cursor to the row of `position`; false where there is none.
  Result<bool> reach(LogCursor& cursor, VerifyCheck check, std::uint64_t position,
                     const char* what) {
    const PositionKey key = position_key(position);
    CARTELLA_TRY(note_read(x_work, cursor.status(), position));
    while (cursor.valid() && std::ranges::lexicographical_compare(cursor.key(), key)) {
      x_work.findings.add(check, position, "an unknown row stands before " + at(position));
      cursor.next();
    }
    if (stands_at(cursor, key)) return true;
    // A damaged block ends the walk of a cursor; the positions behind it can still be looked at.
    if (!cursor.valid()) cursor.seek(key);
    if (stands_at(cursor, key)) return true;
    x_work.findings.add(check, position, std::string("the ") + what + " is missing");
    return false;
  }

  Status check_event(std::uint64_t position) {
    CARTELLA_TRY(const bool has_leaf, reach(x_leaves, VerifyCheck::leaves, position, "leaf"));
    bool has_body = false;
    if (!x_work.options.tree_only) {
      CARTELLA_TRY(has_body, reach(x_bodies, VerifyCheck::bodies, position, "body"));
    }
    if (has_leaf) {
      x_hashes.push_back(crypto::leaf_hash(x_leaves.value()));
      check_leaf(position, has_body);
      x_leaves.next();
    } else {
      x_hashes.emplace_back();
      x_is_missing = true;
    }
    if (has_body) x_bodies.next();
    return ok();
  }

  void check_leaf(std::uint64_t position, bool has_body) {
    auto decoded = crypto::decode_leaf(x_leaves.value());
    if (!decoded) return add(VerifyCheck::leaves, position, decoded.error().detail);
    const crypto::Leaf& leaf = decoded.value();
    if (leaf.position != position) {
      return add(VerifyCheck::leaves, position, "the leaf is that of " + at(leaf.position));
    }
    if (leaf.recorded_at < x_time) {
      add(VerifyCheck::times, position, "it was recorded before its predecessor");
    }
    x_time = leaf.recorded_at;
    if (x_sums) x_sums->add(leaf, x_hashes.back());
    if (x_work.options.tree_only) return;
    bool is_revoked_later = false;
    const auto fault = x_signers.check(leaf, is_revoked_later);
    if (fault) add(VerifyCheck::signatures, position, *fault);
    if (is_revoked_later) ++x_revoked_later;
    if (!fault && leaf.kind != schema::LeafKind::access) ++x_signatures;
    if (has_body) check_body_of(leaf);
  }

  void check_body_of(const crypto::Leaf& leaf) {
    const Status decoded = crypto::decode_body(x_bodies.value(), x_event.body);
    if (!decoded) return add(VerifyCheck::bodies, leaf.position, decoded.error().detail);
    x_event.leaf = leaf;
    const crypto::StoredEvent& event = x_event;
    const Status checked = crypto::check_body(event);
    if (!checked) return add(VerifyCheck::bodies, leaf.position, checked.error().detail);
    const bool is_sealed = crypto::is_sealed(leaf.kind);
    for (std::size_t i = 0; i < event.body.segments.size(); ++i) {
      const Bytes& stored = event.body.segments[i];
      if (stored.empty()) {
        // Nothing erases what is clear: a revocation that was emptied must not pass for erased.
        if (!is_sealed) return add(VerifyCheck::bodies, leaf.position, "a clear segment is gone");
        ++x_erased;
        continue;
      }
      const auto head = crypto::segment_head(stored);
      if (!head) return add(VerifyCheck::bodies, leaf.position, head.error().detail);
      if (head.value().algorithm != 0) continue;
      if (is_sealed) return add(VerifyCheck::bodies, leaf.position, "a segment is not sealed");
      const auto clear = crypto::open_clear_segment(stored);
      if (!clear || clear.value().commitment != event.body.stubs[i].commitment) {
        return add(VerifyCheck::bodies, leaf.position,
                   "a clear segment does not match its commitment");
      }
    }
  }

  void add(VerifyCheck check, std::uint64_t position, std::string detail) {
    x_work.findings.add(check, position, std::move(detail));
  }

  VerifyWork& x_work;
  const VerifySigners& x_signers;
  VerifyTree& x_tree;
  const std::uint64_t x_from;
  const std::uint64_t x_to;
  LogCursor x_leaves;
  LogCursor x_bodies;
  std::optional<VerifySums::Leaves> x_sums;
  crypto::StoredEvent x_event;  // its room is used again
  std::vector<Hash32> x_hashes;
  bool x_is_missing = false;
  TimeUs x_time{};
  std::uint64_t x_signatures = 0;
  std::uint64_t x_erased = 0;
  std::uint64_t x_revoked_later = 0;
};

// Rows at and after the size of a closed log.
Status check_nothing_beyond(VerifyWork& work) {
  for (const Family family : {Family::leaves, Family::bodies}) {
    LogCursor cursor = work.db.cursor(family, LogDb::Walk::bulk);
    cursor.seek(position_key(work.size));
    CARTELLA_TRY(note_read(work, cursor.status(), work.size));
    if (cursor.valid()) {
      work.findings.add(family == Family::leaves ? VerifyCheck::leaves : VerifyCheck::bodies,
                        work.size, "there are rows beyond the end of the log");
    }
  }
  return ok();
}

}  // namespace

Status verify_files_and_events(VerifyWork& work, const VerifySigners& signers, VerifyTree& tree,
                               VerifySums* sums) {
  const std::uint64_t parts = (work.size + kPartPositions - 1) / kPartPositions;
  Mutex<std::uint64_t> done(std::uint64_t{0});
  // RocksDB reads the tables on one thread, so that is one part more, the first because the
  // longest.
  CARTELLA_TRY(run_parts(work.threads, 1 + parts, [&](std::uint64_t part) -> Status {
    if (part == 0) return note_read(work, work.db.verify_files(), std::nullopt);
    const std::uint64_t from = (part - 1) * kPartPositions;
    CARTELLA_TRY(EventsPart(work, signers, tree, sums, from).run());
    done.with([&](std::uint64_t& count) {
      count += std::min(kPartPositions, work.size - from);
      if (work.options.progress) work.options.progress(count, work.size);
    });
    return ok();
  }));
  if (work.is_live) return ok();
  return check_nothing_beyond(work);
}

}  // namespace cartella::store
