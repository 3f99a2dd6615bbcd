#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/store/verify_support.h"

namespace cartella::store {
namespace {

class VerifyIndexTest : public VerifyTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(VerifyTest::SetUp());
    ASSERT_NO_FATAL_FAILURE(fill_to(400));
    ASSERT_TRUE(store->publish());
    note_ = store->signed_checkpoint().value();
    close_flushed();
  }
  static ByteView id_of(const Bytes& leaf) { return ByteView(leaf).subspan(16, 16); }
  static StreamKey stream_of(const Bytes& leaf) {
    return stream_key(StreamId::from_view(ByteView(leaf).subspan(32)), load_be64(&leaf[48]));
  }
  std::string note_;
};

TEST_F(VerifyIndexTest, NamesAnEventThatTheIndexOfStreamsLost) {
  tamper([&](LogDb& db, LogBatch& batch) {
    batch.remove(Family::streams, stream_of(row(db, Family::leaves, position_key(60))));
  });
  expect_first(verify(), VerifyCheck::streams, 60);
}

TEST_F(VerifyIndexTest, NamesARowOfStreamsThatLeadsElsewhere) {
  tamper([&](LogDb& db, LogBatch& batch) {
    batch.put(Family::streams, stream_of(row(db, Family::leaves, position_key(60))),
              position_key(90));
  });
  expect_first(verify(), VerifyCheck::streams, 60);
}

TEST_F(VerifyIndexTest, NamesAnEventThatTheIndexOfIdsLost) {
  tamper([&](LogDb& db, LogBatch& batch) {
    batch.remove(Family::ids, id_of(row(db, Family::leaves, position_key(61))));
  });
  expect_first(verify(), VerifyCheck::ids, 61);
}

TEST_F(VerifyIndexTest, NamesTheEventOfAnIdThatWasAdded) {
  tamper([&](LogDb&, LogBatch& batch) {
    batch.put(Family::ids, event_number(5555).view(), position_key(61));
  });
  expect_first(verify(), VerifyCheck::ids, 61);
}

TEST_F(VerifyIndexTest, NamesAnIdThatStandsTwiceInTheLog) {
  tamper([&](LogDb& db, LogBatch& batch) {
    Bytes leaf = row(db, Family::leaves, position_key(70));
    const Bytes other = row(db, Family::leaves, position_key(40));
    std::copy_n(other.begin() + 16, 16, leaf.begin() + 16);
    batch.put(Family::leaves, position_key(70), leaf);
  });
  expect_first(verify(), VerifyCheck::ids, 70);
}

TEST_F(VerifyIndexTest, NamesAForgedReceipt) {
  tamper([&](LogDb& db, LogBatch& batch) {
    const Bytes leaf = row(db, Family::leaves, position_key(50));  // event 0 of a call
    Bytes command = row(db, Family::ids, id_of(leaf));
    ASSERT_EQ(command.size(), kCommandRowBytes);
    command[27] ^= 1;  // its time
    batch.put(Family::ids, id_of(leaf), command);
  });
  expect_first(verify(), VerifyCheck::ids, 50);
}

TEST_F(VerifyIndexTest, FindsAReceiptThatWasTakenAway) {
  tamper([&](LogDb& db, LogBatch& batch) {
    const Bytes leaf = row(db, Family::leaves, position_key(50));  // event 0 of a call
    batch.put(Family::ids, id_of(leaf), position_key(50));
  });
  const VerifyReport report = verify();
  ASSERT_EQ(report.findings.size(), 1u) << describe(report);
  EXPECT_EQ(report.findings.front().check, VerifyCheck::ids);
}

TEST_F(VerifyIndexTest, NamesAnEventThatDeniesItsPredecessorUnderATreeThatWasMadeToFit) {
  edit(Family::leaves, 60, 128);  // previous leaf hash, which no signature covers
  rebuild_tree(size_);
  const VerifyReport report = verify();
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const VerifyFinding& finding) {
    return finding.check == VerifyCheck::streams && finding.position == 60;
  })) << describe(report);
}

TEST_F(VerifyIndexTest, NamesADamagedTileOfEachLevel) {
  tamper([&](LogDb& db, LogBatch& batch) {
    Bytes tile = row(db, Family::tiles, tile_key(0, 0));
    tile[32 * 17 + 3] ^= 1;
    batch.put(Family::tiles, tile_key(0, 0), tile);
  });
  expect_first(verify(), VerifyCheck::tree, 17);
  tamper([](LogDb&, LogBatch& batch) { batch.remove(Family::tiles, tile_key(0, 0)); });
  expect_first(verify(), VerifyCheck::tree, 0);
}

TEST_F(VerifyIndexTest, FindsATileThatTheTreeDoesNotHave) {
  tamper([&](LogDb& db, LogBatch& batch) {
    batch.put(Family::tiles, tile_key(0, 1), row(db, Family::tiles, tile_key(0, 0)));
  });
  expect_first(verify(), VerifyCheck::tree, 256);
}

TEST_F(VerifyIndexTest, FindsAForgedCheckpoint) {
  const crypto::Signer other(crypto::Secret32(hash_number(12)));
  const std::string forged =
      crypto::sign_checkpoint({"cartella/test/1", 100, hash_number(1)}, other);
  tamper([&](LogDb&, LogBatch& batch) {
    batch.put(Family::checkpoints, position_key(100), as_bytes(forged));
  });
  expect_first(verify(), VerifyCheck::checkpoints, 100);
}

TEST_F(VerifyIndexTest, AcceptsACheckpointThatWasKeptElsewhere) {
  verify_options.against = note_;
  const VerifyReport report = verify();
  EXPECT_TRUE(report.is_sound()) << describe(report);
}

TEST_F(VerifyIndexTest, SeesFromACheckpointThatTheDirectoryIsAnOlderCopy) {
  const auto copy = root / "older";
  std::filesystem::copy(dir(), copy, std::filesystem::copy_options::recursive);
  reopen();
  fill_to(500);
  verify_options.against = store->signed_checkpoint().value();
  store.reset();

  const auto report = verify_log(copy, verify_options);

  ASSERT_TRUE(report) << report.error().detail;
  expect_first(report.value(), VerifyCheck::rollback, size_);
}

TEST_F(VerifyIndexTest, SeesACheckpointOfAnotherHistoryAndOfAnotherLog) {
  verify_options.against =
      crypto::sign_checkpoint({"cartella/test/1", 100, hash_number(1)}, log_key);
  const VerifyReport forked = verify();
  ASSERT_EQ(forked.findings.size(), 1u);
  EXPECT_EQ(forked.findings[0].check, VerifyCheck::checkpoints);

  verify_options.against =
      crypto::sign_checkpoint({"cartella/other/1", 100, hash_number(1)}, log_key);
  const VerifyReport foreign = verify();
  ASSERT_EQ(foreign.findings.size(), 1u);
  EXPECT_EQ(foreign.findings[0].check, VerifyCheck::checkpoints);
  EXPECT_FALSE(foreign.findings[0].position);
}

TEST_F(VerifyIndexTest, FindsAFlippedBitInAFile) {
  for (const auto& entry : std::filesystem::directory_iterator(log_path(dir()))) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 50000) continue;
    std::fstream file(entry.path(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekg(20000);
    const int byte = file.get();
    file.seekp(20000);
    file.put(static_cast<char>(byte ^ 4));
  }
  const VerifyReport report = verify();
  EXPECT_TRUE(std::any_of(report.findings.begin(), report.findings.end(), [](const auto& finding) {
    return finding.check == VerifyCheck::files;
  })) << describe(report);
}

TEST_F(VerifyIndexTest, FindsALostJournalSegment) {
  for (const auto& entry : std::filesystem::directory_iterator(dir() / "journal")) {
    if (entry.path().extension() == ".seg") std::filesystem::remove(entry.path());
  }
  const VerifyReport report = verify();
  ASSERT_EQ(report.findings.size(), 1u) << describe(report);
  EXPECT_EQ(report.findings[0].check, VerifyCheck::journal);
}

TEST_F(VerifyIndexTest, TheTreeAloneSaysNothingOfBodies) {
  verify_options.tree_only = true;
  edit(Family::bodies, 50, 150);
  EXPECT_TRUE(verify().is_sound());
  edit(Family::leaves, 51, 184);
  expect_first(verify(), VerifyCheck::tree, 51);
}

TEST_F(VerifyIndexTest, AKeyEventWhoseBodyIsGoneIsDamagedAndNotErased) {
  tamper([](LogDb& db, LogBatch& batch) {
    Bytes row;
    ASSERT_TRUE(db.get(Family::bodies, position_key(1), row).value());
    auto body = crypto::decode_body(row).value();
    for (Bytes& segment : body.segments) segment.clear();
    Bytes emptied;
    crypto::encode_body(body, emptied);
    batch.put(Family::bodies, position_key(1), emptied);
  });
  const VerifyReport report = verify();
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const auto& finding) {
    return finding.check == VerifyCheck::bodies && finding.position == 1u;
  })) << describe(report);
}

TEST_F(VerifyIndexTest, FindsTheSameOnOneThread) {
  verify_options.threads = 1;
  verify_options.memory_bytes_max = 1;
  edit(Family::bodies, 50, 150);
  expect_first(verify(), VerifyCheck::bodies, 50);
}

}  // namespace
}  // namespace cartella::store
