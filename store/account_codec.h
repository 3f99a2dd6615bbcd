// store/account_codec.h: rows of the accounts as bytes (docs/data_formats.md, "Accounts").
//
// Every row begins with its version. Decoding returns corrupt, or unsupported for another version.
// Threads: free functions, any.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "store/accounts.h"

namespace cartella::store {

struct StoredToken {
  MachineToken token;
  Hash32 digest{};  // keyed, of the token's text
};

Bytes encode_account(const Account& account);
Result<Account> decode_account(ByteView row, const OperatorId& worker);
Bytes encode_token(const StoredToken& stored);
Result<StoredToken> decode_token(ByteView row, const TokenId& id);
Bytes encode_failed(const FailedTries& failed);
Result<FailedTries> decode_failed(ByteView row, const UsernameHash& username);

}  // namespace cartella::store
