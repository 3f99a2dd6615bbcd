// What stays on the disk of views that were given up.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>

#include "projections/engine.h"
#include "projections/past_views.h"
#include "tests/unit/projections/ambito.h"

namespace cartella::projections {
namespace {

using namespace cartella::projections::testing;

// The files of the tables, open; names beginning as `dir` has them.
class OpenTables {
 public:
  explicit OpenTables(const std::filesystem::path& dir) {
    for (const auto& entry : std::filesystem::directory_iterator(dir))
      if (entry.path().extension() == ".sst")
        x_fds[entry.path()] = ::open(entry.path().c_str(), O_RDONLY);
  }
  ~OpenTables() {
    for (const auto& [path, fd] : x_fds) ::close(fd);
  }
  OpenTables(const OpenTables&) = delete;
  OpenTables& operator=(const OpenTables&) = delete;
  std::size_t size() const { return x_fds.size(); }
  // Of those whose name is gone: how many, and how many of them have lost the page of the nonce.
  std::pair<std::size_t, std::size_t> gone_and_forgotten() const {
    std::size_t gone = 0;
    std::size_t forgotten = 0;
    for (const auto& [path, fd] : x_fds) {
      if (std::filesystem::exists(path)) continue;
      ++gone;
      std::string page(4096, '?');
      EXPECT_EQ(::pread(fd, page.data(), page.size(), 0), ssize_t{4096});
      if (page == std::string(4096, '\0')) ++forgotten;
    }
    return {gone, forgotten};
  }

 private:
  std::map<std::filesystem::path, int> x_fds;
};

struct ForgottenViewsTest : ::testing::Test {
  ForgottenViewsTest() {
    add_organisation(log);
    add_everyday_life(log, 12);
  }
  TestLog log;
};

TEST_F(ForgottenViewsTest, AfterARebuildNoBlockOfTheOldTablesCanBeOpened) {
  const auto dir = new_directory("a");
  const auto engine = open_engine(dir, log);
  ASSERT_TRUE(engine->catch_up());
  ASSERT_TRUE(engine->flush());
  const OpenTables tables(dir / "views");
  ASSERT_GT(tables.size(), 5u);

  ASSERT_TRUE(engine->rebuild_all());

  const auto [gone, forgotten] = tables.gone_and_forgotten();
  EXPECT_GT(gone, 5u);
  EXPECT_EQ(forgotten, gone);
}

TEST_F(ForgottenViewsTest, NoBlockOfPastViewsCanBeOpened) {
  const auto dir = new_directory("a");
  std::unique_ptr<OpenTables> tables;
  {
    const auto past = PastViews::build(dir, log, log.keys(), views_secret(), log.size());
    ASSERT_TRUE(past);
    tables = std::make_unique<OpenTables>(dir / "past" / "views");
    ASSERT_GT(tables->size(), 5u);
  }

  EXPECT_FALSE(std::filesystem::exists(dir / "past"));
  const auto [gone, forgotten] = tables->gone_and_forgotten();
  EXPECT_EQ(gone, tables->size());
  EXPECT_EQ(forgotten, gone);
}

}  // namespace
}  // namespace cartella::projections
