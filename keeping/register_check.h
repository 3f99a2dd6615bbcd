// keeping/register_check.h: the register of erasures held against the log.
//
// The register lies on another disk. Where that is not mounted, its empty folder looks like a
// register without records: new ones would go into a second register, which is hidden once the disk
// is back, and a restore would bring back whom they name. So what the log calls completed must
// stand in the register before a key is destroyed and before a backup is made.
// Threads: any, while erasures are carried out; rewrite_register as append_erasure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "cases/state.h"
#include "crypto/signer.h"
#include "keeping/erasure_register.h"
#include "store/store.h"

namespace cartella::keeping {

// What a decision says of the record that it gets: neither keys nor streams.
ErasureRecord record_of(const cases::OrganisationState::Erasure& erasure);

// How many erasures of the register in `folder` were carried out to their end: a copy of the vault
// that is begun afterwards has nothing of theirs. One that the log does not tell of counts, too: it
// was done in a history that was given up, and again by the restore or by whoever accepted the
// older head. refused: the log calls an
// erasure completed that is not in the register; the message says in Italian what to do. What
// registered_decisions, completed_erasures and the store return.
Result<std::uint64_t> check_register(const store::Store& store, const std::filesystem::path& folder,
                                     const crypto::PublicKey& key);

// For a register that is lost: appends what the log calls completed and the register lacks; how
// many. The log knows decisions, items, months and every stream whose bytes are gone, not which
// keys went nor whose streams they were: the record that was completed last has them all, so that a
// restore destroys their secrets again. What such a stream's neighbours had under a key of the
// person (the reasons of a look) only the next backup keeps from coming back: it makes the copies
// of the vault from before useless, and their keys then pass for lost in such a log. Reads the log
// once. not_found, corrupt: the log has no such decision. What append_erasure and the store return;
// rollback: the log is older than what is known of it.
Result<std::size_t> rewrite_register(const store::Store& store,
                                     const cases::OrganisationState& organisation,
                                     const std::filesystem::path& folder,
                                     const crypto::Signer& key);

}  // namespace cartella::keeping
