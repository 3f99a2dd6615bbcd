// Frozen bytes of the reference's rows: tests/golden/reference.txt. The person is invented.
#include <gtest/gtest.h>

#include "store/reference.h"
#include "store/reference_rows.h"
#include "tests/support/golden.h"

namespace cartella::store {
namespace {

using namespace std::string_view_literals;
using tests::golden_hash;
using tests::GoldenFolder;
using tests::GoldenLines;

crypto::Secret32 secret() { return crypto::Secret32(golden_hash("golden reference secret")); }

Resident resident() {
  Resident person;
  person.comune = "E256";
  person.matricola = "0000017";
  person.household = "000042";
  person.surname = "FIORDALISI";
  person.name = "ORTENSIA";
  person.codice_fiscale = "FRDRTN51C48G478B";
  person.birth_date = make_date(1951, 3, 8);
  person.sex = "F";
  person.birth_place = "G478";
  person.number = "12/A";
  return person;
}

ReferenceFile file_of(std::uint64_t records) {
  return {*make_date(2026, 6, 30), golden_hash("golden file digest"), records, records};
}

void load(const GoldenFolder& dir) {
  const auto reference = Reference::open(dir.path(), secret()).value();
  const auto filling = reference->replace_residents("E256").value();
  ASSERT_TRUE(filling->add(resident()).has_value());
  ASSERT_TRUE(filling->commit(file_of(1)).has_value());
  ASSERT_TRUE(reference
                  ->replace_codes(ReferenceKind::streets, "E256", {{"00017", "VIA DEI CONSOLI"}},
                                  file_of(1))
                  .has_value());
}

TEST(GoldenReference, CompareRowsWithFrozenGolden) {
  const GoldenFolder dir;
  load(dir);
  const crypto::Secret32 key = crypto::derive(secret(), "reference-files", {});
  const auto rows = ReferenceRows::open(dir.path(), key).value();
  const ReferenceRows::View view(*rows);
  GoldenLines lines;
  lines.add("secret", secret().view());
  constexpr std::array kNames = {"files", "residents", "codici_fiscali", "households", "codes"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    std::size_t count = 0;
    const auto add = [&](std::string_view row_key, ByteView value) -> Status {
      const std::string name = std::string(kNames.at(i)) + "." + std::to_string(count++);
      lines.add(name + ".key", as_bytes(row_key));
      lines.add(name + ".value", value);
      return ok();
    };
    ASSERT_TRUE(view.scan(static_cast<ReferenceFamily>(i), "", add).has_value());
    EXPECT_GT(count, 0u) << kNames.at(i);
  }
  tests::compare_with_frozen("reference.txt", lines.text());
}

// What a personal value becomes in a key, spelled out.
std::string key_hash(std::string_view what, std::string_view value) {
  const crypto::Secret32 key = crypto::derive(secret(), "reference-index", {});
  const Hash32 hash = crypto::hmac_sha256(
      key.view(),
      {as_bytes("cartella/reference/1\0"sv), as_bytes(what), as_bytes("\0"sv), as_bytes(value)});
  return to_hex(ByteView(hash).first(16));
}

TEST(GoldenReference, KeysAreWhatThePageOfFormatsSays) {
  const tests::GoldenValues frozen("reference");
  const std::string prefix = "0104" + to_hex(as_bytes("E256"sv)) + "0000000000000001";
  const std::string matricola = key_hash("matricola", "0000017");
  EXPECT_EQ(to_hex(frozen["files.0.key"]), "01" + to_hex(as_bytes("E256"sv)));
  EXPECT_EQ(to_hex(frozen["residents.0.key"]), prefix + matricola);
  EXPECT_EQ(to_hex(frozen["codici_fiscali.0.key"]),
            prefix + key_hash("cf", "FRDRTN51C48G478B") + matricola);
  EXPECT_EQ(to_hex(frozen["households.0.key"]),
            prefix + key_hash("household", "000042") + matricola);
  EXPECT_EQ(decode_resident(frozen["residents.0.value"]).value(), resident());
}

}  // namespace
}  // namespace cartella::store
