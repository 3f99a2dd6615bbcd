// benchmarks/parts.cc: the CPU of a durable append beside the sum of what it is made of.
//
//   parts --dir FOLDER [--bytes 1024] [--in-flight 64] [--events 40000] [--rounds 5]
//
// The whole: server-signed appends as bench_append makes them, the CPU of the process, client
// included, until its rows are flushed and nothing merges any more. The parts: the same work on
// new events of the same kind, by one thread, step after step over a few groups at a time, each
// group as large as those of the whole were; the store's own functions where there is one. What
// RocksDB does in the background for their rows is a part, too. Not among the parts, and so the
// difference: queue, locks and changes of thread, limits and fences, what is kept for readers.
// Both in turn, the middle of the rounds. The folder is empty.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <future>
#include <thread>

#include "base/check.h"
#include "benchmarks/ledger.h"
#include "crypto/command_id.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "store/call_codec.h"
#include "store/group_batch.h"
#include "store/head_cache.h"
#include "store/journal_copy.h"
#include "store/rows.h"
#include "store/tree_edge.h"

namespace cartella::bench {
namespace {

constexpr double kAim = 1.3;
constexpr std::size_t kGroupsAtOnce = 16;             // so that looking at the clock costs nothing
constexpr std::size_t kHeadsYoungMax = 250'000;       // as the writer's
constexpr std::uint64_t kSegmentBytes = 64ull << 20;  // as the journal's
constexpr std::chrono::milliseconds kIdleLook{50};
constexpr double kIdleCpuSeconds = 0.001;  // in that time

void wait_until_idle() {
  double before = own_cpu_seconds();
  for (int quiet = 0; quiet < 4;) {
    std::this_thread::sleep_for(kIdleLook);
    const double now = own_cpu_seconds();
    quiet = now - before < kIdleCpuSeconds ? quiet + 1 : 0;
    before = now;
  }
}

// ---- the whole ---------------------------------------------------------------------------------
class Whole final : public System {
 public:
  explicit Whole(const std::filesystem::path& dir) : x_ledger(Ledger::create(dir)) {}
  std::string name() const override { return "the whole"; }
  bool blocking() const override { return false; }

  void prepare(const Shape& shape) override {
    x_maker = x_ledger->maker(Signing::server, shape.event_bytes);
    while (x_slots.size() < shape.in_flight) x_slots.push_back(x_ledger->new_slot(x_slots.size()));
    x_sizes.assign(shape.in_flight, {});
  }

  Wait submit(std::size_t slot) override {
    store::Call call;
    call.events.push_back(x_maker->make(x_slots[slot]));
    std::memcpy(call.command_digest.data(), call.events[0].leaf.event_id.bytes.data(), 16);
    auto answer = std::make_shared<std::future<Result<store::Receipt>>>(
        x_ledger->store().append_async(std::move(call)));
    return [this, slot, answer] { x_sizes[slot].push_back(must(answer->get()).tree_size); };
  }

  void flush() { must(x_ledger->store().flush()); }

  // Each group has a size of the tree of its own.
  double events_per_group() const {
    std::vector<std::uint64_t> sizes;
    for (const auto& each : x_sizes) sizes.insert(sizes.end(), each.begin(), each.end());
    const double events = static_cast<double>(sizes.size());
    std::sort(sizes.begin(), sizes.end());
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    return events / static_cast<double>(sizes.size());
  }

 private:
  std::unique_ptr<Ledger> x_ledger;
  std::unique_ptr<EventMaker> x_maker;
  std::vector<Slot> x_slots;
  std::vector<std::vector<std::uint64_t>> x_sizes;  // by slot
};

// What the client does about one request and its answer, without either.
class ClientAlone final : public System {
 public:
  std::string name() const override { return "the client alone"; }
  bool blocking() const override { return false; }
  void prepare(const Shape&) override {}
  Wait submit(std::size_t) override {
    std::promise<Result<store::Receipt>> promise;
    auto answer = std::make_shared<std::future<Result<store::Receipt>>>(promise.get_future());
    promise.set_value(store::Receipt{});
    return [answer] { must(answer->get()); };
  }
};

// ---- the parts ---------------------------------------------------------------------------------
struct Cost {
  const char* name;
  double us = 0;  // an event
};

// CPU of this thread from lap to lap, summed by name over all rounds of laps.
class Laps {
 public:
  void begin() {
    x_next = 0;
    x_last = thread_cpu_seconds();
  }
  void lap(const char* name) {
    const double us = (thread_cpu_seconds() - x_last) * 1e6;
    if (x_next == x_costs.size()) x_costs.push_back({name});
    x_costs[x_next++].us += us;
    x_last = thread_cpu_seconds();
  }
  std::vector<Cost> of_each(std::size_t events) const {
    auto costs = x_costs;
    for (Cost& cost : costs) cost.us /= static_cast<double>(events);
    return costs;
  }

 private:
  std::vector<Cost> x_costs;
  std::size_t x_next = 0;
  double x_last = 0;
};

class Parts {
 public:
  Parts(const std::filesystem::path& dir, const Shape& shape)
      : x_ledger(Ledger::create(dir / "ledger")),
        x_log(x_ledger->store().log_id()),
        x_maker(x_ledger->maker(Signing::server, shape.event_bytes)),
        x_journal(dir / "journal", x_file_ops),
        x_rows(must(store::LogDb::open(dir / "rows", store::LogDb::Use::serve))),
        x_records(kGroupsAtOnce) {
    for (Record& record : x_records) record.rows = std::make_unique<store::LogBatch>(*x_rows);
    while (x_slots.size() < shape.in_flight) x_slots.push_back(x_ledger->new_slot(x_slots.size()));
    std::filesystem::create_directories(dir / "journal");
    x_segment.number = 1;
    x_segment.bytes = kSegmentBytes;
    must(x_journal.create_segment(x_segment));
  }

  // At least `events` of them, in groups of so many.
  std::vector<Cost> measure(std::size_t events, std::size_t group) {
    const double process = own_cpu_seconds();
    const double thread = thread_cpu_seconds();
    Laps laps;
    std::size_t done = 0;
    for (; done < events; done += group * kGroupsAtOnce) take_some(group, laps);
    must(x_rows->flush_all());
    wait_until_idle();
    auto costs = laps.of_each(done);
    const double others = (own_cpu_seconds() - process) - (thread_cpu_seconds() - thread);
    costs.push_back({"rows: flushes and merges", others * 1e6 / static_cast<double>(done)});
    return costs;
  }

 private:
  struct Record {  // of one group
    Bytes payload;
    store::RecordHeader header{};
    Hash32 root{}, hash{};
    std::unique_ptr<store::LogBatch> rows;
  };

  // The same slots in turn, as clients take them.
  Slot& slot_of(std::size_t i) { return x_slots[i % x_slots.size()]; }

  void take_some(std::size_t group, Laps& laps) {
    x_group = group;
    const std::size_t count = group * kGroupsAtOnce;
    x_plans.clear();
    x_calls.assign(count, {});
    x_keys.clear();
    x_hashes.resize(count);
    laps.begin();
    plan(count);
    laps.lap("command id, header encoded, text copied");
    find_keys();
    laps.lap("keys of both segments");
    seal();
    laps.lap("both segments sealed, stubs");
    sign();
    laps.lap("signed");
    for (const store::Call& call : x_calls) must(crypto::check_body(call.events[0]));
    laps.lap("stubs and bytes compared");
    x_encoded.clear();
    for (const store::Call& call : x_calls) x_encoded.push_back(store::encode_call(call));
    laps.lap("call encoded");
    for (const store::Call& call : x_calls)
      CHECK(!must(store::load_id(*x_rows, call.events[0].leaf.event_id)));
    laps.lap("command id looked up");
    place();
    laps.lap("stream's head, leaf, hashed on both paths");
    for (std::size_t at = 0; at < x_records.size(); ++at) fill_payload(at);
    laps.lap("journal: payload copied");
    for (std::size_t at = 0; at < x_records.size(); ++at) derive_rows(at);
    laps.lap("tree, rows put together");
    for (std::size_t at = 0; at < x_records.size(); ++at) hash_record(at);
    laps.lap("journal: hashed");
    for (const Record& record : x_records) write_record(record);
    laps.lap("journal: written and synced");
    for (const Record& record : x_records) write_rows(record);
    laps.lap("rows: inserted");
    check_first();
    x_size += count;
  }

  void plan(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      Slot& slot = slot_of(i);
      x_plans.push_back(
          x_maker->plan(slot, crypto::new_command_id(x_ledger->clock()), slot.next_revision++));
    }
  }

  void find_keys() {
    for (const crypto::EventPlan& plan : x_plans)
      for (const crypto::SegmentPlan& segment : plan.segments)
        x_keys.push_back(must(x_ledger->vault().segment_key(segment.owner_key, plan.stream_id)));
  }

  void seal() {
    std::size_t key = 0;
    for (std::size_t i = 0; i < x_plans.size(); ++i) {
      const crypto::EventPlan& plan = x_plans[i];
      crypto::StoredEvent event;
      std::vector<Hash32> commitments, stored;
      for (std::size_t n = 0; n < plan.segments.size(); ++n) {
        const crypto::SegmentPlan& segment = plan.segments[n];
        const crypto::SegmentContext context{x_log,
                                             plan.event_id,
                                             plan.stream_id,
                                             static_cast<std::uint16_t>(n),
                                             segment.owner_key,
                                             segment.key_class};
        auto sealed = must(crypto::seal_segment(context, x_keys[key++], segment.plaintext));
        event.body.stubs.push_back({sealed.commitment, sealed.stored_hash});
        event.body.segments.push_back(std::move(sealed.stored));
        commitments.push_back(sealed.commitment);
        stored.push_back(sealed.stored_hash);
      }
      event.leaf.body_commitment = crypto::body_commitment(commitments);
      event.leaf.stored_hash = crypto::stored_hash(stored);
      x_calls[i].events.push_back(std::move(event));
    }
  }

  void sign() {
    for (std::size_t i = 0; i < x_plans.size(); ++i) {
      const crypto::EventPlan& plan = x_plans[i];
      crypto::Leaf& leaf = x_calls[i].events[0].leaf;
      leaf.kind = plan.kind;
      leaf.event_id = plan.event_id;
      leaf.stream_id = plan.stream_id;
      leaf.expected_revision = plan.expected_revision;
      leaf.flags = crypto::kServerSigned;
      leaf.signer_id = x_ledger->server().id();
      leaf.signature = x_ledger->server().sign(crypto::signed_message(x_log, leaf));
      std::memcpy(x_calls[i].command_digest.data(), leaf.event_id.bytes.data(), 16);
    }
  }

  void place() {
    for (std::size_t i = 0; i < x_calls.size(); ++i) {
      if (i % x_group == 0) x_heads.turn();
      crypto::Leaf& leaf = x_calls[i].events[0].leaf;
      const auto head = x_heads.find(leaf.stream_id);
      leaf.position = x_size + i;
      leaf.recorded_at = x_ledger->clock().wall();
      leaf.revision = head ? head->revision + 1 : 0;
      leaf.previous_leaf_hash = head ? head->leaf_hash : Hash32{};
      const crypto::LeafBytes bytes = crypto::encode_leaf(leaf);
      x_hashes[i] = crypto::leaf_hash(bytes);
      CHECK(x_hashes[i] == crypto::leaf_hash_second(leaf));
      std::memcpy(x_encoded[i].bytes.data() + x_encoded[i].leaf_at[0], bytes.data(), bytes.size());
      x_heads.put(leaf.stream_id, {leaf.revision, leaf.position, x_hashes[i]});
    }
  }

  void fill_payload(std::size_t at) {
    Bytes& payload = x_records[at].payload;
    store::begin_payload(payload);
    for (std::size_t i = at * x_group; i < (at + 1) * x_group; ++i)
      store::add_call(x_encoded[i], payload);
    store::set_call_count(static_cast<std::uint32_t>(x_group), payload);
  }

  void derive_rows(std::size_t at) {
    Record& record = x_records[at];
    const std::uint64_t from = x_size + at * x_group;
    const store::GroupRecord group{from, static_cast<std::uint32_t>(x_group), from + x_group,
                                   record.payload};
    const auto hashes = std::span(x_hashes).subspan(at * x_group, x_group);
    record.root = must(store::derive_rows(group, hashes, x_tree, x_view, *record.rows,
                                          [](const store::ClaimView&) {}));
    store::put_end_rows(*record.rows, group.new_size, record.root, store::kEventFamilies);
  }

  void hash_record(std::size_t at) {
    Record& record = x_records[at];
    store::JournalRecord full;
    full.event_count = static_cast<std::uint32_t>(x_group);
    full.first_position = full.old_size = x_size + at * x_group;
    full.new_size = full.old_size + x_group;
    full.new_root = record.root;
    full.previous = x_previous;
    full.payload = record.payload;
    record.header = store::encode_record_header(x_log, full);
    record.hash = x_previous = crypto::sha256({record.header, record.payload});
  }

  void write_record(const Record& record) {
    const std::uint64_t bytes = store::record_bytes_padded(record.payload.size());
    static constexpr std::array<std::uint8_t, store::kJournalPageBytes> kZeros{};
    const std::uint64_t padding =
        bytes - record.header.size() - record.payload.size() - record.hash.size();
    const std::array<ByteView, 4> parts{record.header, record.payload, record.hash,
                                        ByteView(kZeros).first(padding)};
    if (x_segment_end + bytes > kSegmentBytes) x_segment_end = 0;
    must(x_journal.write(x_segment.number, x_segment_end, parts));
    x_segment_end += bytes;
  }

  void write_rows(const Record& record) {
    must(x_rows->write(*record.rows));
    record.rows->clear();
  }

  // That the steps made what crypto::seal_event makes.
  void check_first() {
    const auto event =
        must(crypto::seal_event(x_log, x_ledger->vault(), &x_ledger->server(), x_plans.front()));
    const crypto::StoredEvent& made = x_calls.front().events[0];
    CHECK(made.body.segments == event.body.segments);
    CHECK(made.leaf.body_commitment == event.leaf.body_commitment);
    CHECK(made.leaf.stored_hash == event.leaf.stored_hash);
    CHECK(made.leaf.signature == event.leaf.signature);
  }

  std::unique_ptr<Ledger> x_ledger;  // its keys; nothing is appended to it
  LogId x_log;
  std::unique_ptr<EventMaker> x_maker;
  std::vector<Slot> x_slots;
  store::FileOps x_file_ops;
  store::JournalCopy x_journal;
  store::SegmentEntry x_segment;
  std::uint64_t x_segment_end = 0;
  std::unique_ptr<store::LogDb> x_rows;
  store::HeadCache x_heads{kHeadsYoungMax};
  store::TreeEdge x_tree;
  Hash32 x_previous{};
  std::uint64_t x_size = 0;  // events before those under way
  std::size_t x_group = 1;
  // Of the events under way.
  std::vector<crypto::EventPlan> x_plans;
  std::vector<crypto::Secret32> x_keys;
  std::vector<store::Call> x_calls;
  std::vector<store::EncodedCall> x_encoded;
  std::vector<Hash32> x_hashes;
  std::vector<Record> x_records;
  store::GroupView x_view;
};

// ---- both --------------------------------------------------------------------------------------
struct Round {
  double whole_us = 0;
  double events_per_second = 0;
  double events_per_group = 0;
  std::vector<Cost> parts;

  double sum() const {
    double us = 0;
    for (const Cost& part : parts) us += part.us;
    return us;
  }
};

Round measure_round(Whole& whole, Parts& parts, const Shape& shape) {
  Round round;
  const double before = own_cpu_seconds();
  round.events_per_second = measure(whole, shape).events_per_second;
  whole.flush();
  wait_until_idle();
  round.whole_us = (own_cpu_seconds() - before) / static_cast<double>(shape.events) * 1e6;
  round.events_per_group = whole.events_per_group();
  const auto group = static_cast<std::size_t>(std::max(1.0, round.events_per_group + 0.5));
  round.parts = parts.measure(shape.events, group);
  ClientAlone client;
  round.parts.push_back({"client: promise, future, time", measure(client, shape).cpu_us_per_event});
  return round;
}

template <class Of>
double middle_of(const std::vector<Round>& rounds, const Of& of) {
  std::vector<double> values;
  for (const Round& round : rounds) values.push_back(of(round));
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const std::vector<Round>& rounds, const Shape& shape) {
  const auto of_all = [&](const auto& of) { return middle_of(rounds, of); };
  const auto ratio = [](const Round& round) { return round.whole_us / round.sum(); };
  std::printf("%zu in flight, %zu bytes, %zu rounds of %zu events; %.1f events a group\n",
              shape.in_flight, shape.event_bytes, rounds.size(), shape.events,
              of_all([](const Round& round) { return round.events_per_group; }));
  std::printf("  %-44s %8s\n", "", "CPU us");
  for (std::size_t i = 0; i < rounds[0].parts.size(); ++i)
    std::printf("  %-44s %8.2f\n", rounds[0].parts[i].name,
                of_all([i](const Round& round) { return round.parts[i].us; }));
  std::printf("  %-44s %8.2f\n", "sum of a round", of_all([](const Round& r) { return r.sum(); }));
  std::printf("  %-44s %8.2f  (%.0f events/s)\n", "the whole",
              of_all([](const Round& round) { return round.whole_us; }),
              of_all([](const Round& round) { return round.events_per_second; }));
  const double middle = of_all(ratio);
  std::printf("  %-44s %8.2f  (aim %.2f: %s; of each round:", "the whole / sum", middle, kAim,
              middle <= kAim ? "met" : "missed");
  for (const Round& round : rounds) std::printf(" %.2f", ratio(round));
  std::printf(")\n");
}

void run(int argc, char** argv) {
  const std::filesystem::path dir = argument(argc, argv, "--dir", "");
  if (dir.empty()) stop("--dir FOLDER is needed: empty, on the disk to measure");
  Shape shape;
  shape.event_bytes = std::stoul(argument(argc, argv, "--bytes", "1024"));
  shape.in_flight = std::max(1ul, std::stoul(argument(argc, argv, "--in-flight", "64")));
  shape.events = std::max(2ul, std::stoul(argument(argc, argv, "--events", "40000"))) / 2 * 2;
  const int count = std::max(1, std::stoi(argument(argc, argv, "--rounds", "5")));
  Whole whole(dir / "whole");
  Parts parts(dir / "parts", shape);
  (void)measure_round(whole, parts, shape);  // makes files that are used again later
  std::vector<Round> rounds;
  for (int i = 0; i < count; ++i) rounds.push_back(measure_round(whole, parts, shape));
  print(rounds, shape);
}

}  // namespace
}  // namespace cartella::bench

int main(int argc, char** argv) {
  cartella::crypto::start();
  cartella::bench::run(argc, argv);
  return 0;
}
