#include <algorithm>
#include <system_error>

#include "crypto/vault.h"
#include "crypto/vault_impl.h"

namespace cartella::crypto {
namespace {

constexpr std::size_t kKeyFileBytesMax = std::size_t{1} << 20;

// What a key file leaves while it is replaced, and the lock of the process.
bool is_passing(const std::string& name) {
  return name == "lock" || name.ends_with(".old") || name.ends_with(".new");
}

Status copy_key_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::create_directories(to, error);
  if (!error) std::filesystem::permissions(to, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, "cannot create a folder for a copy of keys/");
  std::filesystem::directory_iterator at(from, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (is_passing(name) || !at->is_regular_file(error)) continue;
    CARTELLA_TRY(const auto bytes, read_key_file(at->path(), kKeyFileBytesMax));
    CARTELLA_TRY(replace_plain_file(to / name, bytes));
  }
  if (error) return fail(Errc::io, "cannot list keys/");
  return ok();
}

}  // namespace

Status Vault::snapshot(const std::filesystem::path& to) const {
  CARTELLA_TRY(x_impl->check_open());
  const std::lock_guard writing(x_impl->write);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(copy_key_files(x_impl->keys_dir(), to / "keys"));
  return x_impl->rows->snapshot(to / "vault");
}

}  // namespace cartella::crypto
