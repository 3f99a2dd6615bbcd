#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "store/open_log.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_probe.h"

namespace cartella::store {
namespace {

namespace fs = std::filesystem;

class StoreRecovery : public StoreTest {
 protected:
  // Runs the disabled test `name` of this binary in a process of its own, with the data directory
  // in its environment, and reads one byte per acknowledged event from it. Ends it by SIGKILL after
  // `kill_after` of them. Answers how many were acknowledged.
  std::uint64_t run_child(const char* name, std::uint64_t kill_after) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const std::string filter = std::string("--gtest_filter=StoreChild.DISABLED_") + name;
    const std::string descriptor = std::to_string(ends[1]);
    setenv("CARTELLA_CHILD_DIR", dir().c_str(), 1);
    setenv("CARTELLA_CHILD_ACKS", descriptor.c_str(), 1);
    const pid_t child = fork();
    if (child == 0) {
      execl("/proc/self/exe", "unit_store", "--gtest_also_run_disabled_tests", filter.c_str(),
            nullptr);
      _exit(127);
    }
    unsetenv("CARTELLA_CHILD_DIR");
    unsetenv("CARTELLA_CHILD_ACKS");
    close(ends[1]);
    std::uint64_t acknowledged = 0;
    char byte = 0;
    while (read(ends[0], &byte, 1) == 1) {
      if (++acknowledged == kill_after) kill(child, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return acknowledged;
  }
  void expect_events(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      ASSERT_TRUE(store->find_command(event_number(i + 1), hash_number(i + 1)).value());
      ASSERT_EQ(store->find_claim(hash_number(i + 1)).value(), Bytes(16, 1));
    }
    std::uint64_t revisions = 0;
    for (std::uint64_t stream = 0; stream < 5; ++stream) {
      const auto head = store->stream_head(stream_number(stream)).value();
      if (head) revisions += head->revision + 1;
    }
    EXPECT_EQ(revisions, store->size());
    EXPECT_TRUE(store->scan(0, store->size(), [](const crypto::StoredEvent& event) -> Status {
      return crypto::check_body(event);
    }));
  }
  Call numbered_call(std::uint64_t number) {
    Call call = maker.call(number, {{stream_number(number % 5)}});
    call.claims.push_back({ClaimOp::Kind::claim, hash_number(number), Bytes(16, 1)});
    return call;
  }
  void fill(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t number = from; number <= to; ++number)
      ASSERT_TRUE(store->append(numbered_call(number)));
  }
  Errc open_refusal(std::string* detail = nullptr) {
    auto opened = try_open();
    EXPECT_FALSE(opened);
    if (opened) return Errc::not_found;
    if (detail != nullptr) *detail = opened.error().detail;
    return opened.error().code;
  }
  void copy_data(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  }
};

// Not tests of their own: what the child processes of the tests below do.
class StoreChild : public StoreRecovery {
 protected:
  void start() {
    const char* at = std::getenv("CARTELLA_CHILD_DIR");
    const char* descriptor = std::getenv("CARTELLA_CHILD_ACKS");
    if (at == nullptr || descriptor == nullptr) GTEST_SKIP() << "runs as a child only";
    acks = std::atoi(descriptor);
    options.publish_interval = std::chrono::milliseconds(5);
    auto opened = Store::open(at, log_key, clock, options);
    if (!opened) _exit(3);
    store = std::move(opened).value();
  }
  void append_one() {
    const std::uint64_t number = store->size() + 1;
    if (!store->append(numbered_call(number))) _exit(4);
    if (write(acks, "a", 1) != 1) _exit(5);
  }
  int acks = -1;
};

TEST_F(StoreChild, DISABLED_AppendsUntilKilled) {
  start();
  while (store) append_one();
}

TEST_F(StoreChild, DISABLED_FlushesFamiliesAtDifferentTimes) {
  start();
  if (!store) return;
  for (const Family family : {Family::leaves, Family::ids, Family::claims, Family::streams}) {
    for (int i = 0; i < 5; ++i) append_one();
    if (!StoreProbe::db(*store).flush(family)) _exit(6);
  }
  for (int i = 0; i < 5; ++i) append_one();
  _exit(0);  // without closing: unflushed rows are lost
}

TEST_F(StoreRecovery, ReopensAfterACleanClose) {
  create();
  fill(1, 30);
  const Hash32 before = root_now();
  reopen();
  EXPECT_EQ(root_now(), before);
  expect_events(30);
  fill(31, 40);
  expect_events(40);
}

TEST_F(StoreRecovery, KeepsWhatAKilledProcessAcknowledged) {
  create();
  store.reset();
  std::uint64_t acknowledged = 0;
  for (const std::uint64_t more : {1u, 7u, 60u, 350u}) {
    acknowledged += run_child("AppendsUntilKilled", more);
    reopen();
    ASSERT_GE(store->size(), acknowledged);
    acknowledged = store->size();
    expect_events(acknowledged);
    store.reset();
  }
}

TEST_F(StoreRecovery, ReplaysFamiliesThatWereFlushedAtDifferentTimes) {
  create();
  store.reset();
  ASSERT_EQ(run_child("FlushesFamiliesAtDifferentTimes", ~0ull), 25u);
  reopen();
  EXPECT_EQ(store->size(), 25u);
  expect_events(25);
}

TEST_F(StoreRecovery, WritesOnlyTheRowsBehindTheEndOfAFamily) {
  create();
  fill(1, 20);  // one segment holds them all
  store.reset();
  {
    auto db = std::move(LogDb::open(log_path(dir()), LogDb::Use::inspect)).value();
    LogBatch batch(*db);
    batch.remove(Family::leaves, position_key(3));  // later ones say it is there
    batch.remove(Family::ids, event_number(5).view());
    batch.remove(Family::ids, kEndKey);
    ASSERT_TRUE(db->write(batch));
    ASSERT_TRUE(db->flush_all());
  }
  reopen();
  Bytes leaf;
  EXPECT_FALSE(StoreProbe::db(*store).get(Family::leaves, position_key(3), leaf).value());
  EXPECT_TRUE(store->find_command(event_number(5), hash_number(5)).value());
  EXPECT_EQ(StoreProbe::db(*store).end(Family::ids).value().size, 20u);
}

TEST_F(StoreRecovery, RebuildsALostIndexFromAJournalThatHoldsEverything) {
  create();
  fill(1, 200);  // one segment holds them all
  const Hash32 before = root_now();
  store.reset();
  fs::remove_all(dir() / "log");
  reopen();
  EXPECT_EQ(root_now(), before);
  expect_events(200);
}

TEST_F(StoreRecovery, RefusesALostIndexWhenTheJournalWasReleased) {
  create();
  fill(1, 30);
  ASSERT_TRUE(store->flush());
  fill(31, 35);
  store.reset();
  fs::remove_all(dir() / "log");
  std::string detail;
  EXPECT_EQ(open_refusal(&detail), Errc::corrupt);
  EXPECT_NE(detail.find("positions 0 to 30"), std::string::npos) << detail;
}

TEST_F(StoreRecovery, OpensFromRowsWhenTheJournalWasReleased) {
  create();
  fill(1, 30);
  const Hash32 before = root_now();
  ASSERT_TRUE(store->scrub_journal());
  reopen();
  EXPECT_EQ(root_now(), before);
  fill(31, 35);
  expect_events(35);
}

TEST_F(StoreRecovery, ReleasesTheJournalInTheBackground) {
  create();
  for (std::uint64_t i = 1; i <= 60; ++i) {
    Call call = maker.call(i, {{stream_number(i % 5)}}, 170'000);
    call.claims.push_back({ClaimOp::Kind::claim, hash_number(i), Bytes(16, 1)});
    ASSERT_TRUE(store->append(std::move(call)));
  }
  reopen();
  EXPECT_LT(StoreProbe::journal(*store).retained_bytes(), 6u << 20);
  expect_events(60);
}

TEST_F(StoreRecovery, JournalsAgainFromRowsWhatTheJournalLost) {
  create();
  fill(1, 10);
  const Hash32 before = root_now();
  store.reset();
  fs::path segment;
  for (const auto& entry : fs::directory_iterator(dir() / "journal"))
    if (entry.path().extension() == ".seg") segment = entry.path();
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(7 * 4096 + 200);  // the eighth record, of one page like all here
    file.put('x');
  }
  reopen();
  EXPECT_EQ(root_now(), before);
  expect_events(10);
  fill(11, 12);
  reopen();
  expect_events(12);
  // Records made again from rows have no claims, so they do not stand for the index.
  store.reset();
  fs::remove_all(dir() / "log");
  EXPECT_EQ(open_refusal(), Errc::corrupt);
}

TEST_F(StoreRecovery, RefusesAnOlderCopyOfTheDataDirectory) {
  options.head_copy_dir = root / "second";
  create();
  fill(1, 10);
  store.reset();
  copy_data(dir(), root / "old");
  reopen();
  fill(11, 20);
  ASSERT_TRUE(store->publish());
  store.reset();
  copy_data(root / "old", dir());
  std::string detail;
  EXPECT_EQ(open_refusal(&detail), Errc::rollback);
  EXPECT_NE(detail.find("10 to 20"), std::string::npos) << detail;
}

TEST_F(StoreRecovery, F21_AnOlderCopyMayOpenReadOnlyAndSignsNothing) {
  options.head_copy_dir = root / "second";
  options.open_older = true;
  create();
  fill(1, 10);
  store.reset();
  copy_data(dir(), root / "old");
  reopen();
  fill(11, 20);
  ASSERT_TRUE(store->publish());
  store.reset();
  copy_data(dir(), root / "new");
  const auto head = read_file(root / "second" / "head", 1 << 16).value();
  copy_data(root / "old", dir());

  reopen();

  EXPECT_EQ(store->rollback().error().code, Errc::rollback);
  expect_events(10);
  EXPECT_EQ(store->append(numbered_call(11)).error().code, Errc::rollback);
  EXPECT_EQ(store->publish().error().code, Errc::rollback);
  EXPECT_EQ(store->signed_checkpoint().error().code, Errc::rollback);
  EXPECT_EQ(store->prove(3).error().code, Errc::rollback);
  EXPECT_EQ(store->flush().error().code, Errc::rollback);
  EXPECT_EQ(store->snapshot(root / "snapshot").error().code, Errc::rollback);
  store.reset();
  EXPECT_EQ(read_file(root / "second" / "head", 1 << 16).value(), head);
  copy_data(root / "new", dir());
  reopen();
  EXPECT_TRUE(store->rollback());
  fill(21, 22);
}

TEST_F(StoreRecovery, F21_AnotherHistoryMayOpenReadOnly) {
  options.head_copy_dir = root / "second";
  options.open_older = true;
  create();
  fill(1, 10);
  store.reset();
  copy_data(dir(), root / "kept");
  fs::remove_all(dir());
  fs::remove_all(options.head_copy_dir);
  create();
  for (std::uint64_t i = 1; i <= 8; ++i) add(100 + i, i);
  store.reset();
  copy_data(root / "kept", dir());

  reopen();

  EXPECT_EQ(store->rollback().error().code, Errc::rollback);
  EXPECT_EQ(store->append(numbered_call(11)).error().code, Errc::rollback);
}

TEST_F(StoreRecovery, AHeadOfAHistoryThatWasGivenUpIsNoRollback) {
  const LogMeta before{LogId{}, "cartella/test/1", log_key.public_key(), {}};
  LogMeta after = before;
  after.past.push_back({before.log, before.origin, before.key, 10});
  after.origin = "cartella/test/2";
  after.key = crypto::PublicKey{};
  const auto note = [&](std::uint64_t size) {
    return crypto::sign_checkpoint({before.origin, size, Hash32{}}, log_key);
  };

  EXPECT_EQ(open_own_checkpoint(note(10), after).value()->size, 10u);
  EXPECT_FALSE(open_own_checkpoint(note(11), after).value());
  EXPECT_EQ(open_own_checkpoint(note(11), before).value()->size, 11u);
  EXPECT_FALSE(open_own_checkpoint("nonsense", after));
}

TEST_F(StoreRecovery, WhatAnEarlierKeySignedCountsAsFarAsItsEraStays) {
  LogMeta meta{LogId{Hash32{1}}, "cartella/test/1", log_key.public_key(), {}};
  const auto note = [&](std::uint64_t size) {
    return crypto::sign_checkpoint({"cartella/test/1", size, Hash32{}}, log_key);
  };
  ASSERT_TRUE(end_key(meta, kNothingGivenUp));  // the log changes its key
  meta.key = crypto::PublicKey{1};
  EXPECT_EQ(open_own_checkpoint(note(1000), meta).value()->size, 1000u);
  EXPECT_FALSE(meta.era_start());
  ASSERT_TRUE(end_key(meta, 100));  // and goes on from an older head
  meta.log = LogId{Hash32{2}};
  meta.key = crypto::PublicKey{2};

  EXPECT_EQ(open_own_checkpoint(note(100), meta).value()->size, 100u);
  EXPECT_FALSE(open_own_checkpoint(note(101), meta).value());
  EXPECT_EQ(meta.era_start(), 100u);
  EXPECT_EQ(meta.era_count(), 1u);
  const crypto::LogEras eras = eras_of(meta);
  EXPECT_EQ(eras.at(99), LogId{Hash32{1}});
  EXPECT_EQ(eras.at(100), LogId{Hash32{2}});
  EXPECT_EQ(eras.first(), LogId{Hash32{1}});
}

// An era of which nothing stays leaves no positions of its own.
TEST_F(StoreRecovery, AnEraThatWasGivenUpWholeIsSkipped) {
  LogMeta meta{LogId{Hash32{1}}, "cartella/test/1", crypto::PublicKey{1}, {}};
  ASSERT_TRUE(end_key(meta, 50));
  meta.log = LogId{Hash32{2}};
  ASSERT_TRUE(end_key(meta, 30));
  meta.log = LogId{Hash32{3}};

  const crypto::LogEras eras = eras_of(meta);

  EXPECT_EQ(eras.at(29), LogId{Hash32{1}});
  EXPECT_EQ(eras.at(30), LogId{Hash32{3}});
  EXPECT_EQ(eras.at(60), LogId{Hash32{3}});
}

TEST_F(StoreRecovery, AKeyTooManyForgetsTheOldestAndNoEra) {
  LogMeta meta{LogId{Hash32{1}}, "cartella/test/1", crypto::PublicKey{}, {}};
  ASSERT_TRUE(end_key(meta, 5));
  for (std::size_t i = 0; i < 2 * kPastKeysMax; ++i) ASSERT_TRUE(end_key(meta, kNothingGivenUp));
  EXPECT_EQ(meta.past.size(), kPastKeysMax);
  EXPECT_EQ(meta.era_start(), 5u);
}

TEST_F(StoreRecovery, TheFileOfALogRemembersItsErasAndRefusesAChangedOne) {
  fs::create_directories(root / "meta");
  LogMeta meta{LogId{Hash32{2}}, "cartella/test/2", log_key.public_key(), {}};
  meta.past.push_back({LogId{Hash32{1}}, "cartella/test/1", crypto::PublicKey{}, 10});
  ASSERT_TRUE(write_meta(root / "meta", meta));

  const auto found = read_meta(root / "meta");

  ASSERT_TRUE(found);
  ASSERT_EQ(found.value().past.size(), 1u);
  EXPECT_EQ(found.value().past[0].origin, "cartella/test/1");
  EXPECT_EQ(found.value().past[0].size, 10u);
  EXPECT_EQ(found.value().first_log(), LogId{Hash32{1}});
  EXPECT_EQ(found.value().log, LogId{Hash32{2}});
  Bytes bytes = read_file(meta_path(root / "meta"), 1 << 16).value();
  bytes[bytes.size() - 40] ^= 1;
  ASSERT_TRUE(replace_file(meta_path(root / "meta"), bytes));
  EXPECT_EQ(read_meta(root / "meta").error().code, Errc::corrupt);
}

TEST_F(StoreRecovery, RefusesAHeadCopyOfAnotherHistory) {
  options.head_copy_dir = root / "second";
  create();
  fill(1, 10);
  store.reset();
  copy_data(dir(), root / "kept");
  fs::remove_all(dir());
  fs::remove_all(options.head_copy_dir);
  create();
  for (std::uint64_t i = 1; i <= 8; ++i) add(100 + i, i);
  store.reset();
  copy_data(root / "kept", dir());
  EXPECT_EQ(open_refusal(), Errc::rollback);
}

TEST_F(StoreRecovery, KnowsTheHeadFromTheStoredCheckpointWhereTheCopyIsMissing) {
  create();
  fill(1, 10);
  ASSERT_TRUE(store->publish());
  store.reset();
  fs::remove_all(dir() / "head");
  reopen();
  expect_events(10);
  store.reset();
  fs::remove_all(dir() / "head");
  // A checkpoint of more than there is, as it stays behind when files of an older copy are mixed
  // in.
  {
    const crypto::Checkpoint larger{"cartella/test/1", 12, Hash32{}};
    auto db = LogDb::open(log_path(dir()), LogDb::Use::inspect).value();
    LogBatch batch(*db);
    batch.put(Family::checkpoints, position_key(12),
              as_bytes(crypto::sign_checkpoint(larger, log_key)));
    ASSERT_TRUE(db->write(batch));
    ASSERT_TRUE(db->flush_all());
  }
  EXPECT_EQ(open_refusal(), Errc::rollback);
}

TEST_F(StoreRecovery, RefusesADamagedHeadCopy) {
  create();
  fill(1, 3);
  store.reset();
  std::ofstream(dir() / "head" / "head", std::ios::app) << "more";
  EXPECT_EQ(open_refusal(), Errc::corrupt);
}

TEST_F(StoreRecovery, F10_ADamagedHeadCopyMayOpenReadOnly) {
  options.open_older = true;
  create();
  fill(1, 3);
  store.reset();
  std::ofstream(dir() / "head" / "head", std::ios::app) << "more";

  reopen();

  EXPECT_EQ(store->rollback().error().code, Errc::rollback);
  EXPECT_EQ(store->append(numbered_call(4)).error().code, Errc::rollback);
}

TEST_F(StoreRecovery, RefusesAnIndexWithoutItsCurrentFile) {
  create();
  fill(1, 3);
  store.reset();
  fs::remove(dir() / "log" / "CURRENT");
  EXPECT_EQ(open_refusal(), Errc::corrupt);
}

TEST_F(StoreRecovery, RefusesWrongOwnersAndPlaces) {
  EXPECT_EQ(open_refusal(), Errc::not_found);
  create();
  EXPECT_EQ(Store::open(dir(), log_key, clock, options).error().code, Errc::in_use);
  EXPECT_EQ(Store::create(dir(), test_log(), "x", log_key, clock, options).error().code,
            Errc::in_use);
  store.reset();
  EXPECT_EQ(Store::create(dir(), test_log(), "x", log_key, clock, options).error().code,
            Errc::invalid_argument);
  const crypto::Signer other(crypto::Secret32(hash_number(12)));
  EXPECT_EQ(Store::open(dir(), other, clock, options).error().code, Errc::invalid_argument);
  std::ofstream(dir() / "log.meta", std::ios::app) << "x";
  EXPECT_EQ(open_refusal(), Errc::corrupt);
}

}  // namespace
}  // namespace cartella::store
