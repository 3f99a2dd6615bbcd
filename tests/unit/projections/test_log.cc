#include "tests/unit/projections/test_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/check.h"

namespace cartella::projections::testing {
namespace {
constexpr std::int64_t kStartUs = 1'700'000'000'000'000;
constexpr std::int64_t kMinuteUs = 60'000'000;
}  // namespace

TestLog::TestLog(std::string_view name) : x_eras(LogId{crypto::sha256(as_bytes(name))}) {
  crypto::start();
}

KeyId TestLog::subject_key(const SubjectId& subject) const {
  return id_of<KeyId>("key of " + subject.hex());
}

std::uint64_t TestLog::add(const EventFacts& facts, std::uint64_t schema_id, Bytes message) {
  std::vector<crypto::SegmentPlan> bodies;
  bodies.push_back(
      {subject_key(facts.subject), schema::KeyClass::base, {schema_id, 1, std::move(message)}});
  return add(facts, std::move(bodies));
}

std::uint64_t TestLog::add(const EventFacts& facts, std::vector<crypto::SegmentPlan> bodies) {
  const std::lock_guard lock(x_mutex);
  const std::uint64_t position = x_events.size();
  auto& stream = x_streams[facts.stream];
  schema::HeaderView header;
  header.type = facts.type;
  header.controller = facts.controller;
  header.occurred_at = facts.occurred_at.value_or(
      TimeUs{kStartUs + static_cast<std::int64_t>(position) * kMinuteUs});
  header.valid_from = facts.valid_from;
  header.valid_to = facts.valid_to;
  header.actor = facts.actor;
  header.source = "person";
  header.subject = facts.subject;

  crypto::EventPlan plan;
  if (const schema::TypeInfo* info = schema::find_type(facts.type)) plan.kind = info->kind;
  plan.event_id = id_of<EventId>("event " + std::to_string(position));
  plan.stream_id = facts.stream;
  plan.segments.push_back({id_of<KeyId>("key of " + facts.controller.hex()),
                           schema::KeyClass::base,
                           {schema::kHeaderSchemaId, 1, schema::encode_header(header)}});
  for (crypto::SegmentPlan& each : bodies) plan.segments.push_back(std::move(each));
  auto event = crypto::seal_event(x_eras.current(), x_keys, nullptr, plan);
  CHECK(event.has_value());
  crypto::StoredEvent stored = std::move(event).value();
  stored.leaf.position = position;
  stored.leaf.revision = stream.size();
  stored.leaf.recorded_at = TimeUs{kStartUs + static_cast<std::int64_t>(position) * kMinuteUs};

  if (x_levels.empty()) x_levels.emplace_back();
  x_levels[0].push_back(crypto::leaf_hash(crypto::encode_leaf(stored.leaf)));
  for (std::size_t level = 0; x_levels[level].size() % 2 == 0; ++level) {
    if (level + 1 == x_levels.size()) x_levels.emplace_back();
    const auto& below = x_levels[level];
    x_levels[level + 1].push_back(crypto::node_hash(below[below.size() - 2], below.back()));
  }
  stream.push_back(position);
  x_events.push_back(std::move(stored));
  x_grown.notify_all();
  return position;
}

void TestLog::show(std::uint64_t size) {
  const std::lock_guard lock(x_mutex);
  x_shown = size;
  x_grown.notify_all();
}

std::uint64_t TestLog::size() const {
  const std::lock_guard lock(x_mutex);
  return std::min<std::uint64_t>(x_shown.value_or(UINT64_MAX), x_events.size());
}

Status TestLog::scan(std::uint64_t from, std::uint64_t to,
                     const std::function<Status(const crypto::StoredEvent&)>& each) const {
  for (std::uint64_t position = from; position < to; ++position) {
    CARTELLA_TRY(const auto event, read(position));
    CARTELLA_TRY(each(event));
  }
  return ok();
}

Result<crypto::StoredEvent> TestLog::read(std::uint64_t position) const {
  const std::lock_guard lock(x_mutex);
  if (position >= x_events.size()) return fail(Errc::not_found, "no such position");
  return x_events[position];
}

Result<std::vector<crypto::StoredEvent>> TestLog::read_stream(const StreamId& stream,
                                                              std::uint64_t from_revision,
                                                              std::size_t count_max) const {
  const std::lock_guard lock(x_mutex);
  std::vector<crypto::StoredEvent> events;
  const auto known = x_streams.find(stream);
  if (known == x_streams.end()) return events;
  for (std::uint64_t i = from_revision; i < known->second.size() && events.size() < count_max; ++i)
    events.push_back(x_events[known->second[i]]);
  return events;
}

Result<Hash32> TestLog::subtree_hash(std::uint32_t level, std::uint64_t index) const {
  const std::lock_guard lock(x_mutex);
  if (level >= x_levels.size() || index >= x_levels[level].size())
    return fail(Errc::corrupt, "no such subtree");
  return x_levels[level][index];
}

std::uint64_t TestLog::wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const {
  std::unique_lock lock(x_mutex);
  const auto now = [&] {
    return std::min<std::uint64_t>(x_shown.value_or(UINT64_MAX), x_events.size());
  };
  x_grown.wait_for(lock, timeout, [&] { return now() > position; });
  return now();
}

std::filesystem::path new_directory(std::string_view name) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path directory =
      std::filesystem::path(::testing::TempDir()) /
      ("projections-" + std::to_string(getpid()) + "-" + info->test_suite_name() + "-" +
       info->name() + "-" + std::string(name));
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  return directory;
}

std::unique_ptr<Engine> open_engine(const std::filesystem::path& dir, const TestLog& log,
                                    std::size_t chunk_events) {
  EngineOptions options;
  options.chunk_events_max = chunk_events;
  auto engine = Engine::open(dir, log, log.keys(), views_secret(), options);
  EXPECT_TRUE(engine) << (engine ? "" : engine.error().detail);
  return std::move(engine).value();
}

std::unique_ptr<Engine> open_engine(const std::filesystem::path& dir, const TestLog& log,
                                    std::vector<std::unique_ptr<Projection>> projections) {
  EngineOptions options;
  options.chunk_events_max = 7;
  auto engine = Engine::open(dir, log, log.keys(), views_secret(), options, std::move(projections));
  EXPECT_TRUE(engine) << (engine ? "" : engine.error().detail);
  return std::move(engine).value();
}

}  // namespace cartella::projections::testing
