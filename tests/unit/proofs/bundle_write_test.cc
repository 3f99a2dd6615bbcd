#include "proofs/bundle_write.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "base/clock.h"
#include "crypto/cosignature.h"
#include "proofs/bundle_check.h"
#include "store/stored_checkpoints.h"
#include "tests/support/golden.h"
#include "tests/unit/proofs/log_double.h"

namespace cartella::proofs {
namespace {

using testing::LogDouble;

// The story of the double, appended to a real store, which places and links the events itself.
class BundleWrite : public ::testing::Test {
 protected:
  BundleWrite() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("bundle_" + std::string(test->name()) + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    store::StoreOptions options;
    options.journal_segment_bytes = 1 << 20;
    options.space_low_bytes = 0;
    options.space_critical_bytes = 0;
    options.publish_interval = std::chrono::milliseconds(0);
    auto made =
        store::Store::create(dir / "data", log.log, log.origin, log.log_key, clock, options);
    EXPECT_TRUE(made) << made.error().detail;
    store = std::move(made.value());
    for (std::size_t at = 0; at < log.events.size();) append_call(log, at);
    anchors.emplace(AnchorFolder::open(dir / "data").value());
    request.anchors = &*anchors;
    request.log_key = log.log_key_text();
  }
  ~BundleWrite() override {
    store.reset();
    std::filesystem::remove_all(dir);
  }

  void append_call(const LogDouble& of, std::size_t& at) {
    store::Call call;
    const EventId command = of.events[at].leaf.event_id;
    std::uint32_t index = 0;
    do {
      call.events.push_back(of.events[at++]);
      ++index;
    } while (at < of.events.size() &&
             of.events[at].leaf.event_id == crypto::event_id_of(command, index));
    const auto receipt = store->append(std::move(call));
    ASSERT_TRUE(receipt) << receipt.error().detail;
    ASSERT_TRUE(store->publish());
  }
  // `next` is named at position 10 and signs from size 11 on, which both sign.
  void replace_key() {
    LogDouble longer;
    std::size_t at = longer.size();
    longer.call(
        "rotation",
        {testing::clear_plan(schema::EventType::genesis, "log",
                             testing::genesis_message(longer.log, longer.origin, next.public_key()),
                             crypto::kExpectExists)});
    longer.call("after",
                {testing::clear_plan(schema::EventType::configuration_set, "log",
                                     testing::configuration_message("terms.access_months", "30"),
                                     crypto::kExpectExists)});
    append_call(longer, at);
    ASSERT_TRUE(store->rotate_log_key(next));
    append_call(longer, at);
    ASSERT_EQ(store->size(), 12u);
    request.log_key = crypto::verifier_key(log.origin, next.public_key());
  }
  std::string note_at(std::uint64_t size) const {
    const auto stored = store::stored_checkpoints(*store, size, size).value();
    return stored.empty() ? std::string() : stored.front().note;
  }

  Result<std::string> write() {
    std::string file;
    CARTELLA_TRY(written, write_bundle(*store, request, [&](ByteView piece) -> Status {
                   file.append(as_text(piece));
                   return ok();
                 }));
    return file;
  }
  Result<BundleReport> check(const std::string& file) { return check(file, log.log_key); }
  Result<BundleReport> check(const std::string& file, const crypto::Signer& key) {
    std::istringstream from(file);
    BundleTrust trust;
    trust.log_key = crypto::VerifierKey{log.origin, key.public_key()};
    return check_bundle(from, trust);
  }
  Errc refusal(std::uint64_t from, std::optional<std::uint64_t> to) {
    request.from = from;
    request.to = to;
    const auto file = write();
    EXPECT_FALSE(file);
    return file ? Errc::io : file.error().code;
  }

  std::filesystem::path dir;
  ManualClock clock{TimeUs{1'700'000'000'000'000}};
  const LogDouble log;
  const crypto::Signer next{testing::secret_of("next log")};
  std::unique_ptr<store::Store> store;
  std::optional<AnchorFolder> anchors;
  BundleRequest request;
  BundleWritten written;
};

TEST_F(BundleWrite, EveryRangeChecksAndTheSameRangeIsTheSameBytes) {
  for (std::uint64_t from = 0; from < log.size(); ++from)
    for (std::uint64_t to = std::max<std::uint64_t>(from + 1, 2); to <= log.size(); ++to) {
      request.from = from;
      request.to = to;
      const auto file = write();
      ASSERT_TRUE(file) << from << " " << to << " " << file.error().detail;
      EXPECT_EQ(file.value().size(), written.bytes);
      EXPECT_EQ(write().value(), file.value());
      const auto report = check(file.value());
      ASSERT_TRUE(report) << from << " " << to << " " << report.error().detail;
      EXPECT_EQ(report.value().root, store->checkpoint().value().root);
      EXPECT_EQ(report.value().earlier, written.earlier);
      EXPECT_EQ(report.value().later, written.later);
      EXPECT_EQ(report.value().later, (to <= 2 ? 1u : 0u) + (to <= 8 ? 1u : 0u));
      EXPECT_EQ(report.value().checkpoints.size(), written.checkpoints);
    }
}

TEST_F(BundleWrite, CarriesStoredCheckpointsOfTheRangeAndTheNewest) {
  const auto report = check(write().value());
  ASSERT_TRUE(report) << report.error().detail;
  std::vector<std::uint64_t> sizes;
  for (const auto& checkpoint : report.value().checkpoints) sizes.push_back(checkpoint.size);
  EXPECT_EQ(sizes, (std::vector<std::uint64_t>{2, 3, 5, 6, 7, 8, 9, 10}));
}

TEST_F(BundleWrite, CarriesWhatWitnessesSaidInTheRangeAndTheNewestOfItBehind) {
  for (const std::uint64_t size : {3u, 7u, 9u}) {
    const std::string note = note_at(size);
    const auto opened = crypto::open_checkpoint(note, log.origin, log.log_key.public_key()).value();
    const auto line = crypto::cosign(note, "testimone.example", log.witness, 1'700'000'100).value();
    ASSERT_TRUE(anchors->put({opened.size, note + line, {}}));
  }
  request.from = 2;
  request.to = 5;
  const auto report = check(write().value());
  ASSERT_TRUE(report) << report.error().detail;
  ASSERT_EQ(report.value().checkpoints.size(), 4u);  // 3, 5, 9 and the newest
  EXPECT_EQ(report.value().checkpoints[0].anchors.unknown_signatures, 1u);
  EXPECT_EQ(report.value().checkpoints[1].anchors.unknown_signatures, 0u);
  EXPECT_EQ(report.value().checkpoints[2].size, 9u);
  EXPECT_EQ(report.value().checkpoints[2].anchors.unknown_signatures, 1u);
}

TEST_F(BundleWrite, HoldsNoSealedSegment) {
  const std::string file = write().value();
  const auto holds = [&](const Bytes& bytes) {
    return file.find(as_text(ByteView(bytes).subspan(42))) != std::string::npos;
  };
  EXPECT_FALSE(holds(log.events[3].body.segments[1]));
  EXPECT_TRUE(holds(log.events[6].body.segments[1]));  // the search would find one
}

TEST_F(BundleWrite, RefusesRangesThatProveNothing) {
  EXPECT_EQ(refusal(0, 11), Errc::not_found);
  EXPECT_EQ(refusal(10, {}), Errc::not_found);
  EXPECT_EQ(refusal(5, 5), Errc::invalid_argument);
  EXPECT_EQ(refusal(6, 5), Errc::invalid_argument);
  EXPECT_EQ(refusal(0, 1), Errc::invalid_argument);  // within the call that began the log
}

TEST_F(BundleWrite, WritesNoMoreKeyEventsOutsideTheRangeThanACheckerTakes) {
  request.from = 5;
  request.to = 8;
  ASSERT_TRUE(write());
  const std::uint64_t outside = written.earlier + written.later;
  ASSERT_GT(written.later, 0u);
  request.outside_max = outside;
  EXPECT_TRUE(write());
  request.outside_max = outside - 1;
  EXPECT_EQ(refusal(5, 8), Errc::invalid_argument);
}

TEST_F(BundleWrite, PassesOnWhatTheSinkSays) {
  const auto failed = write_bundle(
      *store, request, [](ByteView) -> Status { return fail(Errc::out_of_space, "full"); });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::out_of_space);
}

// Who signs the newest checkpoint is said by an event that stands behind the range.
TEST_F(BundleWrite, ARangeThatEndsBeforeTheLogsKeyIsReplacedChecks) {
  replace_key();
  for (const std::uint64_t size : {9u, 11u}) {
    ASSERT_TRUE(anchors->put({size, note_at(size), {}}));
    request.to = 5;
    const auto file = write();
    ASSERT_TRUE(file) << file.error().detail;
    const auto by_new = check(file.value(), next);
    ASSERT_TRUE(by_new) << by_new.error().detail;
    EXPECT_EQ(by_new.value().eras, 2u);
    EXPECT_EQ(by_new.value().later, written.later);
    EXPECT_EQ(by_new.value().checkpoints[by_new.value().checkpoints.size() - 2].size, size);
    // The checkpoint of size 11 carries both keys and the event.
    EXPECT_EQ(check(file.value(), log.log_key).has_value(), size == 11);
  }
}

TEST(GoldenBundle, StaysAsItIs) {
  const LogDouble log;
  tests::compare_with_frozen("bundle", testing::assemble(log.frames(5, 8, {9})));
  tests::compare_with_frozen(
      "bundle_keys_behind", testing::assemble(log.frames(5, 8, {9}, testing::KeysBehind::carried)));
}

}  // namespace
}  // namespace cartella::proofs
