#include "projections/engine.h"

#include <gtest/gtest.h>

#include <fstream>

#include "projections/feeder.h"
#include "projections/organisation.h"
#include "projections/projection.h"
#include "projections/row.h"
#include "tests/support/canary.h"
#include "tests/support/encrypted_files.h"
#include "tests/unit/projections/ambito.h"

namespace cartella::projections {
namespace {

using namespace std::chrono_literals;
using namespace cartella::projections::testing;

std::map<std::string, Hash32> roots_of(const Engine& engine) {
  std::map<std::string, Hash32> roots;
  for (const ViewStatus& view : engine.statuses()) {
    const auto root = engine.view_root(view.name);
    EXPECT_TRUE(root) << view.name;
    if (root) roots[view.name] = root.value().root;
  }
  return roots;
}

void expect_equal_to_a_rebuild(Engine& engine) {
  const auto compared = engine.compare_all_with_rebuild();
  ASSERT_TRUE(compared);
  for (const ViewComparison& view : compared.value())
    EXPECT_TRUE(view.equal) << view.name << " " << view.first_difference;
}

// Counts events under a key that is always there; fails or throws at one position.
class Counting : public Projection {
 public:
  explicit Counting(std::string name, std::uint64_t fails_at = UINT64_MAX, bool throws = false,
                    std::uint32_t version = 1)
      : x_name(std::move(name)), x_fails_at(fails_at), x_throws(throws), x_version(version) {}
  std::string_view name() const override { return x_name; }
  std::uint32_t version() const override { return x_version; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    CARTELLA_TRY(const auto known, rows.read("count"));
    rows.put("count", std::to_string((known ? std::stoull(*known) : 0) + step));
    rows.put(RowKey('p').number(event.position).take(), "seen");
    if (event.position == x_fails_at) {
      if (x_throws) throw std::runtime_error("poison");
      return fail(Errc::invalid_input, "poison");
    }
    return ok();
  }
  unsigned step = 1;

 private:
  std::string x_name;
  std::uint64_t x_fails_at;
  bool x_throws;
  std::uint32_t x_version;
};

std::vector<std::unique_ptr<Projection>> list(std::unique_ptr<Projection> first,
                                              std::unique_ptr<Projection> second = nullptr) {
  std::vector<std::unique_ptr<Projection>> all;
  all.push_back(std::move(first));
  if (second) all.push_back(std::move(second));
  return all;
}

std::string count_in(const Engine& engine, std::string_view view_name) {
  const auto view = engine.view(view_name);
  if (!view) return "error " + view.error().detail;
  const auto row = view.value()->read("count");
  return row && row.value() ? *row.value() : "none";
}

struct EngineTest : ::testing::Test {
  EngineTest() {
    add_organisation(log);
    add_everyday_life(log, 12);
  }
  TestLog log;
};

TEST_F(EngineTest, BringsEveryViewToTheHeadWithTheLogsRoot) {
  const auto engine = open_engine(new_directory("a"), log);

  ASSERT_TRUE(engine->catch_up());

  const auto reader = [&](std::uint32_t level, std::uint64_t index) {
    return log.subtree_hash(level, index);
  };
  for (const ViewStatus& view : engine->statuses()) {
    EXPECT_EQ(view.cursor, log.size()) << view.name;
    EXPECT_FALSE(view.faulted) << view.name << ": " << view.fault_detail;
    EXPECT_EQ(view.log_root, crypto::root_at(log.size(), reader).value()) << view.name;
    EXPECT_EQ(view.recorded_at_us, log.time_at(log.size() - 1).us);
  }
}

TEST_F(EngineTest, GivesTheSameBytesWhateverTheChunks) {
  const auto in_one = open_engine(new_directory("one"), log, 10'000);
  const auto in_many = open_engine(new_directory("many"), log, 3);

  ASSERT_TRUE(in_one->catch_up());
  for (std::uint64_t to = 1; to <= log.size(); to += 5) ASSERT_TRUE(in_many->catch_up(to));
  ASSERT_TRUE(in_many->catch_up());

  EXPECT_EQ(roots_of(*in_one), roots_of(*in_many));
}

TEST_F(EngineTest, LargeEventsEndAChunkEarlyAndNoneIsLost) {
  EngineOptions options;
  options.chunk_bytes_max = 1;
  options.chunk_events_max = 5;
  auto small = Engine::open(new_directory("small"), log, log.keys(), views_secret(), options);
  const auto whole = open_engine(new_directory("whole"), log);

  ASSERT_TRUE(small.value()->catch_up());
  ASSERT_TRUE(whole->catch_up());

  EXPECT_EQ(roots_of(*small.value()), roots_of(*whole));
}

TEST_F(EngineTest, RebuildGivesTheSameBytesAndANewGeneration) {
  const auto engine = open_engine(new_directory("a"), log);
  ASSERT_TRUE(engine->catch_up());
  const auto before = roots_of(*engine);

  ASSERT_TRUE(engine->rebuild("case_file"));
  ASSERT_TRUE(engine->rebuild_all());

  EXPECT_EQ(roots_of(*engine), before);
  for (const ViewStatus& view : engine->statuses())
    EXPECT_EQ(view.generation, view.name == "case_file" ? 3u : 2u);
}

TEST_F(EngineTest, AReaderKeepsItsRowsThroughARebuild) {
  const auto engine = open_engine(new_directory("a"), log, list(std::make_unique<Counting>("n")));
  ASSERT_TRUE(engine->catch_up(10));
  const auto reader = engine->view("n");
  ASSERT_TRUE(reader);

  ASSERT_TRUE(engine->rebuild("n"));

  EXPECT_EQ(reader.value()->position(), 10u);
  EXPECT_EQ(*reader.value()->read("count").value(), "10");
  EXPECT_EQ(count_in(*engine, "n"), std::to_string(log.size()));
}

TEST_F(EngineTest, ContinuesFromItsCursorWhenItIsOpenedAgain) {
  const auto dir = new_directory("a");
  { ASSERT_TRUE(open_engine(dir, log)->catch_up(20)); }
  const auto whole = open_engine(new_directory("whole"), log);
  ASSERT_TRUE(whole->catch_up());

  const auto again = open_engine(dir, log);
  for (const ViewStatus& view : again->statuses()) {
    EXPECT_EQ(view.cursor, 20u);
    EXPECT_EQ(view.generation, 1u);
  }
  ASSERT_TRUE(again->catch_up());

  EXPECT_EQ(roots_of(*again), roots_of(*whole));
}

// What a kill leaves: the files as they are while the engine still holds unflushed rows.
TEST_F(EngineTest, EndsInTheSameBytesAfterAKill) {
  const auto dir = new_directory("a");
  const auto crashed = new_directory("crashed");
  const auto engine = open_engine(dir, log);
  ASSERT_TRUE(engine->catch_up(20));
  log.show(33);
  engine->start();
  ASSERT_TRUE(engine->wait_for(32, 20s));
  std::filesystem::copy(
      dir, crashed,
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  engine->stop();
  log.show(UINT64_MAX);
  ASSERT_TRUE(engine->catch_up());

  const auto again = open_engine(crashed, log);
  for (const ViewStatus& view : again->statuses()) EXPECT_EQ(view.cursor, 20u) << view.name;
  ASSERT_TRUE(again->catch_up());

  EXPECT_EQ(roots_of(*again), roots_of(*engine));
}

TEST_F(EngineTest, F17_APoisonEventFaultsItsViewAlone) {
  for (const bool throws : {false, true}) {
    const auto dir = new_directory(throws ? "throws" : "fails");
    const auto projections = [&] {
      return list(std::make_unique<Counting>("sick", 16, throws),
                  std::make_unique<Counting>("healthy"));
    };
    auto engine = open_engine(dir, log, projections());

    ASSERT_TRUE(engine->catch_up());

    EXPECT_EQ(count_in(*engine, "healthy"), std::to_string(log.size()));
    const ViewStatus sick = engine->statuses().front();
    EXPECT_TRUE(sick.faulted);
    EXPECT_EQ(sick.fault_position, 16u);
    EXPECT_EQ(sick.cursor, 16u);
    const auto reader = [&](std::uint32_t level, std::uint64_t index) {
      return log.subtree_hash(level, index);
    };
    EXPECT_EQ(sick.log_root, crypto::root_at(16, reader).value());
    const auto view = engine->view("sick");
    ASSERT_FALSE(view);
    EXPECT_EQ(view.error().code, Errc::unavailable);
    EXPECT_NE(view.error().detail.find("sick"), std::string::npos);
    EXPECT_NE(view.error().detail.find("16"), std::string::npos);
    EXPECT_EQ(engine->view_root("sick").error().code, Errc::unavailable);

    engine.reset();
    engine = open_engine(dir, log, projections());
    EXPECT_TRUE(engine->statuses().front().faulted);
    EXPECT_TRUE(engine->wait_for(log.size() - 1, 0ms)) << "a faulted view is not waited for";
  }
}

TEST_F(EngineTest, F17_ARebuildMendsAFaultedViewOnceItsCauseIsGone) {
  const auto dir = new_directory("a");
  { ASSERT_TRUE(open_engine(dir, log, list(std::make_unique<Counting>("n", 16)))->catch_up()); }
  {
    const auto still = open_engine(dir, log, list(std::make_unique<Counting>("n", 16)));
    EXPECT_EQ(still->rebuild("n").error().code, Errc::unavailable);
    EXPECT_EQ(still->statuses().front().generation, 1u);
  }
  const auto mended = open_engine(dir, log, list(std::make_unique<Counting>("n")));
  ASSERT_TRUE(mended->statuses().front().faulted);

  ASSERT_TRUE(mended->rebuild("n"));

  EXPECT_EQ(count_in(*mended, "n"), std::to_string(log.size()));
}

TEST_F(EngineTest, StartsFromZeroForAnotherVersionAnotherLogOrAShorterOne) {
  const auto dir = new_directory("a");
  const auto counting = [](std::uint32_t version) {
    return list(std::make_unique<Counting>("n", UINT64_MAX, false, version));
  };
  { ASSERT_TRUE(open_engine(dir, log, counting(1))->catch_up()); }

  { EXPECT_EQ(open_engine(dir, log, counting(1))->statuses().front().cursor, log.size()); }
  {
    const auto raised = open_engine(dir, log, counting(2));
    EXPECT_EQ(raised->statuses().front().cursor, 0u);
    ASSERT_TRUE(raised->catch_up());
  }
  TestLog other("another log");
  add_everyday_life(other, 20);
  {
    const auto moved = open_engine(dir, other, counting(2));
    EXPECT_EQ(moved->statuses().front().cursor, 0u);
    ASSERT_TRUE(moved->catch_up());
  }
  other.show(10);
  EXPECT_EQ(open_engine(dir, other, counting(2))->statuses().front().cursor, 0u);
}

TEST_F(EngineTest, AnUnknownViewIsNotFound) {
  const auto engine = open_engine(new_directory("a"), log);

  EXPECT_EQ(engine->view("none").error().code, Errc::not_found);
  EXPECT_EQ(engine->rebuild("none").error().code, Errc::not_found);
  EXPECT_EQ(engine->view_root("none").error().code, Errc::not_found);
  EXPECT_EQ(engine->compare_with_rebuild("none").error().code, Errc::not_found);
}

TEST_F(EngineTest, ASecondEngineOverTheSameDirectoryIsRefused) {
  const auto dir = new_directory("a");
  const auto engine = open_engine(dir, log);

  const auto second = Engine::open(dir, log, log.keys(), views_secret(), {});

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::in_use);
}

TEST_F(EngineTest, ComparesEqualWithARebuild) {
  EventFacts look;
  look.type = schema::EventType::access_recorded;
  look.stream = id_of<StreamId>("month");
  log.add<schema::AccessRecorded>(look, [](auto to) { to.setOperation("VIEW"); });
  const auto engine = open_engine(new_directory("a"), log);
  ASSERT_TRUE(engine->catch_up());

  const auto compared = engine->compare_all_with_rebuild();

  ASSERT_TRUE(compared);
  EXPECT_EQ(compared.value().size(), engine->statuses().size());
  for (const ViewComparison& view : compared.value()) {
    EXPECT_TRUE(view.equal) << view.name << " " << view.first_difference;
    EXPECT_EQ(view.live.cursor, log.size());
    EXPECT_GT(view.live.row_count, 0u) << view.name;
  }
}

TEST_F(EngineTest, ComparisonNamesTheFirstRowThatDiffers) {
  auto counting = std::make_unique<Counting>("n");
  Counting& projection = *counting;
  const auto engine = open_engine(new_directory("a"), log, list(std::move(counting)));
  ASSERT_TRUE(engine->catch_up());
  projection.step = 2;

  const auto compared = engine->compare_with_rebuild("n");

  ASSERT_TRUE(compared);
  EXPECT_FALSE(compared.value().equal);
  EXPECT_EQ(compared.value().first_difference.size(), 16u);
  EXPECT_EQ(count_in(*engine, "n"), std::to_string(log.size())) << "the live view stays";
}

TEST_F(EngineTest, FollowsTheLogInItsOwnThread) {
  log.show(5);
  const auto engine = open_engine(new_directory("a"), log, list(std::make_unique<Counting>("n")));
  engine->start();

  ASSERT_TRUE(engine->wait_for(4, 20s));
  EXPECT_EQ(engine->wait_for(5, 1ms).error().code, Errc::unavailable);
  log.show(UINT64_MAX);
  ASSERT_TRUE(engine->wait_for(log.size() - 1, 20s));
  engine->stop();

  EXPECT_EQ(count_in(*engine, "n"), std::to_string(log.size()));
}

TEST_F(EngineTest, RebuildsWhileItFollowsTheLog) {
  log.show(20);
  const auto engine = open_engine(new_directory("a"), log);
  engine->start();
  ASSERT_TRUE(engine->wait_for(19, 20s));

  ASSERT_TRUE(engine->rebuild_all([&](std::uint64_t, std::uint64_t) { log.show(UINT64_MAX); }));

  ASSERT_TRUE(engine->wait_for(log.size() - 1, 20s));
  engine->stop();
  expect_equal_to_a_rebuild(*engine);
}

TEST_F(EngineTest, AnEventThatDoesNotOpenStopsTheFeederAndSaysWhere) {
  TestLog other("another log");  // the same events, sealed for another log
  add_organisation(other);
  class Mixed final : public EventSource {
   public:
    Mixed(const TestLog& good, const TestLog& bad) : x_good(good), x_bad(bad) {}
    const crypto::LogEras& eras() const override { return x_good.eras(); }
    std::uint64_t size() const override { return 8; }
    Status scan(std::uint64_t from, std::uint64_t to,
                const std::function<Status(const crypto::StoredEvent&)>& each) const override {
      for (std::uint64_t i = from; i < to; ++i) {
        CARTELLA_TRY(const auto event, i == 6 ? x_bad.read(i) : x_good.read(i));
        CARTELLA_TRY(each(event));
      }
      return ok();
    }
    Result<crypto::StoredEvent> read(std::uint64_t p) const override { return x_good.read(p); }
    Result<std::vector<crypto::StoredEvent>> read_stream(const StreamId& s, std::uint64_t r,
                                                         std::size_t n) const override {
      return x_good.read_stream(s, r, n);
    }
    Result<Hash32> subtree_hash(std::uint32_t l, std::uint64_t i) const override {
      return x_good.subtree_hash(l, i);
    }
    std::uint64_t wait_past(std::uint64_t, std::chrono::milliseconds) const override { return 8; }

   private:
    const TestLog& x_good;
    const TestLog& x_bad;
  } mixed(log, other);
  auto engine = Engine::open(new_directory("a"), mixed, log.keys(), views_secret(), {},
                             list(std::make_unique<Counting>("n")));

  const Status fed = engine.value()->catch_up();

  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, Errc::corrupt);
  EXPECT_NE(fed.error().detail.find("6"), std::string::npos) << fed.error().detail;
}

TEST_F(EngineTest, ErasedEventsTellNothingAndARebuildAgrees) {
  TestPerson person{"Cognomea", "Nome0", "PRV0"};
  person.sex = "M";
  log.keys().gone.insert(log.subject_key(subject_of(person)));
  const auto engine = open_engine(new_directory("a"), log);

  ASSERT_TRUE(engine->catch_up());

  for (const ViewStatus& view : engine->statuses())
    EXPECT_FALSE(view.faulted) << view.name << " " << view.fault_detail;
  EXPECT_EQ(read_person(*engine, person_stream_of(person)).error().code, Errc::not_found);
  expect_equal_to_a_rebuild(*engine);
}

TEST_F(EngineTest, NoFileHoldsAPersonalValueInClear) {
  TestPerson person{"Quasimodo", "Ermenegilda", "QSMRNG80E41H501X"};
  add_person(log, person);
  const auto dir = new_directory("a");
  const auto engine = open_engine(dir, log);
  ASSERT_TRUE(engine->catch_up());
  ASSERT_TRUE(engine->rebuild_all());
  std::ofstream(dir / "control.txt") << "Zenzero in chiaro";

  const auto hits =
      tests::find_canaries(dir, {"Quasimodo", "Ermenegilda", "QSMRNG80E41H501X", "Zenzero"});

  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits.front().value, "Zenzero");
}

TEST_F(EngineTest, EncryptsEveryFileOfTheViewsTheManifestToo) {
  add_person(log, TestPerson{"Quasimodo", "Ermenegilda", "QSMRNG80E41H501X"});
  const auto dir = new_directory("a");
  const auto engine = open_engine(dir, log);
  ASSERT_TRUE(engine->catch_up());
  ASSERT_TRUE(engine->flush());

  const auto files = tests::files_by_encryption(dir / "views");

  EXPECT_TRUE(files.clear.empty()) << files.clear.front();
  EXPECT_TRUE(tests::has_manifest(files.encrypted));
}

TEST_F(EngineTest, ADamagedFileIsFound) {
  const auto dir = new_directory("a");
  ASSERT_TRUE(open_engine(dir, log)->catch_up());
  ASSERT_TRUE(Engine::verify_files(dir, views_secret()));
  std::filesystem::path table;
  for (const auto& entry : std::filesystem::directory_iterator(dir / "views"))
    if (entry.path().extension() == ".sst") table = entry.path();
  ASSERT_FALSE(table.empty());
  std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(60);
  const char byte = static_cast<char>(file.get());
  file.seekp(60);
  file.put(static_cast<char>(byte ^ 1));
  file.close();

  const Status verified = Engine::verify_files(dir, views_secret());

  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Errc::corrupt);
}

TEST_F(EngineTest, DiscardedViewsAreBuiltAgainFromZero) {
  const auto dir = new_directory("a");
  std::map<std::string, Hash32> before;
  {
    const auto engine = open_engine(dir, log);
    ASSERT_TRUE(engine->catch_up());
    before = roots_of(*engine);
  }

  ASSERT_TRUE(Engine::discard(dir));

  const auto engine = open_engine(dir, log);
  EXPECT_EQ(engine->statuses().front().cursor, 0u);
  ASSERT_TRUE(engine->catch_up());
  EXPECT_EQ(roots_of(*engine), before);
}

}  // namespace
}  // namespace cartella::projections
