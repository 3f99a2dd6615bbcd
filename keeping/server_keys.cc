#include "keeping/server_keys.h"

#include <algorithm>

#include "cases/server_key.h"
#include "keeping/key_names.h"

namespace cartella::keeping {
namespace {

constexpr std::string_view kFirstName = "server-signing-key";

void tell(const ServerKeys::Step& step, std::string_view what) {
  if (step) step(what);
}

}  // namespace

Result<std::unique_ptr<ServerKeys>> ServerKeys::begin(crypto::Vault& vault) {
  CARTELLA_TRY(vault.named_secret(std::string(kFirstName)));
  auto keys = std::unique_ptr<ServerKeys>(new ServerKeys());
  CARTELLA_TRY(keys->x_keys, load_numbered_keys(vault, kFirstName));
  keys->x_in_force = keys->x_keys.front().signer.get();
  return keys;
}

Result<std::unique_ptr<ServerKeys>> ServerKeys::open(crypto::Vault& vault,
                                                     const store::Store& store) {
  auto keys = std::unique_ptr<ServerKeys>(new ServerKeys());
  CARTELLA_TRY(keys->x_keys, load_numbered_keys(vault, kFirstName));
  for (const NumberedKey& key : keys->x_keys) {
    const auto known = store.find_signer(key.signer->id());
    if (known && !known->revoked_from) keys->x_in_force = key.signer.get();
  }
  if (keys->x_in_force != nullptr) return keys;
  if (!is_past_first(keys->x_keys))
    return fail(Errc::corrupt, "the vault holds no key of the server that the log has in force");
  keys->x_in_force = keys->x_keys.back().signer.get();
  keys->x_is_known = false;
  return keys;
}

Status ServerKeys::rotate(const On& on, const Step& step) {
  const auto in_force = std::ranges::find_if(
      x_keys, [&](const NumberedKey& key) { return key.signer.get() == x_in_force.load(); });
  const std::uint32_t number = in_force->number + 1;
  // One that an interrupted rotation made, but did not enrol, is there already.
  if (in_force + 1 == x_keys.end()) {
    CARTELLA_TRY(const auto seed, on.vault.named_secret(numbered_name(kFirstName, number)));
    x_keys.push_back({number, std::make_unique<crypto::Signer>(seed)});
  }
  const crypto::Signer& next = *x_keys.back().signer;
  tell(step, "created");
  CARTELLA_TRY(cases::enrol_server_key(on.store, on.vault, *x_in_force.load(), next, on.clock));
  tell(step, "enrolled");
  x_in_force = &next;
  return finish(on, step);
}

Status ServerKeys::finish(const On& on, const Step& step) {
  on.executor.server_signer().replace(*x_in_force.load());
  for (const NumberedKey& key : x_keys) {
    if (key.signer.get() == x_in_force.load()) break;
    const auto known = on.store.find_signer(key.signer->id());
    if (known && !known->revoked_from) {
      CARTELLA_TRY(
          cases::revoke_server_key(on.store, on.vault, on.executor, key.signer->id(), on.clock));
      tell(step, "revoked");
    }
    CARTELLA_TRY(const bool gone, destroy_numbered_key(on.vault, kFirstName, key.number));
    if (gone) tell(step, "destroyed");
  }
  return ok();
}

}  // namespace cartella::keeping
