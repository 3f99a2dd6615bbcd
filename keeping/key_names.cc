#include "keeping/key_names.h"

#include <algorithm>
#include <charconv>

namespace cartella::keeping {

std::string numbered_name(std::string_view first, std::uint32_t number) {
  std::string name(first);
  return number == 1 ? name : name + "/" + std::to_string(number);
}

std::uint32_t number_in_name(std::string_view first, std::string_view name) {
  if (!name.starts_with(first)) return 0;
  name.remove_prefix(first.size());
  if (name.empty()) return 1;
  std::uint32_t number = 0;
  if (!name.starts_with('/')) return 0;
  name.remove_prefix(1);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() && number > 1 ? number : 0;
}

Result<std::vector<NumberedKey>> load_numbered_keys(crypto::Vault& vault, std::string_view first) {
  CARTELLA_TRY(const auto names, vault.named_secrets(first));
  std::vector<NumberedKey> keys;
  for (const std::string& name : names) {
    const std::uint32_t number = number_in_name(first, name);
    if (number == 0) continue;
    CARTELLA_TRY(const auto seed, vault.named_secret(name));
    keys.push_back({number, std::make_unique<crypto::Signer>(seed)});
  }
  std::ranges::sort(keys, {}, &NumberedKey::number);
  return keys;
}

bool is_past_first(const std::vector<NumberedKey>& keys) {
  return !keys.empty() && keys.front().number > 1;
}

Result<bool> destroy_numbered_key(crypto::Vault& vault, std::string_view first,
                                  std::uint32_t number) {
  const std::string name = numbered_name(first, number);
  CARTELLA_TRY(const bool kept, vault.has_named(name));
  if (!kept) return false;
  CARTELLA_TRY(vault.destroy_named(name));
  return true;
}

}  // namespace cartella::keeping
