#include "ops/registry_file.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>

namespace cartella::ops {
namespace {

const Date kExported = make_date(2026, 6, 30).value();

void put(std::string& record, std::size_t start, std::string_view text) {
  record.replace(start, text.size(), text);
}

// An invented resident; fields by their offsets in predecessor.md 4.5.
std::string good_record() {
  std::string record(665, ' ');
  put(record, 0, "A");
  put(record, 1, "D'AMBROSIO/NICCOL\xD2");
  put(record, 101, "DMBNCL23H30H935R");
  put(record, 117, "1");
  put(record, 118, "19230630");
  put(record, 126, "M");
  put(record, 127, "H935");
  put(record, 188, "20190417");
  put(record, 196, "00012175");
  put(record, 206, "A");
  put(record, 285, "ITALIANA");
  put(record, 343, "00000000010000000007");
  put(record, 525, "2");
  return record;
}

std::string_view fault_of(const std::string& record) {
  return parse_registry_record(record, 1, kExported).fault;
}

TEST(RegistryFile, ReadsAResidentAndTurnsLatin1IntoUtf8) {
  const RegistryRecord record = parse_registry_record(good_record(), 4, kExported);

  EXPECT_TRUE(record.fault.empty());
  EXPECT_EQ(record.line, 4u);
  EXPECT_EQ(record.person.surname, "D'AMBROSIO");
  EXPECT_EQ(record.person.name, "NICCOLÒ");
  EXPECT_EQ(record.person.birth_date, make_date(1923, 6, 30));
  EXPECT_EQ(record.person.street_code, "00012");
  EXPECT_EQ(record.person.number, "175/A");
  EXPECT_EQ(record.person.matricola, "0000000001");
  EXPECT_EQ(record.person.household, "0000000007");
  EXPECT_EQ(record.person.civil_status, "2");
  EXPECT_TRUE(record.warnings.empty());
}

TEST(RegistryFile, NamesEachFaultOfARecord) {
  const auto with = [](std::size_t start, std::string_view text) {
    std::string record = good_record();
    put(record, start, text);
    return record;
  };

  EXPECT_EQ(fault_of(good_record().substr(0, 90)), "short_record");
  EXPECT_EQ(fault_of(good_record().substr(0, 664)), "short_record");
  EXPECT_EQ(fault_of(good_record() + " "), "long_record");
  EXPECT_EQ(fault_of(with(40, "\x01")), "bad_character");
  EXPECT_EQ(fault_of(with(343, "12X4567890")), "bad_matricola");
  EXPECT_EQ(fault_of(with(0, "X")), "bad_status");
  EXPECT_EQ(fault_of(with(11, " ")), "bad_name");
  EXPECT_EQ(fault_of(with(126, "Q")), "bad_sex");
  EXPECT_EQ(fault_of(with(116, "S")), "bad_cf_check");
  EXPECT_EQ(fault_of(with(101, "9999999999999999")), "bad_cf_form");
  EXPECT_EQ(fault_of(with(118, "19990231")), "impossible_birth_date");
  EXPECT_EQ(fault_of(with(118, "20990101")), "impossible_birth_date");
  EXPECT_EQ(fault_of(with(363, "20261301")), "impossible_date");
}

TEST(RegistryFile, KeepsOnlyTheMatricolaOfAFaultyRecord) {
  std::string record = good_record();
  put(record, 118, "19990231");

  const RegistryRecord parsed = parse_registry_record(record, 1, kExported);

  EXPECT_EQ(parsed.person.matricola, "0000000001");
  EXPECT_TRUE(parsed.person.surname.empty());
  EXPECT_TRUE(parsed.person.codice_fiscale.empty());
}

TEST(RegistryFile, WarnsWhenTheCodiceFiscaleTellsOfAnotherPerson) {
  std::string record = good_record();
  put(record, 126, "F");
  put(record, 118, "19230701");

  const RegistryRecord parsed = parse_registry_record(record, 1, kExported);

  EXPECT_TRUE(parsed.fault.empty());
  EXPECT_EQ(parsed.warnings,
            (std::vector<std::string>{"cf_mismatch_sex", "cf_mismatch_birth_date"}));
}

TEST(RegistryFile, ReadsKindComuneAndDateFromTheName) {
  auto people = parse_registry_file_name("/x/ANA_PER_E256_20260630.txt");
  auto statuses = parse_registry_file_name("ANA_STACIV_D108_20260630120000.txt");

  ASSERT_TRUE(people.has_value() && statuses.has_value());
  EXPECT_EQ(people.value().comune, "E256");
  EXPECT_EQ(people.value().date, kExported);
  EXPECT_EQ(statuses.value().kind, RegistryFileKind::civil_statuses);
  for (const char* bad : {"ANA_PER_E256.txt", "ANA_PER_256E_20260630.txt", "PER_E256_20260630.txt",
                          "ANA_PER_E256_20261330.txt", "ANA_PER_E256_202606.txt"})
    EXPECT_EQ(parse_registry_file_name(bad).error().code, Errc::invalid_input) << bad;
}

TEST(RegistryFile, ReadsStreetsAndReportsLinesThatAreTooShort) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "ANA_VIE_E256_20260630.txt";
  std::ofstream(file, std::ios::binary) << "00001VIA            ROMA     \r\n00002VIA\r\n";

  auto codes = read_registry_codes(file, RegistryFileKind::streets);

  ASSERT_TRUE(codes.has_value());
  ASSERT_EQ(codes.value().codes.size(), 1u);
  EXPECT_EQ(codes.value().codes[0].code, "00001");
  EXPECT_EQ(codes.value().codes[0].label, "VIA ROMA");
  EXPECT_EQ(codes.value().faulty_lines, (std::vector<std::uint64_t>{2}));
}

TEST(RegistryFile, CutsALineWithoutEndInsteadOfHoldingIt) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "ANA_PER_E256_20260630.txt";
  std::ofstream(file, std::ios::binary) << std::string(3'000'000, 'A') << "\n" << good_record();

  auto reader = RegistryReader::open(file, kExported);
  ASSERT_TRUE(reader.has_value());
  RegistryRecord record;

  ASSERT_TRUE(reader.value().next(record).value());
  EXPECT_EQ(record.fault, "long_record");
  ASSERT_TRUE(reader.value().next(record).value());
  EXPECT_TRUE(record.fault.empty());
  EXPECT_FALSE(reader.value().next(record).value());
}

RC_GTEST_PROP(RegistryFile, AcceptsNoRandomBytes, (std::string bytes)) {
  RC_ASSERT(!parse_registry_record(bytes, 1, kExported).fault.empty());
}

RC_GTEST_PROP(RegistryFile, SurvivesAnyChangeOfAGoodRecord, ()) {
  std::string record = good_record();
  const auto at = *rc::gen::inRange<std::size_t>(0, record.size());
  record[at] = *rc::gen::arbitrary<char>();
  const RegistryRecord parsed = parse_registry_record(record, 1, kExported);
  RC_ASSERT(parsed.line == 1u);
}

}  // namespace
}  // namespace cartella::ops
