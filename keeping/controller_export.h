// keeping/controller_export.h: what a controller takes along when it leaves the ambito.
//
// A folder of three files. root.params says how the key is found from the receiver's passphrase
// (crypto/root_key.h); events.sealed holds, for every position of the log, either the hash of a
// leaf of somebody else's or an event: the clear ones, which say how to read the rest, and those of
// the controller with every segment that its keys open, salts with them, so that leaf, commitments,
// the order of each stream and the tree can be checked without the log. manifest, in clear and
// written last, names what is in it and is signed by the log's key. Layout: docs/data_formats.md
// "Export of a controller". A text of the controller under a key of somebody else's stays closed.
// What was looked at after it stands in a supplement beside it, supplement.sealed and the manifest
// supplement, sealed and signed alike, that goes on where the export ends.
// Writing reads the log twice and opens the controller's events: about 10 s per million. Threads:
// free functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/note.h"
#include "crypto/root_key.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "proofs/disclosed_segment.h"
#include "store/store.h"

namespace cartella::keeping {

struct ExportManifest {
  LogId log;
  ControllerId controller;
  EventId proposal;  // of its leaving
  TimeUs made_at;
  crypto::PublicKey log_key{};
  crypto::Checkpoint checkpoint;  // every event before it, and no other, is accounted for
  std::string note;               // the checkpoint, signed
  std::uint64_t events = 0;       // of the controller
  std::uint64_t segments = 0;     // of them, open
  Hash32 params{};                // SHA-256 of root.params
  Hash32 digest{};                // and of events.sealed, or supplement.sealed
  Hash32 follows{};               // of a supplement: SHA-256 of the manifest of the export
  bool is_supplement() const { return follows != Hash32{}; }
};

Bytes encode_export_manifest(const ExportManifest& manifest, const crypto::Signer& log_key);
// invalid_input: malformed; bad_signature: not signed by the key that it names.
Result<ExportManifest> decode_export_manifest(ByteView bytes);

// Everything outlives the call.
struct ExportParts {
  const store::Store& store;
  crypto::Vault& vault;
  const crypto::Signer& log_key;
  const Clock& clock;
};
// Writes a new folder. No event of the controller is being written any more but looks. Without
// manifest the folder is worth nothing: whoever repeats names another one. invalid_argument: the
// folder is there already; unavailable: not enough memory for Argon2id; io, out_of_space, corrupt.
Result<ExportManifest> write_export(const ExportParts& parts, const ControllerId& controller,
                                    const EventId& proposal, const crypto::Passphrase& receiver,
                                    crypto::PassphraseCost cost,
                                    const std::filesystem::path& folder);

// How many events of the controller stand in the log after the export: looks. io, corrupt.
Result<std::uint64_t> events_since_export(const ExportParts& parts, const ExportManifest& exported);
// Writes them beside it, up to the newest checkpoint; nothing of the controller is recorded
// meanwhile. One that is there already is replaced, so that an interrupted call is repeated.
// wrong_passphrase: not that of the export; as write_export.
Result<ExportManifest> write_supplement(const ExportParts& parts, const ExportManifest& exported,
                                        const crypto::Passphrase& receiver,
                                        const std::filesystem::path& folder);
// As check_export, of the supplement; nothing where there is none.
Result<std::optional<ExportManifest>> check_supplement(const std::filesystem::path& folder,
                                                       const ExportManifest& exported);

// That the folder is whole and as it was signed: the manifest and the digests of the other files.
// Needs no passphrase. not_found: no manifest; corrupt, invalid_input, bad_signature, io.
Result<ExportManifest> check_export(const std::filesystem::path& folder);

struct ExportedEvent {
  crypto::Leaf leaf;
  std::vector<crypto::Stub> stubs;
  std::vector<proofs::DisclosedSegment> segments;  // the open ones
};
struct ExportReport {
  ExportManifest manifest;
  std::optional<ExportManifest> supplement;
  std::uint64_t events = 0;   // of the controller, with those of the supplement
  std::uint64_t clear = 0;    // of the log itself: schemas, keys, organisation, erasures
  std::uint64_t streams = 0;  // of both
  std::uint64_t segments = 0;
  std::uint64_t closed_segments = 0;  // erased before, or under a key of somebody else's
};
// Opens it with the receiver's passphrase, checks every leaf, commitment, stream and the tree, and
// calls `each` in the order of the log. Needs neither store nor keys of the log. `trusted`: the key
// that must have signed. wrong_passphrase, bad_signature, what check_export and `each` return;
// corrupt: names the position that does not hold.
using ExportVisitor = std::function<Status(const ExportedEvent&)>;
Result<ExportReport> read_export(const std::filesystem::path& folder,
                                 const crypto::Passphrase& receiver,
                                 const std::optional<crypto::PublicKey>& trusted,
                                 const ExportVisitor& each);

// Shared by writer and reader.
std::filesystem::path export_events_path(const std::filesystem::path& folder);
std::filesystem::path export_manifest_path(const std::filesystem::path& folder);
std::filesystem::path supplement_events_path(const std::filesystem::path& folder);
// What every piece of the sealed file is bound to.
Bytes export_binding(const ExportManifest& manifest);
crypto::Secret32 export_key(const crypto::Secret32& root);
// Whether the key opens events.sealed. wrong_passphrase, corrupt, io.
Status check_receiver(const std::filesystem::path& folder, const ExportManifest& exported,
                      const crypto::Secret32& key);

// Of one entry of events.sealed.
inline constexpr std::uint8_t kExportHash = 0;
inline constexpr std::uint8_t kExportEvent = 1;
inline constexpr std::size_t kExportEventBytesMax = 2u << 20;

}  // namespace cartella::keeping
