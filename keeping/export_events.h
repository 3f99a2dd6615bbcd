// keeping/export_events.h: the events of a controller, as the sealed files of an export hold them.
//
// One entry for each position: the hash of somebody else's leaf, or an event with every segment
// that the controller's keys open (docs/data_formats.md "Export of a controller"). Internal to
// keeping. Threads: free functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <unordered_set>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "keeping/controller_export.h"

namespace cartella::keeping {

// Which events and which of their segments are the controller's.
struct OwnEvents {
  std::unordered_set<KeyId> keys;
  std::unordered_set<StreamId> streams;
};
// Reads the log once. io, corrupt.
Result<OwnEvents> own_events(const ExportParts& parts, const ControllerId& controller);
// From the position on, sealed events only; a clear one is nobody's. io, corrupt.
Result<std::uint64_t> count_own_events(const ExportParts& parts, const OwnEvents& own,
                                       std::uint64_t from);

struct SealedPart {
  std::filesystem::path path;  // of a new file
  const crypto::Secret32& key;
  Bytes binding;
  std::uint64_t from = 0;  // positions
  std::uint64_t to = 0;
};
struct WrittenPart {
  std::uint64_t events = 0;    // of the controller
  std::uint64_t segments = 0;  // of them, open
  Hash32 digest{};             // of the file, which is synced
};
// io, out_of_space, corrupt, what Vault returns.
Result<WrittenPart> write_part(const ExportParts& parts, const OwnEvents& own,
                               const SealedPart& part);

}  // namespace cartella::keeping
