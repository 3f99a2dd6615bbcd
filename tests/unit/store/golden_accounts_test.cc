// Frozen bytes of the accounts' rows: tests/golden/accounts.txt. The account is invented.
#include <gtest/gtest.h>

#include "store/account_codec.h"
#include "store/account_rows.h"
#include "store/accounts.h"
#include "tests/support/golden.h"

namespace cartella::store {
namespace {

using namespace std::string_view_literals;
using tests::golden_hash;
using tests::GoldenFolder;
using tests::GoldenLines;

constexpr std::string_view kUsername = "ortensia.fiordalisi";
constexpr TimeUs kCreated{1'790'000'000'000'000};

crypto::Secret32 secret() { return crypto::Secret32(golden_hash("golden accounts secret")); }
template <class Id>
Id id_of(std::string_view text) {
  return Id::from_view(golden_hash(text));
}

Account account() {
  Account made;
  made.operator_id = id_of<OperatorId>("golden operator");
  made.username = kUsername;
  made.password_hash = "$argon2id$v=19$m=65536,t=3,p=1$c2FsZQ$aGFzaA";
  crypto::TotpSecret::Raw raw{};
  const Hash32 hash = golden_hash("golden totp");
  std::copy_n(hash.begin(), raw.size(), raw.begin());
  made.totp = crypto::TotpSecret(raw);
  made.must_change_password = true;
  made.created = kCreated;
  made.password_set = kCreated;
  return made;
}

std::string token_text() {
  return "cartella_" + id_of<TokenId>("golden token").hex() + "_" +
         to_hex(golden_hash("golden token secret"));
}

StoredToken token() {
  StoredToken stored;
  stored.token.id = id_of<TokenId>("golden token");
  stored.token.operator_id = id_of<OperatorId>("golden operator");
  stored.token.scope = {id_of<UnitId>("golden ente"), {}, "auditor"};
  stored.token.label = "raccolta metriche";
  stored.token.created = kCreated;
  stored.token.expires = TimeUs{kCreated.us + 1};
  stored.token.created_by = id_of<OperatorId>("golden administrator");
  const crypto::Secret32 key = crypto::derive(secret(), "accounts-tokens", {});
  stored.digest =
      crypto::hmac_sha256(key.view(), {as_bytes("cartella/token/1\0"sv), as_bytes(token_text())});
  return stored;
}

// The rows as the product writes them; a token's are written here, since its text is random.
void fill(const GoldenFolder& dir) {
  {
    const auto accounts = Accounts::open(dir.path(), secret()).value();
    ASSERT_TRUE(accounts->create(account()).has_value());
    ASSERT_TRUE(accounts->use_totp_step(account().operator_id, 59'666'666).value());
    ASSERT_TRUE(
        accounts->note_failed_tries(FailedTries{accounts->hash_of("nessuno"), 3, kCreated}, {})
            .has_value());
  }
  const auto rows =
      AccountRows::open(dir.path(), crypto::derive(secret(), "accounts-files", {})).value();
  const std::string key = "t" + std::string(as_text(token().token.id.view()));
  ASSERT_TRUE(rows->write({{key, encode_token(token())}}, AccountRows::Keep::in_table).has_value());
}

TEST(GoldenAccounts, CompareRowsWithFrozenGolden) {
  const GoldenFolder dir;
  fill(dir);
  const auto rows =
      AccountRows::open(dir.path(), crypto::derive(secret(), "accounts-files", {})).value();
  GoldenLines lines;
  lines.add("secret", secret().view());
  for (const auto& [kind, name] : {std::pair("a", "account"), std::pair("u", "username"),
                                   std::pair("f", "failed"), std::pair("t", "token")}) {
    std::size_t count = 0;
    ASSERT_TRUE(
        rows->scan(kind,
                   [&, label = std::string(name)](std::string_view key, ByteView value) -> Status {
                     ++count;
                     lines.add(label + ".key", as_bytes(key));
                     lines.add(label + ".value", value);
                     return ok();
                   })
            .has_value());
    EXPECT_EQ(count, 1u) << name;
  }
  tests::compare_with_frozen("accounts.txt", lines.text());
}

TEST(GoldenAccounts, KeysAreWhatThePageOfFormatsSays) {
  const tests::GoldenValues frozen("accounts");
  const crypto::Secret32 key = crypto::derive(secret(), "accounts-usernames", {});
  const auto key_of = [&](std::string_view kind, std::string_view username) {
    const Hash32 hash =
        crypto::hmac_sha256(key.view(), {as_bytes("cartella/username/1\0"sv), as_bytes(username)});
    return to_hex(as_bytes(kind)) + to_hex(ByteView(hash).first(16));
  };
  EXPECT_EQ(to_hex(frozen["username.key"]), key_of("u", kUsername));
  EXPECT_EQ(to_hex(frozen["failed.key"]), key_of("f", "nessuno"));
  EXPECT_EQ(to_hex(frozen["account.key"]), "61" + account().operator_id.hex());
  EXPECT_EQ(to_hex(frozen["username.value"]), account().operator_id.hex());
}

TEST(GoldenAccounts, TheTokenOfThePageIsFoundByItsText) {
  const GoldenFolder dir;
  fill(dir);
  const auto accounts = Accounts::open(dir.path(), secret()).value();
  const auto found = accounts->find_token(token_text(), kCreated).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->label, "raccolta metriche");
}

TEST(GoldenAccounts, RowsOfAnotherVersionOrCutShortAreRefused) {
  const Account made = account();
  Bytes row = encode_account(made);
  row[0] = 2;
  EXPECT_EQ(decode_account(row, made.operator_id).error().code, Errc::unsupported);
  row[0] = 1;
  row[1] = 8;  // a flag that nobody knows
  EXPECT_EQ(decode_account(row, made.operator_id).error().code, Errc::corrupt);
  for (const Bytes& whole :
       {encode_account(made), encode_token(token()), encode_failed(FailedTries{{}, 3, kCreated})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const ByteView cut = ByteView(whole).first(size);
      EXPECT_TRUE(decode_account(cut, made.operator_id).has_error()) << size;
      EXPECT_TRUE(decode_token(cut, {}).has_error()) << size;
      if (size != 13) {
        EXPECT_TRUE(decode_failed(cut, {}).has_error()) << size;
      }
    }
  }
}

}  // namespace
}  // namespace cartella::store
