#include "store/accounts.h"

#include <algorithm>
#include <map>

#include "base/mutex.h"
#include "crypto/hash.h"
#include "crypto/table_files.h"
#include "store/account_codec.h"
#include "store/account_rows.h"

namespace cartella::store {
namespace {

using namespace std::string_view_literals;
using Keep = AccountRows::Keep;

// First byte of a row's key.
constexpr char kAccount = 'a';   // operator id -> account
constexpr char kUsername = 'u';  // hash of the username -> operator id
constexpr char kFailed = 'f';    // hash of the username -> failed tries
constexpr char kToken = 't';     // token id -> token

constexpr std::string_view kTokenPrefix = "cartella_";
constexpr std::size_t kTokenSecretBytes = 32;
// Prefix, id and secret in hexadecimal digits, a low line between them.
constexpr std::size_t kTokenLetters = kTokenPrefix.size() + 32 + 1 + 2 * kTokenSecretBytes;
constexpr std::size_t kKnownTokensMax = 1024;
constexpr std::size_t kTypedBytesMax = 1024;  // of a username as it was typed; longer ones are cut

crypto::Secret32 files_key(const crypto::Secret32& secret) {
  return crypto::derive(secret, "accounts-files", {});
}

template <class Tag>
std::string key_of(char kind, const Id16<Tag>& id) {
  std::string key(1, kind);
  key += as_text(id.view());
  return key;
}

template <class Id>
Result<Id> id_in(std::string_view key) {
  if (key.size() != 17) return fail(Errc::corrupt, "accounts: a key is malformed");
  return Id::from_view(as_bytes(key.substr(1)));
}

Bytes copy_of(ByteView bytes) { return Bytes(bytes.begin(), bytes.end()); }

}  // namespace

Result<std::string> normalise_username(std::string_view text) {
  if (text.empty() || text.size() > kUsernameBytesMax)
    return fail(Errc::invalid_input, "un nome utente ha da 1 a 64 byte");
  std::string name;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f)
      return fail(Errc::invalid_input, "un nome utente non contiene spazi");
    name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return name;
}

namespace {

// Rows of tokens as they stand on the disk, so that a machine's next request reads none.
struct KnownTokens {
  std::map<TokenId, StoredToken> tokens;
  std::uint64_t changes = 0;  // of any row of a token
};

}  // namespace

struct Accounts::Impl {
  std::unique_ptr<AccountRows> rows;
  crypto::Secret32 username_key;
  crypto::Secret32 token_key;
  Mutex<int> changing{0};  // one change at a time: each reads, then writes
  mutable Mutex<KnownTokens> known_tokens;

  explicit Impl(const crypto::Secret32& secret)
      : username_key(crypto::derive(secret, "accounts-usernames", {})),
        token_key(crypto::derive(secret, "accounts-tokens", {})) {}

  UsernameHash hash_of(std::string_view normalised) const {
    const Hash32 hash = crypto::hmac_sha256(
        username_key.view(),
        {as_bytes("cartella/username/1\0"sv), as_bytes(normalised.substr(0, kTypedBytesMax))});
    return UsernameHash::from_view(ByteView(hash));
  }
  Hash32 digest_of(std::string_view token_text) const {
    return crypto::hmac_sha256(token_key.view(),
                               {as_bytes("cartella/token/1\0"sv), as_bytes(token_text)});
  }
  Result<std::optional<Account>> account_of(const OperatorId& worker) const {
    CARTELLA_TRY(const auto row, rows->find(key_of(kAccount, worker)));
    if (!row) return std::optional<Account>();
    CARTELLA_TRY(auto account, decode_account(*row, worker));
    return std::optional<Account>(std::move(account));
  }
  // `change` answers whether the account is to be written.
  template <class Change>
  Result<bool> change_account(const OperatorId& worker, Keep keep, Change change) {
    return changing.with([&](int&) -> Result<bool> {
      CARTELLA_TRY(auto account, account_of(worker));
      if (!account) return fail(Errc::not_found, "l'operatore non ha un'utenza");
      if (!change(*account)) return false;
      CARTELLA_TRY(rows->write({{key_of(kAccount, worker), encode_account(*account)}}, keep));
      return true;
    });
  }
  Result<std::optional<StoredToken>> token_of(const TokenId& id) const {
    std::uint64_t changes = 0;
    auto known = known_tokens.with([&](const KnownTokens& all) -> std::optional<StoredToken> {
      changes = all.changes;
      const auto at = all.tokens.find(id);
      return at != all.tokens.end() ? std::optional(at->second) : std::nullopt;
    });
    if (known) return known;
    CARTELLA_TRY(const auto row, rows->find(key_of(kToken, id)));
    if (!row) return std::optional<StoredToken>();
    CARTELLA_TRY(auto stored, decode_token(*row, id));
    known_tokens.with([&](KnownTokens& all) {
      if (all.changes != changes) return;  // what was read may be the row before the change
      if (all.tokens.size() >= kKnownTokensMax) all.tokens.clear();
      all.tokens.insert_or_assign(id, stored);
    });
    return std::optional<StoredToken>(std::move(stored));
  }
  Status check_username(const UsernameHash& name, const OperatorId& worker) const {
    CARTELLA_TRY(const auto account, account_of(worker));
    if (!account || hash_of(account->username) != name)
      return fail(Errc::corrupt, "accounts: a username leads to no account");
    return ok();
  }
};

Accounts::Accounts(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Accounts::~Accounts() = default;

Result<std::unique_ptr<Accounts>> Accounts::open(const std::filesystem::path& data_dir,
                                                 const crypto::Secret32& secret) {
  auto impl = std::make_unique<Impl>(secret);
  CARTELLA_TRY(impl->rows, AccountRows::open(data_dir, files_key(secret)));
  return std::unique_ptr<Accounts>(new Accounts(std::move(impl)));
}

Status Accounts::snapshot(const std::filesystem::path& to) const {
  return x_impl->rows->snapshot(to);
}

Status Accounts::verify_files(const std::filesystem::path& data_dir,
                              const crypto::Secret32& secret) {
  const crypto::Secret32 key = files_key(secret);
  return crypto::verify_table_files(data_dir / "accounts", &key);
}

Status Accounts::verify() const {
  CARTELLA_TRY(x_impl->rows->verify_files());
  CARTELLA_TRY(const auto accounts, list());
  std::size_t usernames = 0;
  CARTELLA_TRY(x_impl->rows->scan(
      std::string_view(&kUsername, 1), [&](std::string_view key, ByteView value) -> Status {
        ++usernames;
        CARTELLA_TRY(const auto name, id_in<UsernameHash>(key));
        if (value.size() != 16) return fail(Errc::corrupt, "accounts: a row is malformed");
        return x_impl->check_username(name, OperatorId::from_view(value));
      }));
  if (usernames != accounts.size())
    return fail(Errc::corrupt, "accounts: an account has no username");
  CARTELLA_TRY(tokens());
  CARTELLA_TRY(failed_tries());
  return ok();
}

// ---- accounts ----------------------------------------------------------------------------------

Status Accounts::create(const Account& account) {
  CARTELLA_TRY(const auto username, normalise_username(account.username));
  const std::string name_key = key_of(kUsername, x_impl->hash_of(username));
  return x_impl->changing.with([&](int&) -> Status {
    CARTELLA_TRY(const auto own, x_impl->account_of(account.operator_id));
    if (own) return fail(Errc::conflict, "l'operatore ha già un'utenza");
    CARTELLA_TRY(const auto taken, x_impl->rows->find(name_key));
    if (taken) return fail(Errc::conflict, "il nome utente è già di un'altra utenza");
    Account stored;
    stored.operator_id = account.operator_id;
    stored.username = username;
    stored.password_hash = account.password_hash;
    stored.totp = account.totp.clone();
    stored.must_change_password = account.must_change_password;
    stored.totp_confirmed = account.totp_confirmed;
    stored.enabled = account.enabled;
    stored.last_totp_step = account.last_totp_step;
    stored.created = account.created;
    stored.password_set = account.password_set;
    return x_impl->rows->write({{key_of(kAccount, account.operator_id), encode_account(stored)},
                                {name_key, copy_of(account.operator_id.view())}},
                               Keep::in_table);
  });
}

Result<std::optional<Account>> Accounts::find(std::string_view username) const {
  const auto name = normalise_username(username);
  if (!name) return std::optional<Account>();
  CARTELLA_TRY(const auto row,
               x_impl->rows->find(key_of(kUsername, x_impl->hash_of(name.value()))));
  if (!row) return std::optional<Account>();
  if (row->size() != 16) return fail(Errc::corrupt, "accounts: a row is malformed");
  return x_impl->account_of(OperatorId::from_view(*row));
}

Result<std::optional<Account>> Accounts::find(const OperatorId& worker) const {
  return x_impl->account_of(worker);
}

Result<std::vector<Account>> Accounts::list() const {
  std::vector<Account> found;
  CARTELLA_TRY(x_impl->rows->scan(std::string_view(&kAccount, 1),
                                  [&](std::string_view key, ByteView value) -> Status {
                                    CARTELLA_TRY(const auto worker, id_in<OperatorId>(key));
                                    CARTELLA_TRY(auto account, decode_account(value, worker));
                                    found.push_back(std::move(account));
                                    return ok();
                                  }));
  std::ranges::sort(found, {}, &Account::username);
  return found;
}

Status Accounts::replace_password(const OperatorId& worker, const std::string& password_hash,
                                  bool must_change, TimeUs now) {
  CARTELLA_TRY(x_impl->change_account(worker, Keep::in_table, [&](Account& account) {
    account.password_hash = password_hash;
    account.must_change_password = must_change;
    account.password_set = now;
    return true;
  }));
  return ok();
}

Status Accounts::reset(const OperatorId& worker, const std::string& password_hash,
                       const crypto::TotpSecret& totp, bool must_change, TimeUs now) {
  CARTELLA_TRY(x_impl->change_account(worker, Keep::in_table, [&](Account& account) {
    account.password_hash = password_hash;
    account.must_change_password = must_change;
    account.password_set = now;
    account.totp = totp.clone();
    account.totp_confirmed = false;
    account.last_totp_step = 0;
    account.enabled = true;
    return true;
  }));
  return ok();
}

Status Accounts::set_enabled(const OperatorId& worker, bool enabled) {
  CARTELLA_TRY(x_impl->change_account(worker, Keep::in_table, [&](Account& account) {
    account.enabled = enabled;
    return true;
  }));
  return ok();
}

Result<bool> Accounts::use_totp_step(const OperatorId& worker, std::uint64_t step) {
  return x_impl->change_account(worker, Keep::logged, [&](Account& account) {
    if (step <= account.last_totp_step) return false;
    account.last_totp_step = step;
    account.totp_confirmed = true;
    return true;
  });
}

// ---- failed tries ------------------------------------------------------------------------------

UsernameHash Accounts::hash_of(std::string_view username) const {
  const auto name = normalise_username(username);
  return x_impl->hash_of(name ? std::string_view(name.value()) : username);
}

Result<std::vector<FailedTries>> Accounts::failed_tries() const {
  std::vector<FailedTries> found;
  CARTELLA_TRY(x_impl->rows->scan(std::string_view(&kFailed, 1),
                                  [&](std::string_view key, ByteView value) -> Status {
                                    CARTELLA_TRY(const auto name, id_in<UsernameHash>(key));
                                    CARTELLA_TRY(const auto failed, decode_failed(value, name));
                                    found.push_back(failed);
                                    return ok();
                                  }));
  return found;
}

Status Accounts::note_failed_tries(const std::optional<FailedTries>& put,
                                   const std::vector<UsernameHash>& forget) {
  std::vector<AccountChange> changes;
  for (const UsernameHash& name : forget) changes.push_back({key_of(kFailed, name), std::nullopt});
  if (put) changes.push_back({key_of(kFailed, put->username), encode_failed(*put)});
  return x_impl->rows->write(changes, Keep::logged);
}

// ---- tokens ------------------------------------------------------------------------------------

Result<Accounts::NewToken> Accounts::add_token(const MachineToken& token) {
  if (code_points(token.label) > kTokenLabelLettersMax)
    return fail(Errc::invalid_input, "l'etichetta di un token ha al più 100 caratteri");
  StoredToken stored{token, {}};
  crypto::random_fill(stored.token.id.bytes);
  const crypto::Secret32 secret = crypto::Secret32::random();
  std::string text =
      std::string(kTokenPrefix) + stored.token.id.hex() + "_" + to_hex(secret.view());
  stored.digest = x_impl->digest_of(text);
  CARTELLA_TRY(x_impl->rows->write({{key_of(kToken, stored.token.id), encode_token(stored)}},
                                   Keep::in_table));
  return NewToken{stored.token.id, std::move(text)};
}

Result<std::optional<MachineToken>> Accounts::find_token(std::string_view text, TimeUs now) const {
  std::optional<MachineToken> none;
  if (text.size() != kTokenLetters || !text.starts_with(kTokenPrefix)) return none;
  const auto id = TokenId::parse(text.substr(kTokenPrefix.size(), 32));
  if (!id) return none;
  CARTELLA_TRY(auto stored, x_impl->token_of(id.value()));
  if (!stored) return none;
  const Hash32 digest = x_impl->digest_of(text);
  if (!crypto::equal_constant_time(digest, stored->digest)) return none;
  if (stored->token.revoked || stored->token.expires <= now) return none;
  return std::optional<MachineToken>(std::move(stored->token));
}

Result<std::vector<MachineToken>> Accounts::tokens() const {
  std::vector<MachineToken> found;
  CARTELLA_TRY(x_impl->rows->scan(std::string_view(&kToken, 1),
                                  [&](std::string_view key, ByteView value) -> Status {
                                    CARTELLA_TRY(const auto id, id_in<TokenId>(key));
                                    CARTELLA_TRY(auto stored, decode_token(value, id));
                                    found.push_back(std::move(stored.token));
                                    return ok();
                                  }));
  std::ranges::sort(found, {}, &MachineToken::created);
  return found;
}

Status Accounts::revoke_token(const TokenId& id) {
  return x_impl->changing.with([&](int&) -> Status {
    const std::string key = key_of(kToken, id);
    CARTELLA_TRY(const auto row, x_impl->rows->find(key));
    if (!row) return fail(Errc::not_found, "nessun token con questo id");
    CARTELLA_TRY(auto stored, decode_token(*row, id));
    if (stored.token.revoked) return ok();
    stored.token.revoked = true;
    const Status written = x_impl->rows->write({{key, encode_token(stored)}}, Keep::in_table);
    // Also where it failed: what the disk holds then is not known.
    x_impl->known_tokens.with([](KnownTokens& all) {
      ++all.changes;
      all.tokens.clear();
    });
    return written;
  });
}

}  // namespace cartella::store
