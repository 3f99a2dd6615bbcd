#include "crypto/shards.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "crypto/root_key.h"
#include "crypto/vault_file.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;

class ShardsTest : public ::testing::Test {
 protected:
  ShardsTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("shards_" + std::to_string(getpid()) + "_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
    fill_shards(*x_table);
  }
  ~ShardsTest() override { fs::remove_all(x_dir); }

  Result<std::unique_ptr<ShardTable>> load(const Secret32& root) const {
    auto table = std::make_unique<ShardTable>();
    CARTELLA_TRY(load_shards(x_dir, root, *table));
    return table;
  }

  fs::path x_dir;
  std::unique_ptr<ShardTable> x_table = std::make_unique<ShardTable>();
  Secret32 x_root = Secret32::random();
};

TEST_F(ShardsTest, ReadsBackWhatWasSaved) {
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  const auto loaded = load(x_root).value();
  EXPECT_EQ(loaded->epoch, x_table->epoch);
  for (std::size_t i = 0; i < kShardCount; ++i) {
    const auto shard = static_cast<std::uint8_t>(i);
    EXPECT_EQ(loaded->newest(shard).key, x_table->newest(shard).key);
    EXPECT_EQ(loaded->newest(shard).epoch, x_table->newest(shard).epoch);
  }
}

TEST_F(ShardsTest, KeepsBothKeysWhileAShardIsRewrapped) {
  const Hash32 old_key = x_table->newest(5).key;
  const std::uint64_t old_epoch = x_table->newest(5).epoch;
  x_table->begin_rewrap(5);
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  const auto both = load(x_root).value();
  ASSERT_NE(both->find(5, old_epoch), nullptr);
  EXPECT_EQ(both->find(5, old_epoch)->key, old_key);
  EXPECT_EQ(both->newest(5).key, x_table->newest(5).key);

  x_table->end_rewrap(5);
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  EXPECT_EQ(load(x_root).value()->find(5, old_epoch), nullptr);
}

TEST_F(ShardsTest, OverwritesTheReplacedFile) {
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  // A second name keeps the replaced bytes reachable, as an undelete tool would. The two links
  // make the vault think that nothing was replaced yet, so this one is a descriptor.
  std::ifstream old_file(x_dir / "shards", std::ios::binary);
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  const std::string content((std::istreambuf_iterator<char>(old_file)), {});
  EXPECT_GT(content.size(), 20000u);
  EXPECT_EQ(content.find_first_not_of('\0'), std::string::npos);
}

TEST_F(ShardsTest, FinishesAReplacementThatACrashInterrupted) {
  const fs::path file = x_dir / "shards";
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  fs::create_hard_link(file, x_dir / "shards.old");  // crash before the rename
  std::ofstream(x_dir / "shards.new") << "half";
  ASSERT_TRUE(finish_key_file(file).has_value());
  EXPECT_FALSE(fs::exists(x_dir / "shards.old"));
  EXPECT_FALSE(fs::exists(x_dir / "shards.new"));
  EXPECT_TRUE(load(x_root).has_value());

  fs::copy_file(file, x_dir / "shards.old");  // crash after the rename
  std::ifstream old_file(x_dir / "shards.old", std::ios::binary);
  ASSERT_TRUE(finish_key_file(file).has_value());
  EXPECT_FALSE(fs::exists(x_dir / "shards.old"));
  const std::string content((std::istreambuf_iterator<char>(old_file)), {});
  EXPECT_EQ(content.find_first_not_of('\0'), std::string::npos);
  EXPECT_TRUE(load(x_root).has_value());
}

TEST_F(ShardsTest, TellsAWrongKeyFromEveryKindOfDamage) {
  EXPECT_EQ(load(x_root).error().code, Errc::not_found);
  ASSERT_TRUE(save_shards(x_dir, x_root, *x_table).has_value());
  EXPECT_EQ(load(Secret32::random()).error().code, Errc::wrong_passphrase);
  const fs::path file = x_dir / "shards";
  const auto size = fs::file_size(file);
  for (std::uintmax_t at = 0; at < size; at += 97) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(at));
    const int before = stream.get();
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(before ^ 1));
    stream.flush();
    EXPECT_EQ(load(x_root).error().code, Errc::corrupt) << at;
    stream.seekp(static_cast<std::streamoff>(at));
    stream.put(static_cast<char>(before));
  }
  EXPECT_TRUE(load(x_root).has_value());
  fs::resize_file(file, size - 1);
  EXPECT_EQ(load(x_root).error().code, Errc::corrupt);
  fs::resize_file(file, 0);
  EXPECT_EQ(load(x_root).error().code, Errc::corrupt);
}

TEST_F(ShardsTest, TheRootKeyDependsOnPassphraseAndSalt) {
  const auto cost = PassphraseCost::interactive_minimum;
  const Hash32 key = [&] {
    const auto made = make_root_key(x_dir, Passphrase{"frase"}, cost).value();
    Hash32 bytes{};
    std::copy(made.view().begin(), made.view().end(), bytes.begin());
    return bytes;
  }();
  const auto same = [&](const Secret32& other) {
    return std::equal(key.begin(), key.end(), other.view().begin());
  };
  EXPECT_TRUE(same(load_root_key(x_dir, Passphrase{"frase"}).value()));
  EXPECT_FALSE(same(load_root_key(x_dir, Passphrase{"Frase"}).value()));
  EXPECT_FALSE(same(make_root_key(x_dir, Passphrase{"frase"}, cost).value()));
}

}  // namespace
}  // namespace cartella::crypto
