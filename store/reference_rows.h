// store/reference_rows.h: the encrypted RocksDB behind the reference: rows, snapshots, removal.
//
// No WAL: a load that was not flushed is written again from its file. All families are flushed
// together, so that the row that makes a generation current is never on disk without its records.
// Threads: reads through a View from any thread; a View belongs to one. Writing from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::store {

enum class ReferenceFamily : std::uint8_t { files, residents, codici_fiscali, households, codes };
inline constexpr std::size_t kReferenceFamilyCount = 5;

struct ReferenceRow {
  ReferenceFamily family = ReferenceFamily::files;
  std::string key;
  Bytes value;
};

class ReferenceRows {
 public:
  // in_use, corrupt, io, out_of_space.
  static Result<std::unique_ptr<ReferenceRows>> open(const std::filesystem::path& data_dir,
                                                     const crypto::Secret32& key);
  ~ReferenceRows();

  // One consistent state; the rows outlive it.
  class View {
   public:
    explicit View(const ReferenceRows& rows);
    ~View();
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    Result<std::optional<Bytes>> find(ReferenceFamily family, std::string_view key) const;
    using Row = std::function<Status(std::string_view key, ByteView value)>;
    // In the order of keys; stops at the first error.
    Status scan(ReferenceFamily family, std::string_view prefix, const Row& row) const;
    // The first key at or after `from`; nullopt at the end.
    Result<std::optional<std::string>> next_key(ReferenceFamily family,
                                                std::string_view from) const;

   private:
    struct Impl;
    std::unique_ptr<Impl> x_impl;
  };

  // Durable after `flush` only. corrupt, io, out_of_space.
  Status write(const std::vector<ReferenceRow>& rows);
  Status flush();
  // Deletes, flushes and compacts, so that the bytes are in no file any more.
  Status remove(ReferenceFamily family, const std::string& prefix);
  // corrupt, io.
  // A consistent copy in `to`, encrypted with the same key. io, out_of_space, corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  Status verify_files() const;

 private:
  struct Impl;
  explicit ReferenceRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

// The first key after all that begin with `prefix`, which does not consist of 0xff alone.
std::string after_prefix(std::string prefix);

}  // namespace cartella::store
