// keeping/backup_manifest.h: what one backup consists of, signed by the log key.
//
// The manifest names every file with its length and digest, the tree that they hold with its signed
// checkpoint, and the key of its copy of the vault. It holds no personal data and is not sealed.
// Layout: docs/data_formats.md "Backup". Bytes from outside are bounded and refused when malformed.
// Threads: values and free functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/note.h"
#include "crypto/signer.h"
#include "keeping/backup_keys.h"

namespace cartella::keeping {

inline constexpr std::size_t kManifestFilesMax = 1'000'000;
inline constexpr std::size_t kManifestBytesMax = std::size_t{256} << 20;
inline constexpr std::size_t kManifestPathBytesMax = 512;

enum class BackupPart : std::uint8_t { files = 0, vault = 1 };

struct BackupFile {
  BackupPart part = BackupPart::files;
  std::string path;  // relative to the data directory, with slashes
  std::uint64_t bytes = 0;
  Hash32 digest{};  // SHA-256 of the content
};

struct BackupManifest {
  std::uint64_t number = 0;  // one more for every backup of a target; also its file's name
  LogId log;
  TimeUs made_at;
  crypto::Checkpoint checkpoint;  // origin, size and root of the tree
  std::string note;               // the same, signed
  VaultCopyId vault_copy;
  std::uint64_t erasures = 0;  // of the register, completed when it was begun
  std::vector<BackupFile> files;
};

// What the signature covers.
Bytes manifest_content(const BackupManifest& manifest);
// The same bytes back. invalid_input: malformed, beyond a limit, or a path that is not relative and
// plain; unsupported. Nothing is believed yet: only the signature says whose words they are.
Result<BackupManifest> parse_manifest(ByteView content);

// The content with its signature.
Bytes encode_manifest(const BackupManifest& manifest, const crypto::Signer& log_key);
// What parse_manifest returns; bad_signature: not signed by `log_key`, or its checkpoint is not.
Result<BackupManifest> decode_manifest(ByteView bytes, const crypto::PublicKey& log_key);

}  // namespace cartella::keeping
