// store/accounts.h: who may log in: accounts of operators, tokens of machines, failed tries.
//
// A RocksDB of its own under <dir>/accounts, encrypted with a secret of the vault and no part of
// the log: it holds secrets that must be replaceable, and no fact about a person in care. An
// account belongs to an operator of the log; what the operator may do stands there, not here.
// Usernames become keyed hashes in keys. Sessions are never stored. Every change is on the disk
// when a method returns. Threads: any.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/secret.h"
#include "crypto/totp.h"

namespace cartella::store {

using TokenId = Id16<struct TokenTag>;
using UsernameHash = Id16<struct UsernameHashTag>;  // keyed: tells nothing without the secret

inline constexpr std::size_t kUsernameBytesMax = 64;

struct Account {
  OperatorId operator_id;
  std::string username;       // normalised
  std::string password_hash;  // crypto/password.h
  crypto::TotpSecret totp;
  bool must_change_password = false;
  bool totp_confirmed = false;  // a code of it was accepted once
  bool enabled = true;
  std::uint64_t last_totp_step = 0;  // of the last code accepted
  TimeUs created;
  TimeUs password_set;
};

// In which role, for which unit: the fields of cases::ActingAs, which this layer does not know.
struct TokenScope {
  UnitId ente;
  UnitId unit;
  std::string role;  // cases::role_word
  bool operator==(const TokenScope&) const = default;
};

inline constexpr std::size_t kTokenLabelLettersMax = 100;  // api/openapi.yaml, TokenRequest

struct MachineToken {
  TokenId id;
  OperatorId operator_id;  // in whose name it acts, and who answers for it
  std::string label;       // what it is for; no personal data
  TokenScope scope;
  TimeUs created;
  TimeUs expires;
  OperatorId created_by;
  bool revoked = false;
};

// Tries with a username that failed since one succeeded, whether such an account exists or not.
struct FailedTries {
  UsernameHash username;
  std::uint32_t count = 0;
  TimeUs last;
};

// Lower-case ASCII. invalid_input: empty, longer than 64 bytes, or with blanks or control
// characters.
Result<std::string> normalise_username(std::string_view text);

class Accounts {
 public:
  // Makes it where it is missing. in_use, corrupt (also when `secret` is another one), io,
  // out_of_space.
  static Result<std::unique_ptr<Accounts>> open(const std::filesystem::path& data_dir,
                                                const crypto::Secret32& secret);
  ~Accounts();

  // A consistent copy in `to`, which is made; it opens with the same secret. io, out_of_space,
  // corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  // Whole-file checksums of accounts that nobody has open. corrupt names the file; io.
  static Status verify_files(const std::filesystem::path& data_dir, const crypto::Secret32& secret);
  // Every file as it stands on the disk, every row, every username against its account. corrupt.
  Status verify() const;

  // ---- accounts: reads return corrupt, io, unsupported; changes out_of_space too ---------------
  // conflict: the operator has an account, or the username is another's. invalid_input: as
  // normalise_username.
  Status create(const Account& account);
  // Of a username as it was typed; nullopt also where it cannot be one.
  Result<std::optional<Account>> find(std::string_view username) const;
  Result<std::optional<Account>> find(const OperatorId& worker) const;
  Result<std::vector<Account>> list() const;  // in the order of usernames
  // All of these: not_found: the operator has no account.
  Status replace_password(const OperatorId& worker, const std::string& password_hash,
                          bool must_change, TimeUs now);
  // A new password and a new secret, not confirmed; the account is enabled again.
  Status reset(const OperatorId& worker, const std::string& password_hash,
               const crypto::TotpSecret& totp, bool must_change, TimeUs now);
  Status set_enabled(const OperatorId& worker, bool enabled);
  // Keeps the step of a code and confirms the secret. false: that step or a later one was used.
  Result<bool> use_totp_step(const OperatorId& worker, std::uint64_t step);

  // ---- failed tries ----------------------------------------------------------------------------
  // Of any text, so that a name nobody has looks like one that somebody has.
  UsernameHash hash_of(std::string_view username) const;
  Result<std::vector<FailedTries>> failed_tries() const;
  // Replaces what is known of `put` and forgets `forget`, in one write.
  Status note_failed_tries(const std::optional<FailedTries>& put,
                           const std::vector<UsernameHash>& forget);

  // ---- tokens ----------------------------------------------------------------------------------
  // The token's text is kept nowhere: only a keyed digest of it.
  struct NewToken {
    TokenId id;
    std::string text;  // 106 letters of a-z, 0-9, low line
  };
  // Makes id and secret. invalid_input: the label is longer than 100 letters.
  Result<NewToken> add_token(const MachineToken& token);
  // Of a token's text. nullopt: no such token, revoked or expired at `now`.
  Result<std::optional<MachineToken>> find_token(std::string_view text, TimeUs now) const;
  Result<std::vector<MachineToken>> tokens() const;
  Status revoke_token(const TokenId& id);  // not_found; again is no error

 private:
  struct Impl;
  explicit Accounts(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::store
