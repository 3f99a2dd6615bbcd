#include "store/verify.h"

#include <gtest/gtest.h>

#include "tests/unit/store/verify_support.h"

namespace cartella::store {
namespace {

constexpr std::size_t kRecordedAt = 56 + 6;  // a byte of recorded_at, which no one signs
constexpr std::size_t kSignatureAt = 184;

TEST_F(VerifyTest, FindsNothingInASoundLogAndCountsIt) {
  fill_to(600);
  ASSERT_TRUE(store->publish());
  const Hash32 root_before = root_now();
  close_flushed();

  const VerifyReport report = verify();

  EXPECT_TRUE(report.is_sound()) << describe(report);
  EXPECT_EQ(report.size, size_);
  EXPECT_EQ(report.root, root_before);
  EXPECT_EQ(report.signatures, 2 + (size_ - 2) / 3 * 2);
  EXPECT_EQ(report.tiles, size_ / 256);
  EXPECT_EQ(report.streams, 2u + 7 + 5 + 1);
  EXPECT_GE(report.checkpoints, 1u);
}

TEST_F(VerifyTest, FindsNothingInAStoreThatIsInUse) {
  fill_to(600);
  ASSERT_TRUE(store->publish());
  std::uint64_t last_done = 0;
  verify_options.progress = [&](std::uint64_t done, std::uint64_t) { last_done = done; };

  const auto report = verify_log(*store, verify_options);

  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report.value().is_sound()) << describe(report.value());
  EXPECT_EQ(report.value().size, store->size());
  EXPECT_EQ(report.value().root, root_now());
  EXPECT_EQ(last_done, store->size());
}

TEST_F(VerifyTest, ReadsRowsThatACrashLeftInTheJournalOnly) {
  fill_to(100);
  ASSERT_TRUE(store->flush());
  fill_to(400);
  const Hash32 root_before = root_now();
  const auto copy = root / "copy";
  std::filesystem::copy(dir(), copy, std::filesystem::copy_options::recursive);

  const auto report = verify_log(copy, verify_options);

  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report.value().is_sound()) << describe(report.value());
  EXPECT_EQ(report.value().root, root_before);
  EXPECT_GT(report.value().journal_records, 90u);
}

TEST_F(VerifyTest, CountsTheRecordsOfTheJournalThatOnlyTheMirrorHas) {
  options.journal_mirror_dir = root / "mirror";
  verify_options.store.journal_mirror_dir = options.journal_mirror_dir;
  reopen();
  fill_to(100);
  const auto copy = root / "copy";
  std::filesystem::copy(dir(), copy, std::filesystem::copy_options::recursive);
  ASSERT_EQ(verify_log(copy, verify_options).value().journal_healed, 0u);

  const auto segment = copy / "journal" / "000001.seg";
  Bytes bytes = read_file(segment, 64u << 20).value();
  std::size_t at = 4096;  // of the second record or a later one
  while (at < bytes.size() && as_text(ByteView(bytes).subspan(at, 4)) != "CRJ1") at += 4096;
  ASSERT_LT(at, bytes.size());
  bytes[at + 200] ^= 1;
  std::ofstream(segment, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const auto report = verify_log(copy, verify_options);

  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_TRUE(report.value().is_sound()) << describe(report.value());
  EXPECT_EQ(report.value().journal_healed, 1u);

  // An opening takes the record from there, and says so once.
  EXPECT_EQ(store->healed_records(), 0u);
  StoreOptions elsewhere = options;
  elsewhere.journal_mirror_dir = root / "mirror-copy";
  std::filesystem::copy(options.journal_mirror_dir, elsewhere.journal_mirror_dir,
                        std::filesystem::copy_options::recursive);
  for (const std::uint64_t healed : {1u, 0u}) {
    const auto opened = Store::open(copy, log_key, clock, elsewhere);
    ASSERT_TRUE(opened) << opened.error().detail;
    EXPECT_EQ(opened.value()->healed_records(), healed);
  }
}

TEST_F(VerifyTest, RefusesAStoreInUseAndADirectoryWithoutOne) {
  EXPECT_EQ(verify_log(dir(), verify_options).error().code, Errc::in_use);
  EXPECT_EQ(verify_log(root / "none", verify_options).error().code, Errc::not_found);
}

TEST_F(VerifyTest, NamesAnEditedLeafInAFullTile) {
  fill_to(600);
  close_flushed();
  edit(Family::leaves, 300, kRecordedAt);
  expect_first(verify(), VerifyCheck::tree, 300);
}

TEST_F(VerifyTest, NamesAnEditedLeafThatTheJournalStillHas) {
  fill_to(600);
  store.reset();
  edit(Family::leaves, 590, kRecordedAt);
  const VerifyReport report = verify();
  const auto journal =
      std::find_if(report.findings.begin(), report.findings.end(),
                   [](const auto& finding) { return finding.check == VerifyCheck::journal; });
  ASSERT_NE(journal, report.findings.end());
  EXPECT_EQ(journal->position, 590u);
}

TEST_F(VerifyTest, FindsAnEditedLeafBehindTheLastFullTile) {
  fill_to(530);
  ASSERT_TRUE(store->publish());
  const std::uint64_t published = store->size();
  fill_to(600);
  close_flushed();
  edit(Family::leaves, size_ - 1, kRecordedAt + 1);
  // Only the root says so: what it says lies behind the last checkpoint that still fits.
  expect_first(verify(), VerifyCheck::tree, published);
}

TEST_F(VerifyTest, NamesAnEditedBody) {
  fill_to(600);
  close_flushed();
  edit(Family::bodies, 123, 150);
  expect_first(verify(), VerifyCheck::bodies, 123);
  edit(Family::bodies, 77, 10);
  expect_first(verify(), VerifyCheck::bodies, 77);
}

TEST_F(VerifyTest, NamesTheFirstOfTwoSwappedEvents) {
  fill_to(600);
  close_flushed();
  tamper([&](LogDb& db, LogBatch& batch) {
    for (const Family family : {Family::leaves, Family::bodies}) {
      batch.put(family, position_key(100), row(db, family, position_key(200)));
      batch.put(family, position_key(200), row(db, family, position_key(100)));
    }
  });
  expect_first(verify(), VerifyCheck::leaves, 100);
}

TEST_F(VerifyTest, NamesReorderedEventsWhosePositionsWereRewritten) {
  fill_to(600);
  close_flushed();
  tamper([&](LogDb& db, LogBatch& batch) {
    for (const auto& [from, to] : {std::pair{100u, 200u}, std::pair{200u, 100u}}) {
      Bytes leaf = row(db, Family::leaves, position_key(from));
      store_be64(&leaf[8], to);
      batch.put(Family::leaves, position_key(to), leaf);
      batch.put(Family::bodies, position_key(to), row(db, Family::bodies, position_key(from)));
    }
  });
  expect_first(verify(), VerifyCheck::tree, 100);
}

TEST_F(VerifyTest, NamesADeletedLeafAndADeletedBody) {
  fill_to(600);
  close_flushed();
  tamper([](LogDb&, LogBatch& batch) { batch.remove(Family::bodies, position_key(400)); });
  expect_first(verify(), VerifyCheck::bodies, 400);
  tamper([](LogDb&, LogBatch& batch) { batch.remove(Family::leaves, position_key(150)); });
  expect_first(verify(), VerifyCheck::leaves, 150);
}

TEST_F(VerifyTest, NamesADuplicateInPlaceAndOneAtTheEnd) {
  fill_to(600);
  close_flushed();
  const auto duplicate = [&](std::uint64_t from, std::uint64_t to) {
    tamper([&](LogDb& db, LogBatch& batch) {
      for (const Family family : {Family::leaves, Family::bodies}) {
        batch.put(family, position_key(to), row(db, family, position_key(from)));
      }
    });
  };
  duplicate(250, size_);
  expect_first(verify(), VerifyCheck::leaves, size_);
  duplicate(250, 251);
  expect_first(verify(), VerifyCheck::leaves, 251);
}

TEST_F(VerifyTest, FindsATruncatedTailFromAStoredCheckpoint) {
  fill_to(600);
  ASSERT_TRUE(store->publish());
  close_flushed();
  const std::uint64_t cut = 560;
  tamper([&](LogDb& db, LogBatch& batch) {
    for (std::uint64_t position = cut; position < size_; ++position) {
      const Bytes leaf = row(db, Family::leaves, position_key(position));
      batch.remove(Family::leaves, position_key(position));
      batch.remove(Family::bodies, position_key(position));
      batch.remove(Family::ids, ByteView(leaf).subspan(16, 16));
      batch.remove(Family::streams, stream_key(StreamId::from_view(ByteView(leaf).subspan(32)),
                                               load_be64(&leaf[48])));
    }
  });
  std::filesystem::remove_all(dir() / "journal");
  rebuild_tree(cut);
  expect_first(verify(), VerifyCheck::rollback, cut);
}

TEST_F(VerifyTest, FindsAHistoryThatWasRewrittenWithAllItsTiles) {
  fill_to(280);
  ASSERT_TRUE(store->publish());
  const std::uint64_t early = store->size();
  fill_to(600);
  ASSERT_TRUE(store->publish());
  close_flushed();
  edit(Family::leaves, size_ - 2, kRecordedAt + 1);
  std::filesystem::remove_all(dir() / "journal");
  rebuild_tree(size_);
  expect_first(verify(), VerifyCheck::checkpoints, early);
}

TEST_F(VerifyTest, TellsOfAHeadCopyThatWasRemoved) {
  fill_to(20);
  ASSERT_TRUE(store->publish());
  close_flushed();
  EXPECT_TRUE(verify().is_sound());
  std::filesystem::remove_all(dir() / "head");
  const VerifyReport report = verify();
  ASSERT_EQ(report.findings.size(), 1u) << describe(report);
  EXPECT_EQ(report.findings[0].check, VerifyCheck::checkpoints);
}

TEST_F(VerifyTest, NamesAForgedSignatureAndAnUnknownSigner) {
  fill_to(300);
  const std::uint64_t position = store->size();
  Call call;
  call.events.push_back(clear_event(9001, 0, schema::LeafKind::configuration,
                                    clear_body(schema::EventType::configuration_set, Bytes(8)),
                                    server_));
  append(std::move(call));
  close_flushed();
  sign_again(position, crypto::Signer(crypto::Secret32(hash_number(77))));
  rebuild_tree(size_);
  expect_first(verify(), VerifyCheck::signatures, position);

  edit(Family::leaves, 2, kSignatureAt + 5);
  rebuild_tree(size_);
  const VerifyReport report = verify();
  expect_first(report, VerifyCheck::signatures, 2);
}

TEST_F(VerifyTest, NamesWhatARevokedKeySignedAfterwards) {
  const crypto::Signer clerk(crypto::Secret32(hash_number(78)));
  const auto add_event = [&](std::uint64_t command, schema::LeafKind kind, crypto::SegmentPlan body,
                             const crypto::Signer& signer) {
    Call call;
    call.events.push_back(clear_event(command, 0, kind, std::move(body), signer));
    append(std::move(call));
  };
  const auto setting = [] { return clear_body(schema::EventType::configuration_set, Bytes(8)); };
  add_event(9010, schema::LeafKind::key, enrolled_body(clerk), server_);    // 2
  add_event(9011, schema::LeafKind::configuration, setting(), clerk);       // 3
  add_event(9012, schema::LeafKind::key, revoked_body(clerk, 3), server_);  // 4
  add_event(9013, schema::LeafKind::configuration, setting(), server_);     // 5
  const auto before = verify_log(*store, verify_options);
  ASSERT_TRUE(before);
  EXPECT_TRUE(before.value().is_sound()) << describe(before.value());
  EXPECT_EQ(before.value().revoked_later, 1u);

  add_event(9014, schema::LeafKind::configuration, setting(), server_);  // 6
  close_flushed();
  sign_again(6, clerk);
  rebuild_tree(size_);

  expect_first(verify(), VerifyCheck::signatures, 6);
}

TEST_F(VerifyTest, NamesAKeyThatNoKnownKeyEnrolled) {
  fill_to(10);
  const crypto::Signer intruder(crypto::Secret32(hash_number(79)));
  const std::uint64_t position = store->size();
  Call call;
  call.events.push_back(
      clear_event(9020, 0, schema::LeafKind::key, enrolled_body(intruder), server_));
  append(std::move(call));
  close_flushed();
  sign_again(position, intruder);
  rebuild_tree(size_);
  expect_first(verify(), VerifyCheck::signatures, position);
}

}  // namespace
}  // namespace cartella::store
