#include "keeping/server_keys.h"

#include <algorithm>

#include "cases/server_key.h"
#include "keeping/key_names.h"

namespace cartella::keeping {
namespace {

constexpr std::string_view kFirstName = "server-signing-key";

std::string name_of(std::uint32_t number) { return numbered_name(kFirstName, number); }

void tell(const ServerKeys::Step& step, std::string_view what) {
  if (step) step(what);
}

}  // namespace

Status ServerKeys::load(crypto::Vault& vault) {
  CARTELLA_TRY(const auto names, vault.named_secrets(kFirstName));
  for (const std::string& name : names) {
    const std::uint32_t number = number_in_name(kFirstName, name);
    if (number == 0) continue;
    CARTELLA_TRY(const auto seed, vault.named_secret(name));
    x_keys.push_back({number, std::make_unique<crypto::Signer>(seed)});
  }
  std::ranges::sort(x_keys, {}, &Key::number);
  return ok();
}

Result<std::unique_ptr<ServerKeys>> ServerKeys::begin(crypto::Vault& vault) {
  CARTELLA_TRY(vault.named_secret(std::string(kFirstName)));
  auto keys = std::unique_ptr<ServerKeys>(new ServerKeys());
  CARTELLA_TRY(keys->load(vault));
  keys->x_in_force = keys->x_keys.front().signer.get();
  return keys;
}

Result<std::unique_ptr<ServerKeys>> ServerKeys::open(crypto::Vault& vault,
                                                     const store::Store& store) {
  auto keys = std::unique_ptr<ServerKeys>(new ServerKeys());
  CARTELLA_TRY(keys->load(vault));
  for (const Key& key : keys->x_keys) {
    const auto known = store.find_signer(key.signer->id());
    if (known && !known->revoked_from) keys->x_in_force = key.signer.get();
  }
  if (keys->x_in_force == nullptr)
    return fail(Errc::corrupt, "the vault holds no key of the server that the log has in force");
  return keys;
}

Status ServerKeys::rotate(const On& on, const Step& step) {
  const auto in_force = std::ranges::find_if(
      x_keys, [&](const Key& key) { return key.signer.get() == x_in_force.load(); });
  const std::uint32_t number = in_force->number + 1;
  // One that an interrupted rotation made, but did not enrol, is there already.
  if (in_force + 1 == x_keys.end()) {
    CARTELLA_TRY(const auto seed, on.vault.named_secret(name_of(number)));
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
  for (const Key& key : x_keys) {
    if (key.signer.get() == x_in_force.load()) break;
    const auto known = on.store.find_signer(key.signer->id());
    if (known && !known->revoked_from) {
      CARTELLA_TRY(
          cases::revoke_server_key(on.store, on.vault, on.executor, key.signer->id(), on.clock));
      tell(step, "revoked");
    }
    CARTELLA_TRY(const bool kept, on.vault.has_named(name_of(key.number)));
    if (!kept) continue;
    CARTELLA_TRY(on.vault.destroy_named(name_of(key.number)));
    tell(step, "destroyed");
  }
  return ok();
}

}  // namespace cartella::keeping
