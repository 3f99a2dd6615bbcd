#include "ops/registry_scan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace cartella::ops {
namespace {

namespace json = boost::json;

RegistryScan scan_with(std::vector<std::uint64_t> matricole) {
  RegistryScan scan;
  scan.matricole = std::move(matricole);
  for (std::size_t i = 0; i < scan.matricole.size(); ++i) {
    scan.lines.push_back(i + 1);
    if (scan.matricole[i] == 0) scan.faults.push_back({i + 1, "", false, "short_record"});
  }
  return scan;
}

TEST(RegistryScan, DeducesTheMatricolaThatAllFilesLeaveFree) {
  std::vector<RegistryScan> scans = {scan_with({79, 0, 85}), scan_with({80, 81, 82, 83})};

  deduce_matricole(scans);

  EXPECT_EQ(scans[0].faults[0].matricola, "0000000084");
  EXPECT_TRUE(scans[0].faults[0].deduced);
}

TEST(RegistryScan, DeducesARunOfShortRecordsInOrder) {
  std::vector<RegistryScan> scans = {scan_with({5, 0, 0, 8})};

  deduce_matricole(scans);

  EXPECT_EQ(scans[0].faults[0].matricola, "0000000006");
  EXPECT_EQ(scans[0].faults[1].matricola, "0000000007");
}

TEST(RegistryScan, LeavesTheMatricolaUnknownWhereTheGapHasSeveralAnswers) {
  std::vector<RegistryScan> scans = {scan_with({79, 0, 85, 0})};

  deduce_matricole(scans);

  EXPECT_TRUE(scans[0].faults[0].matricola.empty());
  EXPECT_TRUE(scans[0].faults[1].matricola.empty());
}

TEST(RegistryScan, RefusesAFileThatIsNotThere) {
  EXPECT_EQ(scan_registry_file("/nonexistent/ANA_PER_E256_20260630.txt").error().code, Errc::io);
}

TEST(RegistryScan, RefusesAFileWithMoreRecordsThanItRemembers) {
  const auto dir =
      std::filesystem::path(::testing::TempDir()) / ("registry_scan-" + std::to_string(getpid()));
  std::filesystem::create_directories(dir);
  const auto file = dir / "ANA_PER_E256_20260630.txt";
  std::ofstream(file) << "x\ny\nz\n";

  const auto three = scan_registry_file(file, 3);
  const auto two = scan_registry_file(file, 2);

  std::filesystem::remove_all(dir);
  ASSERT_TRUE(three) << three.error().detail;
  EXPECT_EQ(three.value().records, 3u);
  EXPECT_EQ(two.error().code, Errc::invalid_input);
}

class RegistrySamples : public ::testing::TestWithParam<const char*> {};

TEST_P(RegistrySamples, GiveExactlyTheExpectedCountsAndFaults) {
  const std::filesystem::path sample =
      std::filesystem::path(CARTELLA_SHARED_DIR) / "samples" / GetParam();
  if (!std::filesystem::exists(sample)) {
    const char* ci = std::getenv("CI");
    ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << "samples are missing";
    GTEST_SKIP() << "shared/samples is not here";
  }
  std::ostringstream text;
  text << std::ifstream(sample / "expected.json").rdbuf();
  const json::value expected = json::parse(text.str());

  std::vector<RegistryScan> scans;
  for (const auto& entry : std::filesystem::directory_iterator(sample / "registry")) {
    auto scan = scan_registry_file(entry.path());
    ASSERT_TRUE(scan.has_value()) << scan.error().detail;
    scans.push_back(std::move(scan).value());
  }
  deduce_matricole(scans);

  std::set<std::string> faults;
  std::uint64_t people = 0;
  for (const RegistryScan& scan : scans) {
    if (scan.name.kind != RegistryFileKind::people) continue;
    people += scan.records;
    EXPECT_EQ(scan.records,
              expected.at("people_by_comune").at(scan.name.comune).to_number<std::uint64_t>());
    EXPECT_EQ(scan.accepted, scan.records - scan.faults.size());
    for (const RegistryFault& fault : scan.faults)
      faults.insert(scan.name.comune + ' ' + fault.matricola + ' ' + fault.reason);
  }
  std::set<std::string> wanted;
  for (const json::value& fault : expected.at("registry_faults").as_array())
    wanted.insert(std::string(fault.at("comune").as_string()) + ' ' +
                  std::string(fault.at("matricola").as_string()) + ' ' +
                  std::string(fault.at("fault").as_string()));
  EXPECT_EQ(people, expected.at("people").to_number<std::uint64_t>());
  EXPECT_EQ(faults, wanted);
}

INSTANTIATE_TEST_SUITE_P(Samples, RegistrySamples, ::testing::Values("zona7", "ambito28"));

}  // namespace
}  // namespace cartella::ops
