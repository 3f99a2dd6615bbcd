// keeping/erasure_register.h: which keys were destroyed, told to those who may bring them back.
//
// A copy of the vault made before an erasure still holds the erased keys. The register names them
// by opaque id and is appended on the second path before an erasure may say that it is complete;
// a restore demands it and destroys again what it lists (ledger.md 6, step 5; CR-04). One file,
// erasures.register, of chained, signed records: a lost, reordered or forged record is found, but
// not that the newest are missing: a restore compares their number with what the copies of the
// vault know, and keeping/register_check.h the records with the log. The file is replaced as a
// whole, so that a crash leaves the old or the new. Threads: one writer, the process that holds the
// store; readers any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/signer.h"
#include "crypto/vault.h"

namespace cartella::keeping {

struct ErasureRecord {
  EventId decision;            // the ErasureDecided event
  std::uint64_t position = 0;  // of that event
  TimeUs decided_at;
  SubjectId subject;              // zero where it was of an item
  ControllerId controller;        // for whom
  std::vector<KeyId> owner_keys;  // destroyed with all that was sealed under them
  std::vector<StreamId> streams;  // whose secrets were destroyed
};

// Of a controller that left: it alone has keys and nobody's name.
bool is_of_controller(const ErasureRecord& record);

// The keys that the record lists: behind its fence they were all that there were. Who was erased
// and comes again has others, which it must not reach. Of a controller that left, and of a person
// where the record was written anew and lists none (keeping/register_check.h), every one that this
// vault has of them. Ascending.
std::vector<KeyId> keys_of(const crypto::Vault& vault, const ErasureRecord& record);

// The key that signs the register. It is made with the vault and never rotated, so that an older
// vault, out of a backup, verifies what was erased since. What Vault::named_secret returns.
Result<std::unique_ptr<crypto::Signer>> register_key(crypto::Vault& vault);

// Appends and syncs; the same decision twice is one record. `folder` is the second path, or the
// head folder of the data directory where none is configured. io, out_of_space; corrupt: the
// register that stands there does not verify, and nothing is appended.
Status append_erasure(const std::filesystem::path& folder, const LogId& log,
                      const crypto::Signer& key, const ErasureRecord& record);

// Every record in order; empty where no register stands there. corrupt, bad_signature, io.
Result<std::vector<ErasureRecord>> read_erasures(const std::filesystem::path& folder,
                                                 const LogId& log, const crypto::PublicKey& key);

// The decisions of all records, in order. As read_erasures.
Result<std::vector<EventId>> registered_decisions(const std::filesystem::path& folder,
                                                  const LogId& log, const crypto::PublicKey& key);

// Puts the register of the folder `from` in the place of that of `to` where it has the same
// decisions, in whatever order, and more; or the same and names more keys and streams, since one
// that was written anew does not know them all. Answers whether it did. refused: each has a
// decision that the other has not. As read_erasures for both, and out_of_space.
Result<bool> take_register(const std::filesystem::path& from, const std::filesystem::path& to,
                           const LogId& log, const crypto::PublicKey& key);

// The file below `folder`.
std::filesystem::path erasure_register_path(const std::filesystem::path& folder);

}  // namespace cartella::keeping
