#include "store/account_codec.h"

namespace cartella::store {
namespace {

constexpr std::uint8_t kRowVersion = 1;
constexpr std::uint8_t kMustChange = 1;
constexpr std::uint8_t kTotpConfirmed = 2;
constexpr std::uint8_t kEnabled = 4;
constexpr std::uint8_t kRevoked = 1;
constexpr std::size_t kTextBytesMax = 400;  // a label of 100 letters; all others are shorter

Error malformed() { return fail(Errc::corrupt, "accounts: a row is malformed"); }

void put_time(ByteWriter& writer, TimeUs time) { writer.u64(static_cast<std::uint64_t>(time.us)); }

bool take_time(ByteReader& reader, TimeUs& time) {
  std::uint64_t us = 0;
  if (!reader.u64(us)) return false;
  time.us = static_cast<std::int64_t>(us);
  return true;
}

bool take_text(ByteReader& reader, std::string& text) {
  ByteView bytes;
  if (!reader.framed(kTextBytesMax, bytes)) return false;
  text = as_text(bytes);
  return true;
}

Status check_version(ByteReader& reader) {
  std::uint8_t version = 0;
  if (!reader.u8(version)) return malformed();
  if (version != kRowVersion) return fail(Errc::unsupported, "accounts: a row of another version");
  return ok();
}

}  // namespace

Bytes encode_account(const Account& account) {
  Bytes row;
  ByteWriter writer(row);
  writer.u8(kRowVersion);
  std::uint8_t flags = 0;
  if (account.must_change_password) flags |= kMustChange;
  if (account.totp_confirmed) flags |= kTotpConfirmed;
  if (account.enabled) flags |= kEnabled;
  writer.u8(flags);
  writer.u64(account.last_totp_step);
  put_time(writer, account.created);
  put_time(writer, account.password_set);
  writer.raw(account.totp.view());
  writer.framed(as_bytes(account.username));
  writer.framed(as_bytes(account.password_hash));
  return row;
}

Result<Account> decode_account(ByteView row, const OperatorId& worker) {
  ByteReader reader(row);
  CARTELLA_TRY(check_version(reader));
  Account account;
  account.operator_id = worker;
  std::uint8_t flags = 0;
  crypto::TotpSecret::Raw secret{};
  const bool whole = reader.u8(flags) && reader.u64(account.last_totp_step) &&
                     take_time(reader, account.created) &&
                     take_time(reader, account.password_set) && reader.copy(secret) &&
                     take_text(reader, account.username) &&
                     take_text(reader, account.password_hash) && reader.remaining() == 0 &&
                     flags <= (kMustChange | kTotpConfirmed | kEnabled);
  account.totp = crypto::TotpSecret(secret);
  crypto::wipe(secret.data(), secret.size());
  if (!whole) return malformed();
  account.must_change_password = (flags & kMustChange) != 0;
  account.totp_confirmed = (flags & kTotpConfirmed) != 0;
  account.enabled = (flags & kEnabled) != 0;
  return account;
}

Bytes encode_token(const StoredToken& stored) {
  const MachineToken& token = stored.token;
  Bytes row;
  ByteWriter writer(row);
  writer.u8(kRowVersion);
  writer.u8(token.revoked ? kRevoked : 0);
  writer.raw(stored.digest);
  writer.raw(token.operator_id.view());
  writer.raw(token.scope.ente.view());
  writer.raw(token.scope.unit.view());
  put_time(writer, token.created);
  put_time(writer, token.expires);
  writer.raw(token.created_by.view());
  writer.framed(as_bytes(token.scope.role));
  writer.framed(as_bytes(token.label));
  return row;
}

Result<StoredToken> decode_token(ByteView row, const TokenId& id) {
  ByteReader reader(row);
  CARTELLA_TRY(check_version(reader));
  StoredToken stored;
  MachineToken& token = stored.token;
  token.id = id;
  std::uint8_t flags = 0;
  if (!reader.u8(flags) || !reader.copy(stored.digest) || !reader.copy(token.operator_id.bytes) ||
      !reader.copy(token.scope.ente.bytes) || !reader.copy(token.scope.unit.bytes) ||
      !take_time(reader, token.created) || !take_time(reader, token.expires) ||
      !reader.copy(token.created_by.bytes) || !take_text(reader, token.scope.role) ||
      !take_text(reader, token.label) || reader.remaining() != 0 || flags > kRevoked)
    return malformed();
  token.revoked = flags == kRevoked;
  return stored;
}

Bytes encode_failed(const FailedTries& failed) {
  Bytes row;
  ByteWriter writer(row);
  writer.u8(kRowVersion);
  writer.u32(failed.count);
  put_time(writer, failed.last);
  return row;
}

Result<FailedTries> decode_failed(ByteView row, const UsernameHash& username) {
  ByteReader reader(row);
  CARTELLA_TRY(check_version(reader));
  FailedTries failed;
  failed.username = username;
  if (!reader.u32(failed.count) || !take_time(reader, failed.last) || reader.remaining() != 0)
    return malformed();
  return failed;
}

}  // namespace cartella::store
