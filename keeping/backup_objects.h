// keeping/backup_objects.h: the folder that backups are kept in: sealed files by their content.
//
// <target>/objects/<2 digits>/<name> holds a file sealed under a key; its name is a keyed hash of
// its content, so that a file that did not change is there already, and a name tells nothing.
// <target>/manifests/<20 digits> is one backup. An object is on the disk before the manifest that
// names it; a crash leaves objects that nobody names, and the next backup uses or removes them. One
// that the medium damaged is written again by the next backup of the same file.
// Threads: one writer of a target; readers any.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/signer.h"
#include "keeping/backup_manifest.h"

namespace cartella::keeping {

struct StoredObject {
  BackupFile file;
  bool is_new = false;       // written now
  bool was_damaged = false;  // it was there, and did not open or had another content
  std::uint64_t sealed_bytes = 0;
};

class BackupFolder {
 public:
  // Makes the folders where they are missing. io, out_of_space.
  static Result<BackupFolder> make(const std::filesystem::path& target);
  // not_found: there is no backup in it.
  static Result<BackupFolder> find(const std::filesystem::path& target);

  // Reads the file, and seals it where its content is not there yet. An object that is there is
  // opened and compared, and sealed anew where it fails. On the disk when `sync` has returned, also
  // what was found: whoever wrote it may have been killed before its name was. corrupt: the file
  // changed meanwhile. io, out_of_space.
  Result<StoredObject> put(const std::filesystem::path& file, BackupFile as,
                           const crypto::Secret32& key);
  Status sync();
  // Opens the object piece by piece and compares length and digest at its end. corrupt: missing,
  // cut, changed, or sealed under another key (names the path). Errors of `each`. io.
  Status read(const BackupFile& file, const crypto::Secret32& key,
              const std::function<Status(ByteView piece)>& each) const;

  // Ascending. io.
  Result<std::vector<std::uint64_t>> manifests() const;
  Status put_manifest(std::uint64_t number, ByteView bytes);
  // corrupt: missing, signed by none of the keys, or another backup's (names it). io.
  Result<BackupManifest> read_manifest(std::uint64_t number,
                                       std::span<const crypto::PublicKey> log_keys) const;
  Status remove_manifest(std::uint64_t number);
  // Removes every object that is not in `kept`. Answers how many. io.
  Result<std::size_t> remove_others(const std::set<std::string>& kept);

  static std::string object_name(const BackupFile& file, const crypto::Secret32& key);

 private:
  explicit BackupFolder(std::filesystem::path dir) : x_dir(std::move(dir)) {}
  std::filesystem::path object_path(const std::string& name) const;
  std::filesystem::path manifest_path(std::uint64_t number) const;

  std::filesystem::path x_dir;
  std::set<std::filesystem::path> x_unsynced;  // folders whose names count
};

}  // namespace cartella::keeping
