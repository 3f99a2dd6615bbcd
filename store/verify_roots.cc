#include <algorithm>

#include "store/verify_signers.h"
#include "store/verify_tree.h"
#include "store/verify_work.h"

namespace cartella::store {
namespace {

constexpr std::size_t kBatchNotes = 1024;

struct StoredNote {
  std::uint64_t size = 0;
  std::string text;
};

// Compares roots with the recomputed tree; the first wrong one lies behind the last right one.
class RootChecks {
 public:
  RootChecks(VerifyWork& work, const VerifySigners& signers, const VerifyTree& tree)
      : x_work(work), x_signers(signers), x_tree(tree) {}

  Status known_roots() {
    std::vector<KnownRoot>& roots = x_work.known_roots;
    std::stable_sort(roots.begin(), roots.end(),
                     [](const KnownRoot& a, const KnownRoot& b) { return a.size < b.size; });
    for (const KnownRoot& known : roots) {
      CARTELLA_TRY(const bool is_right, matches(known.size, known.root));
      note(is_right, known);
    }
    return ok();
  }

  Status stored_checkpoints() {
    LogCursor cursor = x_work.db.cursor(Family::checkpoints, LogDb::Walk::bulk);
    std::vector<StoredNote> batch;
    for (cursor.seek({}); cursor.valid(); cursor.next()) {
      if (cursor.key().size() != sizeof(PositionKey)) {
        x_work.findings.add(VerifyCheck::checkpoints, std::nullopt,
                            "a row of the checkpoints is malformed");
        continue;
      }
      const std::uint64_t size = load_be64(cursor.key().data());
      if (x_work.is_live && size > x_work.size) continue;
      batch.push_back({size, std::string(as_text(cursor.value()))});
      if (batch.size() == kBatchNotes) {
        CARTELLA_TRY(check_batch(batch));
      }
    }
    CARTELLA_TRY(note_read(x_work, cursor.status(), std::nullopt));
    return check_batch(batch);
  }

  Status against(const std::string& text) {
    const auto opened = x_signers.open_checkpoint(text);
    if (!opened) {
      x_work.findings.add(VerifyCheck::checkpoints, std::nullopt,
                          "the checkpoint to compare with is not one of this log");
      return ok();
    }
    const KnownRoot known{VerifyCheck::checkpoints, opened.value().size, opened.value().root,
                          "the checkpoint to compare with"};
    CARTELLA_TRY(const bool is_right, matches(known.size, known.root));
    note(is_right, known);
    return ok();
  }

 private:
  // Larger than the log: wrong.
  Result<bool> matches(std::uint64_t size, const Hash32& root) const {
    if (size > x_work.size) return false;
    CARTELLA_TRY(const Hash32 computed, x_tree.root_at(size));
    return computed == root;
  }

  void note(bool is_right, const KnownRoot& known) {
    const std::string size = std::to_string(known.size);
    if (known.size > x_work.size) {
      x_work.findings.add(VerifyCheck::rollback, x_work.size,
                          known.what + " is for " + size + " events, the log has " +
                              std::to_string(x_work.size) + ": an older copy");
      return;
    }
    if (is_right) {
      x_last_right = std::max(x_last_right, known.size);
      return;
    }
    x_work.findings.add(known.check, first_wrong(known.size),
                        known.what + " at tree size " + size + " has another root than the leaves");
  }

  // Another check may have named the leaf; else it is known only to lie behind the last right root.
  std::uint64_t first_wrong(std::uint64_t size) const {
    const std::uint64_t from = std::min(x_last_right, size);
    return x_work.findings
        .lowest({VerifyCheck::files, VerifyCheck::leaves, VerifyCheck::tree,
                 VerifyCheck::signatures, VerifyCheck::journal, VerifyCheck::ids},
                from, size)
        .value_or(from);
  }

  Status check_batch(std::vector<StoredNote>& batch) {
    std::vector<Result<crypto::Checkpoint>> opened(batch.size(), fail(Errc::io, ""));
    std::vector<std::uint8_t> is_right(batch.size(), 0);
    CARTELLA_TRY(run_parts(x_work.threads, batch.size(), [&](std::uint64_t i) -> Status {
      opened[i] = x_signers.open_checkpoint(batch[i].text);
      if (!opened[i] || opened[i].value().size != batch[i].size) return ok();
      CARTELLA_TRY(const bool right, matches(batch[i].size, opened[i].value().root));
      is_right[i] = right ? 1 : 0;
      return ok();
    }));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!opened[i] || opened[i].value().size != batch[i].size) {
        x_work.findings.add(VerifyCheck::checkpoints, std::min(batch[i].size, x_work.size),
                            "the checkpoint stored at tree size " + std::to_string(batch[i].size) +
                                " is not one of this log");
        continue;
      }
      ++x_work.checkpoints;
      note(is_right[i] != 0, {VerifyCheck::checkpoints, batch[i].size, {}, "a stored checkpoint"});
    }
    batch.clear();
    return ok();
  }

  VerifyWork& x_work;
  const VerifySigners& x_signers;
  const VerifyTree& x_tree;
  std::uint64_t x_last_right = 0;
};

}  // namespace

Status verify_roots(VerifyWork& work, const VerifySigners& signers, VerifyTree& tree) {
  CARTELLA_TRY(tree.finish());
  RootChecks checks(work, signers, tree);
  CARTELLA_TRY(checks.stored_checkpoints());
  CARTELLA_TRY(checks.known_roots());
  if (!work.options.against) return ok();
  return checks.against(*work.options.against);
}

}  // namespace cartella::store
