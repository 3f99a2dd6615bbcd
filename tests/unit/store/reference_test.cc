#include "store/reference.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "crypto/encrypted_env.h"
#include "crypto/hash.h"
#include "tests/support/canary.h"
#include "tests/support/encrypted_files.h"
#include "tests/support/live_tables.h"

namespace cartella::store {
namespace {

namespace fs = std::filesystem;

Resident resident(const std::string& matricola, const std::string& codice_fiscale,
                  const std::string& household) {
  Resident person;
  person.comune = "X999";
  person.matricola = matricola;
  person.household = household;
  person.surname = "ZAFFIRETTI";
  person.name = "ERMELINDA NICOLÒ";
  person.codice_fiscale = codice_fiscale;
  person.birth_date = make_date(1951, 3, 8);
  person.sex = "F";
  person.birth_place = "G478";
  person.nationality = "ITALIANA";
  person.street_code = "00017";
  person.number = "12/A";
  person.spouse_surname = "PERLACCHIO";
  return person;
}

ReferenceFile file_of(std::uint64_t count, std::uint8_t digest) {
  ReferenceFile file;
  file.date = *make_date(2026, 6, 30);
  file.digest.fill(digest);
  file.record_count = count;
  file.accepted_count = count;
  return file;
}

class ReferenceTest : public ::testing::Test {
 protected:
  ReferenceTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("reference_" + std::to_string(getpid()) + "_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
    open();
  }
  ~ReferenceTest() override {
    x_reference.reset();
    fs::remove_all(x_dir);
  }
  void open() {
    x_reference.reset();
    x_reference = Reference::open(x_dir, x_secret).value();
  }
  void load(const std::vector<Resident>& residents, const std::string& comune = "X999") {
    auto load = x_reference->replace_residents(comune).value();
    for (auto person : residents) {
      person.comune = comune;
      ASSERT_TRUE(load->add(person).has_value());
    }
    ASSERT_TRUE(load->commit(file_of(residents.size(), 7)).has_value());
  }

  fs::path x_dir;
  crypto::Secret32 x_secret = crypto::Secret32::random();
  std::unique_ptr<Reference> x_reference;
};

TEST_F(ReferenceTest, FindsAResidentByEveryKeyAndAfterReopening) {
  const Resident wife = resident("0000000017", "ZFFRLN51C48G478W", "F1");
  Resident husband = resident("0000000003", "PRLGNN49A01G478K", "F1");
  husband.dead = true;
  const Resident other = resident("0000000020", "", "F2");
  load({wife, husband, other});
  open();
  EXPECT_EQ(x_reference->find_codice_fiscale(wife.codice_fiscale).value(), std::vector{wife});
  EXPECT_EQ(x_reference->find_matricola("X999", "0000000020").value(), other);
  EXPECT_EQ(x_reference->household("X999", "F1").value(), (std::vector{husband, wife}));
  EXPECT_EQ(x_reference->file(ReferenceKind::residents, "X999").value(), file_of(3, 7));
  EXPECT_EQ(x_reference->comuni(ReferenceKind::residents).value(),
            std::vector<std::string>{"X999"});
  EXPECT_TRUE(x_reference->verify().has_value());
}

TEST_F(ReferenceTest, AnswersNothingForWhatItDoesNotHold) {
  load({resident("0000000017", "ZFFRLN51C48G478W", "F1")});
  EXPECT_TRUE(x_reference->find_codice_fiscale("AAAAAA00A00A000A").value().empty());
  EXPECT_TRUE(x_reference->find_codice_fiscale("").value().empty());
  EXPECT_FALSE(x_reference->find_matricola("X999", "1").value().has_value());
  EXPECT_FALSE(x_reference->find_matricola("Y000", "0000000017").value().has_value());
  EXPECT_TRUE(x_reference->household("X999", "").value().empty());
  EXPECT_FALSE(x_reference->file(ReferenceKind::streets, "X999").value().has_value());
}

TEST_F(ReferenceTest, FindsOnePersonInTheRegistriesOfTwoComuni) {
  const Resident here = resident("0000000017", "ZFFRLN51C48G478W", "F1");
  load({here}, "X999");
  load({here}, "Y000");
  const auto found = x_reference->find_codice_fiscale(here.codice_fiscale).value();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].comune, "X999");
  EXPECT_EQ(found[1].comune, "Y000");
}

TEST_F(ReferenceTest, ANewFileReplacesTheOldOneWhole) {
  load({resident("0000000001", "ZFFRLN51C48G478W", "F1")});
  const Resident newcomer = resident("0000000002", "PRLGNN49A01G478K", "F2");
  load({newcomer});
  EXPECT_TRUE(x_reference->find_codice_fiscale("ZFFRLN51C48G478W").value().empty());
  EXPECT_FALSE(x_reference->find_matricola("X999", "0000000001").value().has_value());
  EXPECT_TRUE(x_reference->household("X999", "F1").value().empty());
  EXPECT_EQ(x_reference->find_matricola("X999", "0000000002").value(), newcomer);
  EXPECT_TRUE(x_reference->verify().has_value());
}

TEST_F(ReferenceTest, ALoadThatIsNotCommittedChangesNothing) {
  const Resident kept = resident("0000000001", "ZFFRLN51C48G478W", "F1");
  load({kept});
  {
    auto load = x_reference->replace_residents("X999").value();
    for (int i = 0; i < 3000; ++i)  // past one batch
      ASSERT_TRUE(load->add(resident(std::to_string(100 + i), "", "F3")).has_value());
    EXPECT_EQ(x_reference->replace_residents("X999").error().code, Errc::unavailable);
  }
  EXPECT_EQ(x_reference->find_matricola("X999", "0000000001").value(), kept);
  EXPECT_TRUE(x_reference->household("X999", "F3").value().empty());
  load({kept});
  EXPECT_TRUE(x_reference->household("X999", "F3").value().empty());
}

TEST_F(ReferenceTest, RemovesWhatAnInterruptedLoadLeft) {
  const Resident kept = resident("0000000001", "ZFFRLN51C48G478W", "F1");
  load({kept});
  const fs::path crashed = x_dir / "crashed";
  {
    auto other = x_reference->replace_residents("Y000").value();
    Resident person = kept;
    person.comune = "Y000";
    for (int i = 0; i < 3000; ++i) {
      person.matricola = std::to_string(i);
      ASSERT_TRUE(other->add(person).has_value());
    }
    load({kept});  // its flush makes the uncommitted rows of the other comune durable, too
    fs::create_directories(crashed);
    fs::copy(x_dir / "reference", crashed / "reference", fs::copy_options::recursive);
  }
  const auto reopened = Reference::open(crashed, x_secret).value();
  EXPECT_EQ(reopened->find_codice_fiscale(kept.codice_fiscale).value(), std::vector{kept});
  EXPECT_EQ(reopened->comuni(ReferenceKind::residents).value(), std::vector<std::string>{"X999"});
  EXPECT_TRUE(reopened->verify().has_value());
}

TEST_F(ReferenceTest, RefusesASecondRecordOfOneMatricolaAndForeignRecords) {
  auto load = x_reference->replace_residents("X999").value();
  const Resident person = resident("0000000001", "", "");
  EXPECT_TRUE(load->add(person).has_value());
  EXPECT_EQ(load->add(person).error().code, Errc::conflict);
  EXPECT_EQ(load->add(resident("", "", "")).error().code, Errc::invalid_argument);
  Resident foreign = resident("0000000002", "", "");
  foreign.comune = "Y000";
  EXPECT_EQ(load->add(foreign).error().code, Errc::invalid_argument);
  Resident long_name = resident("0000000003", "", "");
  long_name.name.assign(kResidentFieldBytesMax + 1, 'X');
  EXPECT_EQ(load->add(long_name).error().code, Errc::invalid_argument);
  ASSERT_TRUE(load->commit(file_of(5, 1)).has_value());
  EXPECT_EQ(x_reference->file(ReferenceKind::residents, "X999").value()->accepted_count, 1u);
  EXPECT_EQ(x_reference->replace_residents("").error().code, Errc::invalid_argument);
}

TEST_F(ReferenceTest, KeepsStreetsAndCivilStatusesApart) {
  const std::vector<ReferenceCode> streets = {{"00001", "VIA DELLE PROVE"},
                                              {"00002", "PIAZZA INVENTATA"}};
  ASSERT_TRUE(x_reference->replace_codes(ReferenceKind::streets, "X999", streets, file_of(2, 1))
                  .has_value());
  ASSERT_TRUE(x_reference
                  ->replace_codes(ReferenceKind::civil_statuses, "X999", {{"00001", "NUBILE"}},
                                  file_of(1, 2))
                  .has_value());
  open();
  EXPECT_EQ(x_reference->label(ReferenceKind::streets, "X999", "00001").value(), "VIA DELLE PROVE");
  EXPECT_EQ(x_reference->label(ReferenceKind::civil_statuses, "X999", "00001").value(), "NUBILE");
  EXPECT_EQ(x_reference->codes(ReferenceKind::streets, "X999").value(), streets);
  ASSERT_TRUE(
      x_reference->replace_codes(ReferenceKind::streets, "X999", {}, file_of(0, 3)).has_value());
  EXPECT_TRUE(x_reference->codes(ReferenceKind::streets, "X999").value().empty());
  EXPECT_EQ(
      x_reference->replace_codes(ReferenceKind::residents, "X999", {}, file_of(0, 3)).error().code,
      Errc::invalid_argument);
}

TEST_F(ReferenceTest, LeavesNoValueInAnyFileAndRefusesAnotherSecret) {
  const Resident person = resident("0000000017", "ZFFRLN51C48G478W", "0000777123");
  load({person});
  load({person});
  x_reference.reset();
  const std::vector<std::string> values = {person.surname,        person.name,
                                           person.codice_fiscale, person.spouse_surname,
                                           person.matricola,      person.household};
  EXPECT_TRUE(tests::find_canaries(x_dir, values).empty());
  std::ofstream(x_dir / "control") << "zaffiretti";  // the search would have found it
  EXPECT_EQ(tests::find_canaries(x_dir, values).size(), 1u);
  const auto wrong = Reference::open(x_dir, crypto::Secret32::random());
  ASSERT_TRUE(wrong.has_error());
  EXPECT_EQ(wrong.error().code, Errc::corrupt);
  open();
  EXPECT_EQ(Reference::open(x_dir, x_secret).error().code, Errc::in_use);
}

// RocksDB prints keys in texts of corruptions and notes the least and largest of a table in the
// MANIFEST, so what an encrypted file hides must not stand in a key either.
TEST_F(ReferenceTest, HoldsHashesAndNoPersonalValueInKeysAndManifest) {
  const Resident person = resident("0000000017", "ZFFRLN51C48G478W", "0000777123");
  load({person, resident("0000000018", "ZFFRLN51C48G478X", "0000777123")});
  x_reference.reset();
  const fs::path dir = x_dir / "reference";

  const auto env = crypto::make_encrypted_env(crypto::derive(x_secret, "reference-files", {}));
  const auto tables = tests::tables_of(dir, env.get());
  ASSERT_GE(tables.size(), 4u);  // files, residents, codici fiscali, households
  std::string metadata;
  for (const auto& table : tables) metadata += table.smallestkey + '\n' + table.largestkey + '\n';
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (!entry.path().filename().string().starts_with("MANIFEST-")) continue;
    std::string manifest;
    ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), entry.path().string(), &manifest).ok());
    EXPECT_NE(manifest.find(tables.front().smallestkey), std::string::npos);  // it is decrypted
    metadata += manifest;
  }

  EXPECT_NE(metadata.find("X999"), std::string::npos);
  for (const std::string& value : {person.matricola, person.codice_fiscale, person.household})
    EXPECT_EQ(metadata.find(value), std::string::npos) << value;
  const auto files = tests::files_by_encryption(dir);
  EXPECT_TRUE(files.clear.empty()) << files.clear.front();
  EXPECT_TRUE(tests::has_manifest(files.encrypted));
}

// Copies, because an open database compacts its tables while the test damages them.
TEST_F(ReferenceTest, FindsAFlippedByteInATable) {
  load({resident("0000000017", "ZFFRLN51C48G478W", "F1")});
  x_reference.reset();
  const auto env = crypto::make_encrypted_env(crypto::derive(x_secret, "reference-files", {}));
  const auto tables = tests::live_tables(x_dir / "reference", env.get());
  ASSERT_GE(tables.size(), 4u);
  const auto damaged_is_found = [&](const fs::path& table, std::uintmax_t at) {
    const fs::path copy = x_dir / "copy";
    fs::remove_all(copy);
    fs::create_directories(copy);
    fs::copy(x_dir / "reference", copy / "reference");
    std::fstream file(copy / "reference" / table.filename(),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int before = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(before ^ 4));
    file.close();
    // Files first: an open reference may merge a small table, and its damage, away.
    if (Reference::verify_files(copy, x_secret).has_error()) return true;
    const auto opened = Reference::open(copy, x_secret);
    return opened.has_error() || opened.value()->verify().has_error();
  };
  for (const auto& table : tables) {
    const auto size = fs::file_size(table);
    for (std::uintmax_t at = 4096; at < size; at += 397)  // behind the cipher's prefix
      EXPECT_TRUE(damaged_is_found(table, at)) << table.filename() << " " << at;
  }
}

TEST(Resident, EncodesAllFieldsOrNone) {
  Resident full = resident("0000000017", "ZFFRLN51C48G478W", "F1");
  full.dead = true;
  full.birth_place_name = "PERUGIA";
  full.civil_status = "00002";
  full.kinship = "001";
  full.number_detail = "interno 3";
  full.resident_from = full.immigrated_on = full.emigrated_on = make_date(1999, 12, 31);
  full.death_date = full.spouse_birth_date = make_date(1001, 1, 1);
  full.immigrated_from = "H501";
  full.emigrated_to = "F205";
  full.spouse_matricola = "0000000018";
  full.spouse_codice_fiscale = "PRLGNN49A01G478K";
  full.spouse_name = "GIOVANNI";
  EXPECT_EQ(decode_resident(encode_resident(full).value()).value(), full);
  EXPECT_EQ(decode_resident(encode_resident({}).value()).value(), Resident{});
}

RC_GTEST_PROP(Resident, RefusesCutOrStrangeBytesWithoutCrashing, ()) {
  auto bytes = encode_resident(resident("0000000017", "ZFFRLN51C48G478W", "F1")).value();
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = *rc::gen::arbitrary<std::uint8_t>();
  const auto changed = decode_resident(bytes);
  if (changed.has_value()) RC_ASSERT(encode_resident(changed.value()).has_value());
  const auto cut = decode_resident(ByteView(bytes).first(at));
  if (cut.has_value()) RC_ASSERT(encode_resident(cut.value()).value().size() == at);
}

}  // namespace
}  // namespace cartella::store
