// A folder for a restored log's mirror: nothing in it is lost, wherever a restore is interrupted.
#include "store/restored_mirror.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace cartella::store {
namespace {

namespace fs = std::filesystem;

class RestoredMirror : public ::testing::Test {
 protected:
  RestoredMirror()
      : mirror(fs::path(::testing::TempDir()) /
               ("restored-mirror-" + std::to_string(getpid()) + "-" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(mirror);
  }
  ~RestoredMirror() override { fs::remove_all(mirror); }

  void put(const fs::path& name, const std::string& text) const {
    fs::create_directories((mirror / name).parent_path());
    std::ofstream(mirror / name) << text;
  }
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(mirror)) {
      if (!entry.is_regular_file()) continue;
      std::string text;
      std::getline(std::ifstream(entry.path()), text);
      found.push_back(entry.path().lexically_relative(mirror).string() + "=" + text);
    }
    std::ranges::sort(found);
    return found;
  }

  fs::path mirror;
  const std::vector<std::string> older{"before-restore/000001.seg=old",
                                       "before-restore/segments=old", "restore.incomplete="};
};

TEST_F(RestoredMirror, AMissingOrEmptyFolderIsTaken) {
  EXPECT_TRUE(check_mirror(mirror));
  EXPECT_FALSE(fs::exists(mirror));
  ASSERT_TRUE(set_mirror_aside(mirror));
  EXPECT_EQ(files(), std::vector<std::string>{"restore.incomplete="});
  EXPECT_FALSE(finish_mirror(mirror).value());
  EXPECT_TRUE(files().empty());
}

TEST_F(RestoredMirror, AnInterruptedRestoreIsRepeatedAndTheOlderMirrorStays) {
  put("segments", "old");
  put("000001.seg", "old");
  ASSERT_TRUE(set_mirror_aside(mirror));
  EXPECT_EQ(files(), older);
  put("segments", "of the interrupted restore");
  put("000001.seg", "of the interrupted restore");

  ASSERT_TRUE(check_mirror(mirror));
  ASSERT_TRUE(set_mirror_aside(mirror));

  EXPECT_EQ(files(), older);
  EXPECT_TRUE(finish_mirror(mirror).value());
}

TEST_F(RestoredMirror, AMoveThatWasInterruptedGoesOn) {
  for (const bool is_marked : {false, true}) {
    fs::remove_all(mirror);
    put("before-restore.new/000001.seg", "old");
    put(is_marked ? "before-restore.new/segments" : "segments", "old");
    if (is_marked) put("restore.incomplete", "");
    ASSERT_TRUE(check_mirror(mirror));
    ASSERT_TRUE(set_mirror_aside(mirror));
    EXPECT_EQ(files(), older);
  }
}

TEST_F(RestoredMirror, WhatIsNoMirrorIsLeftAlone) {
  for (const char* name : {"notes.txt", "000001.segs", "x00001.seg", "segments/x", ".seg",
                           "000001.seg/x", "before-restore"}) {
    fs::remove_all(mirror);
    put("000002.seg", "old");
    put(name, "somebody's");
    const auto before = files();
    EXPECT_EQ(check_mirror(mirror).error().code, Errc::invalid_argument) << name;
    EXPECT_EQ(set_mirror_aside(mirror).error().code, Errc::invalid_argument) << name;
    EXPECT_EQ(files(), before) << name;
  }
}

TEST_F(RestoredMirror, OneThatWasSetAsideBeforeIsNotMixedWithAnother) {
  put("before-restore/000001.seg", "old");
  put("000001.seg", "newer");
  const auto before = files();
  EXPECT_EQ(set_mirror_aside(mirror).error().code, Errc::invalid_argument);
  EXPECT_EQ(files(), before);
}

}  // namespace
}  // namespace cartella::store
