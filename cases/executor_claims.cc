// The key of the claims: the newest that the vault holds. While there are two, the claims are being
// written anew under the newer one.
#include <algorithm>
#include <charconv>

#include "cases/claims_rebuild.h"
#include "cases/executor.h"
#include "cases/executor_impl.h"

namespace cartella::cases {

namespace {

constexpr std::string_view kName = "claims";  // then "claims/2", "claims/3"

// 0: not one of them.
std::uint32_t number_of(std::string_view name) {
  if (name == kName) return 1;
  if (!name.starts_with("claims/")) return 0;
  name.remove_prefix(kName.size() + 1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() && number > 1 ? number : 0;
}

std::string name_of(std::uint32_t number) {
  return number == 1 ? std::string(kName) : std::string(kName) + "/" + std::to_string(number);
}

// In order.
Result<std::vector<std::uint32_t>> numbers_in(const crypto::Vault& vault) {
  CARTELLA_TRY(const auto names, vault.named_secrets(kName));
  std::vector<std::uint32_t> numbers;
  for (const std::string& name : names)
    if (const std::uint32_t number = number_of(name); number != 0) numbers.push_back(number);
  std::ranges::sort(numbers);
  return numbers;
}

// Of the first claim there is; an older copy of the rows has none that opens.
Result<bool> opens_claims(const store::Store& store, const ClaimCodec& codec) {
  std::optional<bool> opens;
  const Status walked = store.each_claim([&](const Hash32& key, ByteView sealed) -> Status {
    opens = codec.open(key, sealed).has_value();
    return fail(Errc::conflict, "one is enough");
  });
  if (!walked && !opens) return walked.error();
  return opens.value_or(true);
}

}  // namespace

Status Executor::Impl::open_claims() {
  CARTELLA_TRY(const auto numbers, numbers_in(vault));
  const std::uint32_t newest = numbers.empty() ? 1 : numbers.back();
  CARTELLA_TRY(const auto key, vault.named_secret(name_of(newest)));
  auto opened = std::make_shared<const ClaimCodec>(key);
  claims.with([&](auto& current) { current = opened; });
  if (!store.rollback()) return ok();  // nothing is written to an older log
  CARTELLA_TRY(const bool opens, opens_claims(store, *opened));
  return opens && numbers.size() < 2 ? ok() : rebuild_claims();
}

Status Executor::Impl::rebuild_claims() {
  CARTELLA_TRY(const auto numbers, numbers_in(vault));
  CARTELLA_TRY(const auto key, vault.named_secret(name_of(numbers.back())));
  auto next = std::make_shared<const ClaimCodec>(key);
  ClaimsRebuild rebuild(*next, store, vault);
  CARTELLA_TRY(rebuild.catch_up());
  {
    const auto alone = deciding.alone();
    CARTELLA_TRY(rebuild.catch_up());
    CARTELLA_TRY(store.replace_claims(rebuild.rows()));
    claims.with([&](auto& current) { current = std::move(next); });
  }
  // The journal holds calls with claims under the old key: from here on no start brings them back.
  CARTELLA_TRY(store.scrub_journal());
  for (const std::uint32_t number : numbers) {
    if (number == numbers.back()) continue;
    CARTELLA_TRY(vault.destroy_named(name_of(number)));
  }
  return ok();
}

Status Executor::Impl::check_claims(const store::Call& call) const {
  const auto current = codec();
  for (const store::ClaimOp& claim : call.claims)
    if (!current->open(claim.key, claim.subject))
      return fail(Errc::conflict, "the key of the claims changed since the command was prepared");
  return ok();
}

Status Executor::replace_claims_key() {
  CARTELLA_TRY(const auto numbers, numbers_in(x_impl->vault));
  if (numbers.size() < 2) {
    CARTELLA_TRY(x_impl->vault.named_secret(name_of(numbers.empty() ? 2 : numbers.back() + 1)));
  }
  return x_impl->rebuild_claims();
}

}  // namespace cartella::cases
