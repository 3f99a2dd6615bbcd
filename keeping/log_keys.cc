#include "keeping/log_keys.h"

#include <algorithm>

#include "cases/log_key.h"
#include "keeping/key_names.h"

namespace cartella::keeping {
namespace {

constexpr std::string_view kFirstName = "log-signing-key";

void tell(const LogKeys::Step& step, std::string_view what) {
  if (step) step(what);
}

}  // namespace

Result<std::unique_ptr<LogKeys>> LogKeys::open(crypto::Vault& vault,
                                               const std::optional<crypto::PublicKey>& named) {
  if (!named) {
    CARTELLA_TRY(vault.named_secret(std::string(kFirstName)));
  }
  auto keys = std::unique_ptr<LogKeys>(new LogKeys());
  CARTELLA_TRY(keys->x_keys, load_numbered_keys(vault, kFirstName));
  const auto found = std::ranges::find_if(keys->x_keys, [&](const NumberedKey& key) {
    return !named || key.signer->public_key() == *named;
  });
  const bool is_found = found != keys->x_keys.end();
  if (!is_found && !is_past_first(keys->x_keys))
    return fail(Errc::corrupt, "the vault does not hold the key of this log");
  keys->x_in_force = is_found ? found->signer.get() : keys->x_keys.back().signer.get();
  return keys;
}

Result<crypto::PublicKey> LogKeys::next(crypto::Vault& vault) {
  const auto present = std::ranges::find_if(
      x_keys, [&](const NumberedKey& key) { return key.signer.get() == x_in_force.load(); });
  // One that an interrupted rotation made, but did not name, is there already.
  if (present + 1 != x_keys.end()) return x_keys.back().signer->public_key();
  return fresh(vault);
}

Result<crypto::PublicKey> LogKeys::fresh(crypto::Vault& vault) {
  const std::uint32_t number = x_keys.back().number + 1;
  CARTELLA_TRY(const auto seed, vault.named_secret(numbered_name(kFirstName, number)));
  x_keys.push_back({number, std::make_unique<crypto::Signer>(seed)});
  return x_keys.back().signer->public_key();
}

Status LogKeys::rotate(const On& on, const Step& step) {
  CARTELLA_TRY(finish(on, step));
  CARTELLA_TRY(const auto following, next(on.vault));
  tell(step, "created");
  CARTELLA_TRY(cases::name_log_key(on.store, on.vault, on.executor, following, on.clock));
  tell(step, "named");
  return finish(on, step);
}

Status LogKeys::finish(const On& on, const Step& step) {
  if (x_keys.size() == 1) return ok();
  CARTELLA_TRY(const auto named, cases::last_genesis(on.store));
  for (const NumberedKey& key : x_keys) {
    if (key.signer->public_key() != named.log_key) continue;
    if (key.signer.get() == x_in_force.load()) break;
    CARTELLA_TRY(on.store.rotate_log_key(*key.signer));
    x_in_force = key.signer.get();
    tell(step, "adopted");
  }
  return forget_past(on.vault, step);
}

Status LogKeys::forget_past(crypto::Vault& vault, const Step& step) {
  for (const NumberedKey& key : x_keys) {
    if (key.signer.get() == x_in_force.load()) break;
    CARTELLA_TRY(const bool gone, destroy_numbered_key(vault, kFirstName, key.number));
    if (gone) tell(step, "destroyed");
  }
  return ok();
}

}  // namespace cartella::keeping
