// keeping/key_names.h: keys in the vault that follow one another, by their names. Threads: free
// functions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signer.h"
#include "crypto/vault.h"

namespace cartella::keeping {

// "key", "key/2", "key/3"; the number is from 1.
std::string numbered_name(std::string_view first, std::uint32_t number);
// 0: not one of them.
std::uint32_t number_in_name(std::string_view first, std::string_view name);

struct NumberedKey {
  std::uint32_t number = 0;  // from 1
  std::unique_ptr<crypto::Signer> signer;
};
// Those that the vault holds, in order of their numbers. What named_secrets and named_secret
// return.
Result<std::vector<NumberedKey>> load_numbered_keys(crypto::Vault& vault, std::string_view first);
// Whether a rotation destroyed the first of them.
bool is_past_first(const std::vector<NumberedKey>& keys);
// Nothing where the vault does not hold it any more. What has_named and destroy_named return.
Result<bool> destroy_numbered_key(crypto::Vault& vault, std::string_view first,
                                  std::uint32_t number);

}  // namespace cartella::keeping
