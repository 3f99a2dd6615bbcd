#include "store/subscription.h"

#include <algorithm>
#include <thread>

#include "tests/unit/store/store_fixture.h"

namespace cartella::store {
namespace {

using namespace std::chrono_literals;

class SubscriptionTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
  }
  // Threes of events over few streams, the third an access record. The last threes are calls of
  // their own; a long way is gone in few calls, because each is synced.
  void fill_to(std::uint64_t size) {
    while (store->size() < size) {
      const std::uint64_t begin = store->size();
      const std::uint64_t threes = std::clamp<std::uint64_t>((size - begin) / 30, 1, 80);
      std::vector<Wanted> events;
      for (std::uint64_t three = begin; three < begin + 3 * threes; three += 3) {
        events.push_back({stream_number(three % 7)});
        events.push_back({stream_number(three % 5 + 10)});
        events.push_back({stream_number(20), kAny, schema::LeafKind::access});
      }
      const auto receipt = store->append(maker.call(begin + 1, events));
      ASSERT_TRUE(receipt) << receipt.error().detail;
    }
  }
  std::unique_ptr<Subscription> subscribe(std::uint64_t from, std::vector<StreamId> streams = {},
                                          std::size_t notices_max = 256) {
    auto opened = Subscription::open(*store, {from, std::move(streams), notices_max});
    EXPECT_TRUE(opened) << opened.error().detail;
    return std::move(opened).value();
  }
  // What a scan of the log says a subscription should tell.
  std::vector<Notice> expected(std::uint64_t from, const std::vector<StreamId>& streams) {
    std::vector<Notice> all;
    EXPECT_TRUE(store->scan(from, store->size(), [&](const crypto::StoredEvent& event) -> Status {
      const crypto::Leaf& leaf = event.leaf;
      const bool wanted = streams.empty() || std::find(streams.begin(), streams.end(),
                                                       leaf.stream_id) != streams.end();
      if (wanted && leaf.kind != schema::LeafKind::access)
        all.push_back({leaf.position, leaf.event_id, leaf.stream_id});
      return ok();
    }));
    return all;
  }
  // Reads up to the present size; counts the deliveries of each kind.
  std::vector<Notice> drain(Subscription& subscription) {
    std::vector<Notice> all;
    std::uint64_t checkpoint = 0;
    do {
      auto delivery = subscription.next(0ms);
      EXPECT_TRUE(delivery) << delivery.error().detail;
      if (!delivery) break;
      EXPECT_GE(delivery.value().checkpoint, checkpoint);
      checkpoint = delivery.value().checkpoint;
      for (const Notice& notice : delivery.value().notices) {
        EXPECT_LT(notice.position, checkpoint);
        all.push_back(notice);
      }
      ++(delivery.value().live ? live : caught_up);
    } while (checkpoint < store->size());
    return all;
  }

  static constexpr std::int64_t kAny = crypto::kExpectAny;
  // More than the shared tail keeps, so that the beginning is read from the index.
  static constexpr std::uint64_t kLong = 20'000;
  int live = 0;
  int caught_up = 0;
};

TEST_F(SubscriptionTest, TellsEveryEventOnceAndNoAccess) {
  fill_to(300);
  const auto all = subscribe(0);
  EXPECT_EQ(drain(*all), expected(0, {}));
  const auto some = subscribe(100, {stream_number(3), stream_number(20)});
  EXPECT_EQ(drain(*some), expected(100, {stream_number(3)}));
}

TEST_F(SubscriptionTest, HandsOverFromTheIndexToTheTailAtAnExactPosition) {
  fill_to(kLong);
  for (const std::vector<StreamId>& streams :
       {std::vector<StreamId>{}, std::vector<StreamId>{stream_number(2), stream_number(11)}}) {
    live = caught_up = 0;
    const auto subscription = subscribe(5, streams, 100);
    EXPECT_EQ(drain(*subscription), expected(5, streams));
    EXPECT_GT(caught_up, 0);
    EXPECT_GT(live, 0);
  }
}

TEST_F(SubscriptionTest, FallsBackToTheIndexWhenItIsTooSlow) {
  fill_to(300);
  const std::vector<StreamId> streams = {stream_number(1), stream_number(12)};
  const auto slow = subscribe(0, streams);
  std::vector<Notice> told = drain(*slow);
  EXPECT_EQ(caught_up, 0);
  fill_to(300 + kLong);
  subscribe(store->size() - 1)->next(0ms).value();  // somebody else moves the tail on
  for (const Notice& notice : drain(*slow)) told.push_back(notice);
  EXPECT_GT(caught_up, 0);
  EXPECT_EQ(told, expected(0, streams));
}

TEST_F(SubscriptionTest, ReportsACheckpointWhenNothingMatched) {
  fill_to(kLong);
  const auto subscription = subscribe(0, {stream_number(777)});
  const auto first = subscription->next(0ms).value();
  EXPECT_TRUE(first.notices.empty());
  EXPECT_FALSE(first.live);
  EXPECT_EQ(first.checkpoint, store->size());
  const auto idle = subscription->next(0ms).value();
  EXPECT_EQ(idle.checkpoint, store->size());
  fill_to(store->size() + 3);
  const auto second = subscription->next(0ms).value();
  EXPECT_TRUE(second.notices.empty());
  EXPECT_TRUE(second.live);
  EXPECT_EQ(second.checkpoint, store->size());
}

TEST_F(SubscriptionTest, WakesWhenSomethingIsAppended) {
  const auto subscription = subscribe(0);
  std::thread writer([this] { add(1, 1); });
  std::vector<Notice> told;
  while (told.empty()) told = subscription->next(10'000ms).value().notices;
  writer.join();
  EXPECT_EQ(told, expected(0, {}));
}

TEST_F(SubscriptionTest, MissesNothingWhileOthersAppend) {
  const auto subscription = subscribe(0, {}, 7);
  const auto filtered = subscribe(0, {stream_number(4), stream_number(13)}, 3);
  constexpr std::uint64_t kEvents = 900;
  std::thread writer([this] { fill_to(kEvents); });
  const auto follow = [&](Subscription& one) {
    std::vector<Notice> told;
    for (std::uint64_t checkpoint = 0; checkpoint < kEvents;) {
      const auto delivery = one.next(10'000ms).value();
      told.insert(told.end(), delivery.notices.begin(), delivery.notices.end());
      checkpoint = delivery.checkpoint;
    }
    return told;
  };
  std::vector<Notice> second;
  std::thread reader([&] { second = follow(*filtered); });
  const std::vector<Notice> first = follow(*subscription);
  reader.join();
  writer.join();
  EXPECT_EQ(first, expected(0, {}));
  EXPECT_EQ(second, expected(0, {stream_number(4), stream_number(13)}));
}

TEST_F(SubscriptionTest, RefusesWhatHasNoMeaning) {
  fill_to(3);
  const auto code = [&](SubscriptionOptions wanted) {
    return Subscription::open(*store, wanted).error().code;
  };
  EXPECT_EQ(code({4, {}, 256}), Errc::invalid_argument);
  EXPECT_EQ(code({0, {}, 0}), Errc::invalid_argument);
  EXPECT_EQ(code({0, {}, kSubscriptionNoticesMax + 1}), Errc::invalid_argument);
  EXPECT_EQ(code({0, std::vector<StreamId>(kSubscriptionStreamsMax + 1), 256}),
            Errc::invalid_argument);
  std::vector<std::unique_ptr<Subscription>> many;
  for (;;) {
    auto opened = Subscription::open(*store, {});
    if (!opened) {
      EXPECT_EQ(opened.error().code, Errc::unavailable);
      break;
    }
    many.push_back(std::move(opened).value());
    ASSERT_LE(many.size(), 100'000u);
  }
  many.pop_back();
  EXPECT_TRUE(Subscription::open(*store, {}));
}

}  // namespace
}  // namespace cartella::store
