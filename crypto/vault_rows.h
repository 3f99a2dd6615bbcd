// crypto/vault_rows.h: the rows of the vault: a RocksDB without WAL, changed by flushed batches.
//
// One change = one batch over all column families, flushed atomically, then read back; only then
// it holds. A count of changes stands in the database and in keys/vault.head, so that a database
// that lost its newest change (a torn MANIFEST, an older copy) is refused instead of answering
// "erased". Values arrive wrapped. Fail-stop: after a failed change all later ones answer io.
// Threads: `change` from one thread at a time; reads from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::crypto {

using RowId = std::array<std::uint8_t, 16>;

// Part of what a wrapped value is bound to; numbers are for life.
enum class Family : std::uint8_t {
  owner_key = 1,
  stream_secret = 2,
  owner_name = 3,  // row = key id, value = whose key it is
  named_secret = 4,
  free_owner_key = 5,  // rows without value: pool entries that nobody uses yet
  free_stream_secret = 6,
};
std::string_view family_name(Family family);

struct RowChange {
  Family family = Family::owner_key;
  RowId row{};
  Bytes value;
  bool remove = false;
};

class VaultRows {
 public:
  // invalid_argument: there is a database already. io, out_of_space.
  static Result<std::unique_ptr<VaultRows>> create(const std::filesystem::path& data_dir);
  // corrupt, io, out_of_space, not_found.
  static Result<std::unique_ptr<VaultRows>> open(const std::filesystem::path& data_dir);
  ~VaultRows();

  // Durable and read back on return. io, corrupt, out_of_space: the state is unknown, fail-stop.
  Status change(const std::vector<RowChange>& changes);
  // Lets every later change fail: what the rows are wrapped with is not known any more.
  void stop();
  bool is_stopped() const;
  // nullopt: no such row. corrupt, io.
  Result<std::optional<Bytes>> find(Family family, const RowId& row) const;
  using Visit = std::function<Status(const RowId&, ByteView value)>;
  // In the order of ids; stops at the first error.
  Status each(Family family, const Visit& visit) const;
  Status each_in_shard(Family family, std::uint8_t shard, const Visit& visit) const;
  // A consistent copy of the rows in `to`. Not during `change`. io, out_of_space, corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  // Every file as it stands on the disk: table checksums, MANIFEST and CURRENT, the count of
  // changes. Not during `change`. corrupt, io.
  Status verify_files() const;

 private:
  struct Impl;
  explicit VaultRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::crypto
