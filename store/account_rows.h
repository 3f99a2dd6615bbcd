// store/account_rows.h: the encrypted RocksDB behind the accounts: rows, synced batches.
//
// One column family. With a write-ahead log, which is encrypted like the other files, so that a row
// that changes with every log-in costs one sync; a batch that must not be lost to a damaged end of
// that log is written to a table file at once. Threads: any.
#pragma once

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

struct AccountChange {
  std::string key;
  std::optional<Bytes> value;  // none: the row is removed
};

class AccountRows {
 public:
  enum class Keep { logged, in_table };

  // in_use, corrupt, io, out_of_space.
  static Result<std::unique_ptr<AccountRows>> open(const std::filesystem::path& data_dir,
                                                   const crypto::Secret32& key);
  // Writes what is only in the write-ahead log to a table file.
  ~AccountRows();

  Result<std::optional<Bytes>> find(std::string_view key) const;
  using Row = std::function<Status(std::string_view key, ByteView value)>;
  // One consistent state, in the order of keys; stops at the first error.
  Status scan(std::string_view prefix, const Row& row) const;
  // All or nothing, and on the disk when it returns. corrupt, io, out_of_space.
  Status write(const std::vector<AccountChange>& changes, Keep keep);
  // A consistent copy in `to`, encrypted with the same key. io, out_of_space, corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  // Every table file as it stands on the disk. corrupt, io.
  Status verify_files() const;

 private:
  struct Impl;
  explicit AccountRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::store
