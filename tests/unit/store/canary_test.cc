#include "tests/support/canary.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace cartella::tests {
namespace {

namespace fs = std::filesystem;

class CanaryTest : public ::testing::Test {
 protected:
  CanaryTest()
      : x_dir(fs::path(::testing::TempDir()) / ("canary_test-" + std::to_string(getpid()))) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir / "deep" / "er");
  }
  ~CanaryTest() override { fs::remove_all(x_dir); }
  void write(const char* name, std::string_view content) const {
    std::ofstream(x_dir / name, std::ios::binary)
        << "some bytes before " << content << " and after";
  }

  fs::path x_dir;
};

TEST_F(CanaryTest, FindsEverySpellingInNestedFiles) {
  const std::string name = "Nicolò D'Artagnàn";
  write("deep/er/utf8", name);
  write("deep/latin1", "Nicol\xf2 D'Artagn\xe0n");
  write("upper", "NICOLÒ D'ARTAGNÀN");
  write("deep/latin1_upper", "NICOL\xd2 D'ARTAGN\xc0N");
  write("lower", "nicolò d'artagnàn");
  std::string utf16;
  for (const char c : std::string("Nicol\xf2 D'Artagn\xe0n")) {
    utf16.push_back(c);
    utf16.push_back('\0');
  }
  write("utf16", utf16);
  write("innocent", "nicola dartagnan");
  std::set<std::string> files;
  for (const auto& hit : find_canaries(x_dir, {name})) files.insert(hit.file.filename().string());
  EXPECT_EQ(files,
            (std::set<std::string>{"utf8", "latin1", "upper", "latin1_upper", "lower", "utf16"}));
}

TEST_F(CanaryTest, FindsAValueInAFileName) {
  write("ZAFFIRETTI.txt", "nothing");
  const auto hits = find_canaries(x_dir, {"Zaffiretti"});
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].value, "Zaffiretti");
}

TEST_F(CanaryTest, FindsNothingWhereNothingIs) {
  write("file", "ordinary words");
  EXPECT_TRUE(find_canaries(x_dir, {"Zaffiretti", "Nicolò"}).empty());
}

}  // namespace
}  // namespace cartella::tests
