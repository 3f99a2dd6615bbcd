#include "store/restored_log.h"

#include <string>

#include "store/log_meta.h"
#include "store/open_log.h"
#include "store/replay.h"
#include "store/restored_mirror.h"

namespace cartella::store {

namespace {

Status remove_journal(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::remove_all(dir, error);
  if (error) return fail(Errc::io, "cannot remove " + dir.string());
  return ok();
}

}  // namespace

Result<crypto::Checkpoint> make_restored_journal(const std::filesystem::path& dir,
                                                 const StoreOptions& options) {
  CARTELLA_TRY(const LogMeta meta, read_meta(dir));
  RowEnds ends;
  Hash32 root{};
  {
    CARTELLA_TRY(const auto db, LogDb::open(log_path(dir), LogDb::Use::inspect));
    CARTELLA_TRY(ends, row_ends(*db));
    const auto end_root = ends.root_at(ends.least);
    for (const RowsEnd& end : ends.of) {
      if (end.size != ends.least || (end.root && end.root != end_root))
        return fail(Errc::corrupt, "the restored rows end at " + std::to_string(ends.least) +
                                       " and at " + std::to_string(end.size));
    }
    Replay tree(*db, ends);
    CARTELLA_TRY(tree.finish(ends.least, end_root.value_or(Hash32{})));
    root = tree.edge().root();
  }
  CARTELLA_TRY(remove_journal(dir / "journal"));
  if (!options.journal_mirror_dir.empty()) {
    CARTELLA_TRY(set_mirror_aside(options.journal_mirror_dir));
  }
  JournalOptions journal = journal_options(options);
  journal.start_size = ends.least;
  journal.start_root = root;
  CARTELLA_TRY(Journal::create(dir, meta.first_log(), journal));
  return crypto::Checkpoint{meta.origin, ends.least, root};
}

}  // namespace cartella::store
