#include "ops/demo_data.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "ops/import_source.h"
#include "ops/registry_scan.h"

namespace cartella::ops {
namespace {

namespace json = boost::json;

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::filesystem::path demo_dir(const char* name, std::uint64_t seed) {
  const auto dir = std::filesystem::path(::testing::TempDir()) /
                   (std::string(name) + "-" + std::to_string(getpid()));
  std::filesystem::remove_all(dir);
  const Status written = write_demo_data(dir, {.seed = seed, .people = 3000, .progress = {}});
  EXPECT_TRUE(written.has_value());
  return dir;
}

TEST(DemoData, GivesTheSameBytesForTheSameSeed) {
  const auto first = demo_dir("demo_a", 7);
  const auto second = demo_dir("demo_b", 7);
  const auto other = demo_dir("demo_c", 8);

  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(first)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const auto same = second / std::filesystem::relative(entry.path(), first);
    EXPECT_EQ(text_of(entry.path()), text_of(same)) << same;
  }
  EXPECT_GT(files, 100u);
  EXPECT_NE(text_of(first / "expected.json"), text_of(other / "expected.json"));
}

TEST(DemoData, MakesRegistriesWhoseFaultsAreThoseItTells) {
  const auto dir = demo_dir("demo_registry", 3);
  const json::value expected = json::parse(text_of(dir / "expected.json"));

  std::vector<RegistryScan> scans;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "registry")) {
    auto scan = scan_registry_file(entry.path());
    ASSERT_TRUE(scan.has_value());
    scans.push_back(std::move(scan).value());
  }
  deduce_matricole(scans);
  EXPECT_EQ(scans.size(), 84u);

  std::multiset<std::string> found;
  std::multiset<std::string> told;
  std::uint64_t people = 0;
  for (const RegistryScan& scan : scans) {
    if (scan.name.kind == RegistryFileKind::people) people += scan.records;
    for (const RegistryFault& fault : scan.faults)
      found.insert(scan.name.comune + fault.matricola + fault.reason);
    EXPECT_TRUE(scan.warnings.empty()) << scan.warnings[0].reason;
  }
  for (const json::value& fault : expected.at("registry_faults").as_array())
    told.insert(std::string(fault.at("comune").as_string()) +
                std::string(fault.at("matricola").as_string()) +
                std::string(fault.at("fault").as_string()));
  EXPECT_EQ(people, expected.at("people").to_number<std::uint64_t>());
  EXPECT_FALSE(told.empty());
  EXPECT_EQ(found, told);
}

TEST(DemoData, MakesTablesWhoseTotalsAndRefusalsAreThoseItTells) {
  const auto dir = demo_dir("demo_tables", 5);
  const json::value expected = json::parse(text_of(dir / "expected.json"));
  Rejects rejects;

  auto source = read_source(dir / "predecessor", rejects);
  ASSERT_TRUE(source.has_value()) << source.error().detail;

  std::set<std::string> found;
  for (const Reject& row : rejects.sorted())
    if (row.severity == Severity::rejected) found.insert(row.table + row.id + row.reason);
  std::set<std::string> told;
  for (const json::value& row : expected.at("rejected").as_array())
    told.insert(std::string(row.at("table").as_string()) +
                std::to_string(row.at("id").to_number<std::int64_t>()) +
                std::string(row.at("why").as_string()));
  EXPECT_FALSE(told.empty());
  EXPECT_EQ(found, told);

  std::map<std::string, std::int64_t> spend;
  for (const SourceBenefit& benefit : source.value().benefits)
    for (const SourceDelivery& delivery : benefit.deliveries)
      spend[benefit.inps_code] += delivery.amount;
  for (const auto& [code, cents] : expected.at("spend_cents_by_prestazione").as_object())
    EXPECT_EQ(spend[std::string(code)], cents.to_number<std::int64_t>()) << code;
  EXPECT_EQ(source.value().cards.size(),
            expected.at("accesses_total").at("all").to_number<std::size_t>());
  EXPECT_EQ(source.value().cases.size(), expected.at("cases").to_number<std::size_t>());
}

TEST(DemoData, RefusesAFolderThatIsNotEmptyAndSizesWithoutSense) {
  const auto dir = demo_dir("demo_full", 1);

  EXPECT_EQ(write_demo_data(dir, {}).error().code, Errc::invalid_argument);
  const auto fresh = dir / "new";
  EXPECT_EQ(write_demo_data(fresh, {.seed = 1, .people = 10, .progress = {}}).error().code,
            Errc::invalid_argument);
}

}  // namespace
}  // namespace cartella::ops
