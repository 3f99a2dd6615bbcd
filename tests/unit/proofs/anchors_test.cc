#include "proofs/anchors.h"

#include <gtest/gtest.h>

#include "store/file_io.h"

namespace cartella::proofs {
namespace {

class Anchors : public ::testing::Test {
 protected:
  Anchors() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    dir = std::filesystem::path(::testing::TempDir()) / (std::string("anchors-") + test->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
  }
  ~Anchors() override { std::filesystem::remove_all(dir); }
  std::filesystem::path only_file() const {
    for (const auto& entry : std::filesystem::directory_iterator(dir / "anchors"))
      return entry.path();
    return {};
  }
  std::filesystem::path dir;
};

Anchor sample(std::uint64_t size) { return {size, "note\n\nsigned\n", {{1, 2, 3}, {}}}; }

TEST_F(Anchors, ReturnWhatWasPutAndReplaceIt) {
  const auto folder = AnchorFolder::open(dir);
  ASSERT_TRUE(folder.has_value());
  ASSERT_TRUE(folder.value().put(sample(7)).has_value());
  Anchor more = sample(7);
  more.note += "more\n";
  ASSERT_TRUE(folder.value().put(more).has_value());
  const auto found = AnchorFolder::open(dir).value().find(7);
  ASSERT_TRUE(found.has_value() && found.value().has_value());
  EXPECT_EQ(found.value()->note, more.note);
  EXPECT_EQ(found.value()->time_stamps, more.time_stamps);
}

TEST_F(Anchors, AreListedBySizeAndForgotten) {
  const auto folder = AnchorFolder::open(dir).value();
  for (const std::uint64_t size : std::vector<std::uint64_t>{1000, 9, UINT64_MAX})
    ASSERT_TRUE(folder.put(sample(size)).has_value());
  std::filesystem::copy_file(dir / "anchors" / "00000000000000000009.anchor",
                             dir / "anchors" / "9.anchor");
  EXPECT_EQ(folder.sizes().value(), (std::vector<std::uint64_t>{9, 1000, UINT64_MAX}));
  ASSERT_TRUE(folder.remove(1000).has_value());
  ASSERT_TRUE(folder.remove(1000).has_value());
  EXPECT_EQ(folder.sizes().value(), (std::vector<std::uint64_t>{9, UINT64_MAX}));
  EXPECT_FALSE(folder.find(1000).value().has_value());
}

TEST_F(Anchors, ThatAreTooLongAreRefused) {
  const auto folder = AnchorFolder::open(dir).value();
  Anchor anchor = sample(7);
  anchor.time_stamps[1] = Bytes(kAnchorBytesMax, 1);
  EXPECT_EQ(folder.put(anchor).error().code, Errc::invalid_argument);
  EXPECT_TRUE(folder.sizes().value().empty());
}

TEST_F(Anchors, AreCorruptWithAnyChangedByteOrAnyMissingEnd) {
  const auto folder = AnchorFolder::open(dir).value();
  ASSERT_TRUE(folder.put(sample(7)).has_value());
  const Bytes whole = store::read_file(only_file(), kAnchorBytesMax).value();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes changed = whole;
    changed[at] ^= 1;
    ASSERT_TRUE(store::replace_file(only_file(), changed).has_value());
    EXPECT_EQ(folder.find(7).error().code, Errc::corrupt) << at;
    ASSERT_TRUE(store::replace_file(only_file(), ByteView(whole).first(at)).has_value());
    EXPECT_EQ(folder.find(7).error().code, Errc::corrupt) << at;
  }
}

TEST_F(Anchors, UnderTheNameOfAnotherSizeAreCorrupt) {
  const auto folder = AnchorFolder::open(dir).value();
  ASSERT_TRUE(folder.put(sample(7)).has_value());
  std::filesystem::rename(only_file(), dir / "anchors" / "00000000000000000008.anchor");
  EXPECT_EQ(folder.find(8).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace cartella::proofs
