#include "keeping/erasure_register.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/file_io.h"

namespace cartella::keeping {
namespace {

crypto::Secret32 seed(std::uint8_t with) {
  Hash32 bytes{};
  bytes.fill(with);
  return crypto::Secret32(bytes);
}

template <class Id>
Id id_of(std::uint8_t with) {
  Id id;
  id.bytes.fill(with);
  return id;
}

ErasureRecord record_of(std::uint8_t number) {
  ErasureRecord record;
  record.decision = id_of<EventId>(number);
  record.position = number * 100u;
  record.decided_at = {number * 1000};
  record.owner_keys = {id_of<KeyId>(number), id_of<KeyId>(static_cast<std::uint8_t>(number + 1))};
  record.streams = {id_of<StreamId>(number)};
  record.subject = id_of<SubjectId>(static_cast<std::uint8_t>(number + 2));
  record.controller = id_of<ControllerId>(static_cast<std::uint8_t>(number + 3));
  return record;
}

class ErasureRegister : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) /
              ("erasures_" + std::to_string(getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    log_.bytes.fill(7);
    for (std::uint8_t i = 1; i <= 3; ++i)
      ASSERT_TRUE(append_erasure(folder_, log_, key_, record_of(i)));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Bytes content() const {
    return store::read_file(erasure_register_path(folder_), 1 << 20).value();
  }
  void write(const Bytes& bytes) const {
    ASSERT_TRUE(store::replace_file(erasure_register_path(folder_), bytes));
  }
  auto read() const { return read_erasures(folder_, log_, key_.public_key()); }
  // Where each record begins, with the end of the last.
  static std::vector<std::size_t> borders(const Bytes& bytes) {
    std::vector<std::size_t> at{0};
    while (at.back() < bytes.size())
      at.push_back(at.back() + 8 + load_be32(bytes.data() + at.back() + 4) + 64);
    return at;
  }

  std::filesystem::path folder_;
  LogId log_;
  crypto::Signer key_{seed(1)};
};

TEST_F(ErasureRegister, ReadsBackWhatWasAppendedInOrder) {
  const auto found = read();

  ASSERT_TRUE(found) << found.error().detail;
  ASSERT_EQ(found.value().size(), 3u);
  for (std::uint8_t i = 1; i <= 3; ++i) {
    const ErasureRecord& one = found.value()[i - 1u];
    const ErasureRecord expected = record_of(i);
    EXPECT_EQ(one.decision, expected.decision);
    EXPECT_EQ(one.position, expected.position);
    EXPECT_EQ(one.decided_at, expected.decided_at);
    EXPECT_EQ(one.owner_keys, expected.owner_keys);
    EXPECT_EQ(one.streams, expected.streams);
    EXPECT_EQ(one.subject, expected.subject);
    EXPECT_EQ(one.controller, expected.controller);
  }
}

TEST_F(ErasureRegister, IsEmptyWhereNoneStands) {
  std::filesystem::remove_all(folder_);

  const auto found = read();

  ASSERT_TRUE(found);
  EXPECT_TRUE(found.value().empty());
}

TEST_F(ErasureRegister, KeepsOneRecordOfADecisionThatIsAppendedTwice) {
  const Bytes before = content();

  ASSERT_TRUE(append_erasure(folder_, log_, key_, record_of(2)));

  EXPECT_EQ(content(), before);
}

TEST_F(ErasureRegister, CR04_FindsARecordThatWasTakenOut) {
  const Bytes bytes = content();
  const auto at = borders(bytes);
  ASSERT_EQ(at.size(), 4u);
  Bytes without(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at[1]));
  without.insert(without.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at[2]), bytes.end());
  write(without);

  EXPECT_EQ(read().error().code, Errc::corrupt);
  EXPECT_EQ(append_erasure(folder_, log_, key_, record_of(9)).error().code, Errc::corrupt);
  EXPECT_EQ(content(), without);
}

TEST_F(ErasureRegister, CR04_FindsRecordsThatChangedPlaces) {
  const Bytes bytes = content();
  const auto at = borders(bytes);
  ASSERT_EQ(at[2] - at[1], at[3] - at[2]);
  Bytes moved = bytes;
  std::rotate(moved.begin() + static_cast<std::ptrdiff_t>(at[1]),
              moved.begin() + static_cast<std::ptrdiff_t>(at[2]), moved.end());
  ASSERT_NE(moved, bytes);
  write(moved);

  EXPECT_EQ(read().error().code, Errc::corrupt);
}

TEST_F(ErasureRegister, RefusesEveryFlippedByteAndEveryCut) {
  const Bytes bytes = content();
  const auto at = borders(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes flipped = bytes;
    flipped[i] ^= 0x40;
    write(flipped);
    EXPECT_FALSE(read()) << "byte " << i;
    if (std::ranges::find(at, i) != at.end()) continue;
    write(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(i)));
    EXPECT_EQ(read().error().code, Errc::corrupt) << "cut at " << i;
  }
}

TEST_F(ErasureRegister, IsNotHurtByAnAppendThatACrashInterrupted) {
  std::ofstream(erasure_register_path(folder_).string() + ".new") << "half a regis";

  ASSERT_TRUE(append_erasure(folder_, log_, key_, record_of(4)));

  EXPECT_EQ(read().value().size(), 4u);
}

TEST_F(ErasureRegister, RefusesAnotherLogAndAnotherKey) {
  LogId other = log_;
  other.bytes[0] ^= 1;
  const crypto::Signer stranger(seed(2));

  EXPECT_EQ(read_erasures(folder_, other, key_.public_key()).error().code, Errc::corrupt);
  EXPECT_EQ(read_erasures(folder_, log_, stranger.public_key()).error().code, Errc::bad_signature);
  EXPECT_EQ(append_erasure(folder_, log_, stranger, record_of(5)).error().code, Errc::corrupt);
}

TEST_F(ErasureRegister, TakesThePlaceOfOneThatItGoesOnFromAndOfNoOther) {
  const auto other = folder_ / "altro";
  for (std::uint8_t i = 1; i <= 2; ++i)
    ASSERT_TRUE(append_erasure(other, log_, key_, record_of(i)));
  const auto take = [&] { return take_register(folder_, other, log_, key_.public_key()); };

  EXPECT_TRUE(take().value());
  EXPECT_EQ(store::read_file(erasure_register_path(other), 1 << 20).value(), content());
  EXPECT_FALSE(take().value());
  ASSERT_TRUE(append_erasure(other, log_, key_, record_of(4)));
  EXPECT_FALSE(take().value());
  ASSERT_TRUE(append_erasure(folder_, log_, key_, record_of(5)));
  const auto refused = take();

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::refused);
  EXPECT_EQ(read_erasures(other, log_, key_.public_key()).value().back().decision,
            record_of(4).decision);
}

// Known elsewhere, a person keeps the id of the subject, and has other keys when they come again.
TEST_F(ErasureRegister, CR04_ReachesNoKeyThatSomebodyGotWhoWasErasedAndCameAgain) {
  crypto::VaultOptions options;
  options.fast_passphrase = true;
  options.pool_target = 64;
  const auto vault = crypto::Vault::create(folder_, crypto::Passphrase{"prova"}, options).value();
  ErasureRecord record = record_of(1);
  const KeyId again = vault
                          ->owner_key({schema::KeyDomain::subject, record.subject.bytes,
                                       record.controller, schema::KeyClass::base})
                          .value();

  EXPECT_EQ(keys_of(*vault, record), record.owner_keys);
  record.owner_keys.clear();
  EXPECT_EQ(keys_of(*vault, record), std::vector<KeyId>{again}) << "written anew, it lists none";
}

TEST_F(ErasureRegister, CR04_ARicherOneTakesThePlaceOfOneThatWasWrittenAnewInAnotherOrder) {
  const auto other = folder_ / "altro";
  for (std::uint8_t i = 3; i >= 1; --i) {
    ErasureRecord anew = record_of(i);
    anew.owner_keys.clear();
    ASSERT_TRUE(append_erasure(other, log_, key_, anew));
  }

  EXPECT_FALSE(take_register(other, folder_, log_, key_.public_key()).value());
  EXPECT_TRUE(take_register(folder_, other, log_, key_.public_key()).value());
  EXPECT_EQ(store::read_file(erasure_register_path(other), 1 << 20).value(), content());
}

}  // namespace
}  // namespace cartella::keeping
