// store/restored_log.h: makes a log of an index that came out of a backup.
//
// A backup holds the index whole and no journal: its rows end at one place, and a new journal goes
// on from there. Threads: one, before the store is opened.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "crypto/note.h"
#include "store/store.h"

namespace cartella::store {

// Makes the journal (and its mirror) of <dir>, which has log.meta and log/ but no journal, or one
// that an interrupted call left. What is in the mirror's folder is set aside; the caller ends that
// (store/restored_mirror.h). Answers the tree that the rows hold. corrupt: the rows of the families
// do not end at the same place, or give another root. What set_mirror_aside returns.
Result<crypto::Checkpoint> make_restored_journal(const std::filesystem::path& dir,
                                                 const StoreOptions& options);

}  // namespace cartella::store
