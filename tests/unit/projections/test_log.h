// tests/unit/projections/test_log.h: a log in memory, with events that are sealed for real.
//
// Ids and times follow from counters, so that two logs built alike are alike.
// Threads: one thread adds; any may read what was added before it started, or waits in wait_past.
#pragma once

#include <capnp/schema.h>

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/record.h"
#include "projections/engine.h"
#include "projections/event_source.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::projections::testing {

template <class Id>
Id id_of(std::string_view name) {
  return Id::from_view(crypto::sha256(as_bytes(name)));
}

inline Date day(int year, int month, int day_of_month) {
  return *make_date(year, month, day_of_month);
}

class TestKeys final : public crypto::SegmentKeys {
 public:
  Result<crypto::Secret32> segment_key(const KeyId& owner_key, const StreamId& stream) override {
    if (gone.contains(owner_key)) return fail(Errc::erased, "the key is gone");
    return crypto::derive(crypto::Secret32(crypto::sha256(owner_key.view())), "test",
                          stream.view());
  }
  std::set<KeyId> gone;
};

// What an event is besides its body.
struct EventFacts {
  schema::EventType type{};
  StreamId stream;
  SubjectId subject;
  std::optional<TimeUs> occurred_at;
  std::optional<Date> valid_from;
  std::optional<Date> valid_to;
  ControllerId controller = id_of<ControllerId>("comune A");
  OperatorId actor = id_of<OperatorId>("operator 1");
};

class TestLog final : public EventSource {
 public:
  explicit TestLog(std::string_view name = "log");

  // Seals and appends; answers the position. One minute passes between two events.
  std::uint64_t add(const EventFacts& facts, std::uint64_t schema_id, Bytes message);
  // The same with several bodies, each under the key that it names.
  std::uint64_t add(const EventFacts& facts, std::vector<crypto::SegmentPlan> bodies);
  template <class Root, class Fill>
  std::uint64_t add(const EventFacts& facts, Fill&& fill) {
    return add(facts, capnp::typeId<Root>(), schema::encode_body<Root>([&](auto to) { fill(to); }));
  }
  // Only events below are shown from now on, as in a log that is still short.
  void show(std::uint64_t size);

  TestKeys& keys() const { return x_keys; }
  KeyId subject_key(const SubjectId& subject) const;
  EventId event_id_at(std::uint64_t position) const { return x_events[position].leaf.event_id; }
  TimeUs time_at(std::uint64_t position) const { return x_events[position].leaf.recorded_at; }

  const crypto::LogEras& eras() const override { return x_eras; }
  std::uint64_t size() const override;
  Status scan(std::uint64_t from, std::uint64_t to,
              const std::function<Status(const crypto::StoredEvent&)>& each) const override;
  Result<crypto::StoredEvent> read(std::uint64_t position) const override;
  Result<std::vector<crypto::StoredEvent>> read_stream(const StreamId& stream,
                                                       std::uint64_t from_revision,
                                                       std::size_t count_max) const override;
  Result<Hash32> subtree_hash(std::uint32_t level, std::uint64_t index) const override;
  std::uint64_t wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const override;

 private:
  crypto::LogEras x_eras;
  mutable TestKeys x_keys;
  mutable std::mutex x_mutex;
  mutable std::condition_variable x_grown;
  std::vector<crypto::StoredEvent> x_events;
  std::vector<std::vector<Hash32>> x_levels;
  std::map<StreamId, std::vector<std::uint64_t>> x_streams;
  std::optional<std::uint64_t> x_shown;
};

// A new empty directory under the test's temporary one.
std::filesystem::path new_directory(std::string_view name);

inline crypto::Secret32 views_secret() {
  return crypto::Secret32(crypto::sha256(as_bytes("views secret")));
}

// Opens over all projections, with small chunks so that their borders are crossed.
std::unique_ptr<Engine> open_engine(const std::filesystem::path& dir, const TestLog& log,
                                    std::size_t chunk_events = 7);
std::unique_ptr<Engine> open_engine(const std::filesystem::path& dir, const TestLog& log,
                                    std::vector<std::unique_ptr<Projection>> projections);

}  // namespace cartella::projections::testing
