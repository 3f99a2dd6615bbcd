#include "api/changes.h"

#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <set>

#include "api/change_facts.h"
#include "schema/codec.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::api {
namespace {

using namespace std::chrono_literals;
using cases::id_of;
using cases::kToday;

// The hub reads it on its own thread.
class HubClock final : public Clock {
 public:
  TimeUs wall() const override { return {}; }
  std::int64_t monotonic_us() const override { return x_now; }
  void advance(std::chrono::microseconds by) { x_now += by.count(); }

 private:
  std::atomic<std::int64_t> x_now{0};
};

class FakeSink final : public PushSink {
 public:
  explicit FakeSink(std::size_t bytes_max = 1 << 30) : x_bytes_max(bytes_max) {}
  bool send(std::string piece) override {
    const std::lock_guard lock(x_mutex);
    if (x_text.size() + piece.size() > x_bytes_max) return false;
    x_text += piece;
    x_grown.notify_all();
    return true;
  }
  bool is_open() const override { return true; }

  // Waits until the text has `wanted`; the text so far.
  std::string wait_for(const std::string& wanted) {
    std::unique_lock lock(x_mutex);
    const bool came =
        x_grown.wait_for(lock, 30s, [&] { return x_text.find(wanted) != std::string::npos; });
    EXPECT_TRUE(came) << "never told: " << wanted << "\nof: " << x_text;
    return x_text;
  }

 private:
  const std::size_t x_bytes_max;
  std::mutex x_mutex;
  std::condition_variable x_grown;
  std::string x_text;
};

// What an EventSource in a browser makes of a stream: https://html.spec.whatwg.org, 9.2.6.
struct Client {
  std::map<std::uint64_t, std::string> told;  // position: data
  std::vector<std::string> types;
  std::string last_id;
  int resets = 0;

  void read(const std::string& text) {
    std::string type;
    std::string data;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos);
      const std::string line = text.substr(at, end - at);
      at = end + 1;
      if (line.starts_with("id: ")) last_id = line.substr(4);
      if (line.starts_with("event: ")) type = line.substr(7);
      if (line.starts_with("data: ")) data = line.substr(6);
      if (!line.empty()) continue;
      if (type == "reset") ++resets;
      if (!data.empty() && type != "reset") {
        EXPECT_TRUE(told.emplace(std::stoull(last_id), data).second) << "twice: " << last_id;
        types.push_back(type);
      }
      type.clear();
      data.clear();
    }
  }
};

std::optional<ChangeIds> everything(const ChangeFacts& facts) {
  return ChangeIds{facts.stream, facts.case_stream};
}

class ChangesTest : public cases::ExecutorTest {
 protected:
  void SetUp() override {
    ExecutorTest::SetUp();
    person = must(cases::person_with("PRVFTZ59A41D653B")).stream;
    opened = must(cases::OpenCase{person, {}, 7, "", {}, cases::kSector, cases::kWorker}).stream;
    open_hub();
  }
  void TearDown() override {
    hub.reset();
    ExecutorTest::TearDown();
  }
  void open_hub() {
    hub.reset();
    hub = std::make_unique<ChangeHub>(*log, *vault, hub_clock, options);
  }
  std::shared_ptr<FakeSink> join(ChangeFilter filter = everything,
                                 std::optional<std::uint64_t> last_seen = {}) {
    auto sink = std::make_shared<FakeSink>();
    const Status joined = hub->subscribe(sink, std::move(filter), last_seen);
    EXPECT_TRUE(joined) << joined.error().detail;
    return sink;
  }
  // Joins as one who saw everything, and waits until the hub has taken the subscriber in.
  std::shared_ptr<FakeSink> join_live(ChangeFilter filter = everything) {
    auto sink = join(std::move(filter));
    sink->wait_for("retry: ");
    return sink;
  }
  std::uint64_t note() {
    cases::RecordNote text;
    text.case_stream = opened;
    text.text = "Telefonata alla scuola";
    text.worker = cases::kWorker;
    return must(text).receipt.first_position;
  }
  static std::string id_line(std::uint64_t position) {
    return "id: " + std::to_string(position) + "\n";
  }

  ChangeHubOptions options = {.wait = 5ms};
  HubClock hub_clock;
  StreamId person;
  StreamId opened;
  std::unique_ptr<ChangeHub> hub;
};

TEST_F(ChangesTest, TellsPositionTypeAndIdsAndNothingElse) {
  const auto sink = join_live();
  const std::uint64_t at = note();
  const StreamId stream = log->read(at).value().leaf.stream_id;
  const std::string number = std::to_string(at);
  const std::string text = sink->wait_for(id_line(at));
  EXPECT_NE(text.find("id: " + number + "\nevent: NoteRecorded\ndata: {\"position\":" + number +
                      ",\"type\":\"NoteRecorded\",\"stream\":\"" + stream.hex() + "\",\"case\":\"" +
                      opened.hex() + "\"}\n\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("scuola"), std::string::npos);
}

TEST_F(ChangesTest, TellsAnEventOnlyToWhoMayKnowAndOnlyTheIdsThatTheyMayKnow) {
  const auto nobody = join_live([](const ChangeFacts&) { return std::optional<ChangeIds>(); });
  const auto half = join_live([](const ChangeFacts&) { return std::optional(ChangeIds{}); });
  const auto of_case = join_live([this](const ChangeFacts& facts) {
    return facts.case_stream == opened ? everything(facts) : std::nullopt;
  });
  const auto all = join_live();
  const std::uint64_t first = note();
  const std::uint64_t other = must(cases::RecordDeath{person, kToday}).receipt.first_position;
  const std::uint64_t last = note();

  all->wait_for(id_line(last));
  const std::string told = of_case->wait_for(id_line(last));
  EXPECT_NE(told.find(id_line(first)), std::string::npos);
  EXPECT_EQ(told.find(id_line(other)), std::string::npos);
  const std::string bare = half->wait_for(id_line(last));
  EXPECT_EQ(bare.find("stream"), std::string::npos);
  EXPECT_EQ(bare.find("case"), std::string::npos);
  hub_clock.advance(15s);
  Client deaf;
  deaf.read(nobody->wait_for(id_line(last)));
  EXPECT_TRUE(deaf.told.empty());
}

TEST_F(ChangesTest, GivesFactsThatAFilterCanDecideOn) {
  std::mutex mutex;
  std::map<std::uint64_t, ChangeFacts> seen;
  const auto sink = join_live([&](const ChangeFacts& facts) {
    const std::lock_guard lock(mutex);
    seen[facts.position] = facts;
    return everything(facts);
  });
  const std::uint64_t at = note();
  sink->wait_for(id_line(at));
  const std::lock_guard lock(mutex);
  const ChangeFacts& facts = seen.at(at);
  EXPECT_EQ(facts.type, schema::EventType::note_recorded);
  EXPECT_EQ(facts.controller, cases::controller_of(cases::kEnte));
  EXPECT_FALSE(facts.subject.is_zero());
  EXPECT_EQ(facts.case_stream, opened);
  EXPECT_EQ(facts.actor, cases::kWorker);
}

TEST_F(ChangesTest, NeverTellsOfAccessRecords) {
  const auto sink = join_live();
  crypto::EventPlan plan;
  plan.kind = schema::LeafKind::access;
  plan.event_id = crypto::new_command_id(clock);
  plan.stream_id = vault->new_stream().value();
  const KeyId key =
      vault
          ->owner_key({schema::KeyDomain::controller, cases::controller_of(cases::kEnte).bytes,
                       cases::controller_of(cases::kEnte)})
          .value();
  schema::HeaderView header;
  header.type = schema::EventType::access_recorded;
  plan.segments.push_back(
      {key, schema::KeyClass::access, {schema::kHeaderSchemaId, 1, schema::encode_header(header)}});
  store::Call call;
  call.events.push_back(crypto::seal_event(log->log_id(), *vault, nullptr, plan).value());
  const std::uint64_t at = log->append(std::move(call)).value().first_position;
  const std::uint64_t after = note();
  Client client;
  client.read(sink->wait_for(id_line(after)));
  EXPECT_FALSE(client.told.contains(at));
  // Nor to one who comes back.
  Client back;
  back.read(join(everything, at - 1)->wait_for(id_line(after)));
  EXPECT_FALSE(back.told.contains(at));
}

TEST_F(ChangesTest, ResumesWithoutAGapOrARepeat) {
  Client client;
  const std::uint64_t from = log->size();
  client.last_id = std::to_string(from - 1);
  std::uint64_t last = 0;
  for (int visit = 0; visit < 5; ++visit) {
    const auto sink = join(everything, std::stoull(client.last_id));
    sink->wait_for("retry: ");
    last = note();
    client.read(sink->wait_for(id_line(last)));
    last = note();               // perhaps told to this sink too, but nobody reads it any more
    if (visit == 2) open_hub();  // the process starts anew
  }
  client.read(join(everything, std::stoull(client.last_id))->wait_for(id_line(last)));
  EXPECT_EQ(client.told.size(), log->size() - from);
  EXPECT_EQ(client.told.begin()->first, from);
  EXPECT_EQ(client.resets, 0);
}

TEST_F(ChangesTest, TellsToLoadAnewWhoWasAwayTooLongOrKnowsAnotherHistory) {
  options.kept_max = 4;
  open_hub();
  for (int i = 0; i < 6; ++i) note();
  const std::uint64_t size = log->size();
  while (hub->stats().position < size) std::this_thread::yield();
  const std::string reset = id_line(size - 1) + "event: reset\n";
  join(everything, 2)->wait_for(reset);
  join(everything, size + 5)->wait_for(reset);
  EXPECT_EQ(hub->stats().resets, 2u);
  Client recent;
  recent.read(join(everything, size - 3)->wait_for(id_line(size - 1)));
  EXPECT_EQ(recent.resets, 0);
  EXPECT_EQ(recent.told.size(), 2u);
}

// Fails for one stream as a vault does that cannot be read.
class BrokenKeys final : public crypto::SegmentKeys {
 public:
  explicit BrokenKeys(crypto::Vault& vault) : x_vault(vault) {}
  Result<crypto::Secret32> segment_key(const KeyId& owner, const StreamId& stream) override {
    if (is_broken) return fail(Errc::io, "the vault cannot be read");
    return x_vault.segment_key(owner, stream);
  }
  std::atomic<bool> is_broken{false};

 private:
  crypto::Vault& x_vault;
};

TEST_F(ChangesTest, OpensNothingWhileNobodyIsThereAndMissesNothingForWhoComes) {
  hub.reset();
  BrokenKeys keys(*vault);
  ChangeHub resting(*log, keys, hub_clock, options);
  keys.is_broken = true;
  const std::uint64_t before = log->size();
  const std::uint64_t at = note();
  while (resting.stats().position <= at) std::this_thread::yield();
  EXPECT_TRUE(resting.health());
  keys.is_broken = false;
  const auto sink = std::make_shared<FakeSink>(2000);
  ASSERT_TRUE(resting.subscribe(sink, everything, before - 1));
  Client client;
  client.read(sink->wait_for(id_line(at)));
  EXPECT_EQ(client.told.begin()->first, before);
  // The client goes, and a while after it the hub rests again.
  std::uint64_t last = 0;
  while (resting.stats().subscribers > 0) last = note();
  while (resting.stats().position <= last) std::this_thread::yield();
  hub_clock.advance(2min);
  keys.is_broken = true;
  last = note();
  while (resting.stats().position <= last) std::this_thread::yield();
  EXPECT_TRUE(resting.health());
}

TEST_F(ChangesTest, MovesThePlaceOfWhoIsToldNothing) {
  const auto sink = join_live([](const ChangeFacts&) { return std::optional<ChangeIds>(); });
  const auto watcher = join_live();
  const std::uint64_t at = note();
  watcher->wait_for(id_line(at));
  hub_clock.advance(15s);
  Client client;
  client.read(sink->wait_for(id_line(at)));
  EXPECT_EQ(client.last_id, std::to_string(at));
  EXPECT_TRUE(client.told.empty());
}

TEST_F(ChangesTest, LetsGoOfAClientThatDoesNotRead) {
  const auto slow = std::make_shared<FakeSink>(600);
  ASSERT_TRUE(hub->subscribe(slow, everything, {}));
  const auto quick = join_live();
  std::uint64_t last = 0;
  for (int i = 0; i < 6; ++i) last = note();
  quick->wait_for(id_line(last));
  while (hub->stats().dropped == 0) std::this_thread::yield();
  EXPECT_EQ(hub->stats().subscribers, 1u);
  EXPECT_EQ(slow.use_count(), 1);
}

TEST_F(ChangesTest, RefusesMoreSubscribersThanItsBound) {
  options.subscribers_max = 2;
  open_hub();
  join_live();
  join_live();
  const Status third = hub->subscribe(std::make_shared<FakeSink>(), everything, {});
  EXPECT_EQ(third.error().code, Errc::unavailable);
}

TEST_F(ChangesTest, AsksNoFilterAndNoSinkOnceItHasStopped) {
  std::atomic<int> asked{0};
  const auto counted = [&asked](const ChangeFacts& facts) {
    ++asked;
    return everything(facts);
  };
  const auto may_go_on = [&asked] {
    ++asked;
    return true;
  };
  const auto sink = std::make_shared<FakeSink>();
  ASSERT_TRUE(hub->subscribe(sink_while(may_go_on, sink), counted, {}));
  sink->wait_for("retry: ");
  sink->wait_for(id_line(note()));
  note();  // perhaps in the hub's hands now
  hub->stop();
  const int before = asked;
  EXPECT_EQ(sink.use_count(), 1);
  EXPECT_EQ(hub->stats().subscribers, 0u);
  EXPECT_EQ(hub->subscribe(sink_while(may_go_on, sink), counted, {}).error().code,
            Errc::unavailable);
  note();
  hub_clock.advance(15s);
  hub->stop();  // does no harm
  EXPECT_EQ(asked, before);
  EXPECT_EQ(sink.use_count(), 1);
}

TEST_F(ChangesTest, StopsWithItsReasonWhereAnEventCannotBeRead) {
  hub.reset();
  BrokenKeys keys(*vault);
  ChangeHub broken(*log, keys, hub_clock, options);
  const auto sink = std::make_shared<FakeSink>();
  ASSERT_TRUE(broken.subscribe(sink, everything, {}));
  sink->wait_for("retry: ");
  EXPECT_TRUE(broken.health());
  keys.is_broken = true;
  note();
  while (broken.health()) std::this_thread::yield();
  EXPECT_EQ(broken.health().error().code, Errc::io);
  while (sink.use_count() > 1) std::this_thread::yield();
  EXPECT_EQ(broken.subscribe(sink, everything, {}).error().code, Errc::unavailable);
}

TEST_F(ChangesTest, SkipsWhatWasErased) {
  const std::uint64_t at = note();
  ASSERT_TRUE(vault->destroy_keys({}, std::array{log->read(at).value().leaf.stream_id}));
  open_hub();
  Client client;
  client.read(join(everything, at - 1)->wait_for(id_line(at)));
  EXPECT_TRUE(client.told.empty());
}

TEST_F(ChangesTest, FindsTheCaseOfAStreamInItsEarlierEvents) {
  cases::GrantBenefit grant;
  grant.person = person;
  grant.case_stream = opened;
  grant.paying_ente = cases::kEnte;
  grant.protocol = "2026/1";
  grant.inps_code = "A1.04";
  const StreamId benefit = must(grant).stream;
  cases::CloseBenefit closing;
  closing.benefit = benefit;
  closing.closed_on = kToday;
  closing.reason = "fine";
  const std::uint64_t at = must(closing).receipt.first_position;
  ChangeReader reader(*log, *vault);
  const auto facts = reader.read(at).value();
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->stream, benefit);
  EXPECT_EQ(facts->case_stream, opened);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Prints what telling costs beside recording the same number of events without subscribers.
TEST_F(ChangesTest, TellsAThousandSubscribersEveryEventOnce) {
  constexpr int kSubscribers = 1000;
  constexpr int kEvents = 200;
  const double idle = cpu_seconds();
  for (int i = 0; i < kEvents; ++i) note();
  const double alone = cpu_seconds() - idle;
  while (hub->stats().position < log->size()) std::this_thread::yield();
  std::vector<std::shared_ptr<FakeSink>> sinks;
  for (int i = 0; i < kSubscribers; ++i) sinks.push_back(join());
  for (const auto& sink : sinks) sink->wait_for("retry: ");
  const std::uint64_t from = log->size();

  const double begin = cpu_seconds();
  std::uint64_t last = 0;
  for (int i = 0; i < kEvents; ++i) last = note();
  for (const auto& sink : sinks) sink->wait_for(id_line(last));
  const double with = cpu_seconds() - begin;

  for (const auto& sink : sinks) {
    Client client;
    client.read(sink->wait_for(id_line(last)));
    ASSERT_EQ(client.told.size(), static_cast<std::size_t>(kEvents));
    ASSERT_EQ(client.told.begin()->first, from);
  }
  EXPECT_EQ(hub->stats().told, static_cast<std::uint64_t>(kSubscribers) * kEvents);
  std::printf("[  MEASURE ] %d subscribers, %d events: %.3f s CPU, %.3f without them\n",
              kSubscribers, kEvents, with, alone);
}

TEST(LastEventId, IsAPositionOrAbsent) {
  EXPECT_EQ(parse_last_event_id("1204").value(), 1204u);
  EXPECT_FALSE(parse_last_event_id("").value());
  for (const char* bad : {"-1", "+1", "1 ", "x", "18446744073709551615", "99999999999999999999"})
    EXPECT_EQ(parse_last_event_id(bad).error().code, Errc::invalid_input) << bad;
}

}  // namespace
}  // namespace cartella::api
