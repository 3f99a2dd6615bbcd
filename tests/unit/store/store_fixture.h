// tests/unit/store/store_fixture.h: a store in a fresh directory, and calls to put into it.
//
// Sealing uses one fixed segment key, signing one fixed server key; ids are counted, so that a test
// is the same in every run. Threads: one store per test; `CallMaker` belongs to one thread.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/record.h"
#include "crypto/signer.h"
#include "store/store.h"

namespace cartella::store {

inline constexpr std::int64_t kStartUs = 1'700'000'000'000'000;

// A segment key for every owner and stream.
class FixedKeys final : public crypto::SegmentKeys {
 public:
  Result<crypto::Secret32> segment_key(const KeyId&, const StreamId&) override {
    Hash32 key{};
    key.fill(7);
    return crypto::Secret32(key);
  }
};

template <class Id>
Id numbered(std::uint64_t number, std::uint8_t kind) {
  Id id;
  id.bytes[0] = kind;
  // Spread, so that ids are in random order as real ones are.
  store_be64(id.bytes.data() + 1, number * 0x9E3779B97F4A7C15ull);
  store_be64(id.bytes.data() + 8, number);
  return id;
}
inline StreamId stream_number(std::uint64_t number) { return numbered<StreamId>(number, 2); }
inline EventId event_number(std::uint64_t number) { return numbered<EventId>(number, 1); }
inline Hash32 hash_number(std::uint64_t number) {
  Hash32 hash{};
  store_be64(hash.data(), number);
  return hash;
}
inline LogId test_log() { return {hash_number(99)}; }

// One event of a call: where it goes and what its author expects there.
struct Wanted {
  StreamId stream;
  std::int64_t expected = crypto::kExpectAny;
  schema::LeafKind kind = schema::LeafKind::event;
};

class CallMaker {
 public:
  CallMaker() : x_signer(crypto::Secret32(hash_number(5))) {}

  // A call whose ids derive from `command`, and whose digest is the same number.
  Call call(std::uint64_t command, const std::vector<Wanted>& events,
            std::size_t message_bytes = 40) {
    Call made;
    made.command_digest = hash_number(command);
    for (std::uint32_t i = 0; i < events.size(); ++i)
      made.events.push_back(
          event(crypto::event_id_of(event_number(command), i), events[i], message_bytes));
    return made;
  }

 private:
  crypto::StoredEvent event(const EventId& id, const Wanted& wanted, std::size_t message_bytes) {
    crypto::EventPlan plan;
    plan.kind = wanted.kind;
    plan.event_id = id;
    plan.stream_id = wanted.stream;
    plan.expected_revision = wanted.expected;
    crypto::SegmentPlan segment;
    segment.owner_key = numbered<KeyId>(1, 3);
    segment.plaintext.message.assign(message_bytes, id.bytes[15]);
    plan.segments.push_back(std::move(segment));
    const bool is_signed = wanted.kind != schema::LeafKind::access;
    return crypto::seal_event(test_log(), x_keys, is_signed ? &x_signer : nullptr, plan).value();
  }

  FixedKeys x_keys;
  crypto::Signer x_signer;
};

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root = std::filesystem::path(::testing::TempDir()) /
           ("cartella_" + std::string(info->test_suite_name()) + "_" + info->name() + "_" +
            std::to_string(getpid()));
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
    options = test_options();
  }
  void TearDown() override {
    store.reset();
    std::filesystem::remove_all(root);
  }

  static StoreOptions test_options() {
    StoreOptions chosen;
    chosen.journal_segment_bytes = 1 << 20;
    chosen.space_low_bytes = 0;
    chosen.space_critical_bytes = 0;
    chosen.publish_interval = std::chrono::milliseconds(0);
    return chosen;
  }
  std::filesystem::path dir() const { return root / "data"; }
  void create() {
    auto made = Store::create(dir(), test_log(), "cartella/test/1", log_key, clock, options);
    ASSERT_TRUE(made) << made.error().detail;
    store = std::move(made).value();
  }
  Result<std::unique_ptr<Store>> try_open() {
    store.reset();
    return Store::open(dir(), log_key, clock, options);
  }
  void reopen() {
    auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().detail;
    store = std::move(opened).value();
  }
  // Appends one event to `stream` and expects it to be taken.
  Receipt add(std::uint64_t command, std::uint64_t stream,
              std::int64_t expected = crypto::kExpectAny) {
    auto receipt = store->append(maker.call(command, {{stream_number(stream), expected}}));
    EXPECT_TRUE(receipt) << (receipt ? "" : receipt.error().detail);
    return receipt ? receipt.value() : Receipt{};
  }
  Errc refusal(Call call) {
    auto receipt = store->append(std::move(call));
    EXPECT_FALSE(receipt);
    return receipt ? Errc::io : receipt.error().code;
  }
  Hash32 root_now() { return store->checkpoint().value().root; }

  std::filesystem::path root;
  StoreOptions options;
  ManualClock clock{TimeUs{kStartUs}};
  crypto::Signer log_key{crypto::Secret32(hash_number(11))};
  CallMaker maker;
  std::unique_ptr<Store> store;
};

}  // namespace cartella::store
