#include "projections/feeder.h"

#include <algorithm>
#include <deque>
#include <future>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "projections/row.h"

namespace cartella::projections {
namespace {

// Rows of one chunk before they are written: what an event wrote is kept aside until its apply
// succeeded, so that a poison event leaves nothing behind.
class ChunkRows final : public ViewWriter {
 public:
  ChunkRows(const ViewsDb& views, const ViewsDb::Table* table, const Tokens& tokens)
      : x_views(views), x_table(table), x_tokens(tokens) {}

  Result<std::optional<std::string>> read(std::string_view key) override {
    for (auto change = x_pending.rbegin(); change != x_pending.rend(); ++change)
      if (change->key == key) return change->value;
    const std::string wanted(key);
    if (const auto row = x_rows.find(wanted); row != x_rows.end()) return row->second;
    return x_views.read(x_table, key, nullptr);
  }
  void put(std::string key, std::string value) override {
    x_pending.push_back({std::move(key), std::move(value)});
  }
  void erase(std::string key) override { x_pending.push_back({std::move(key), std::nullopt}); }
  const Tokens& tokens() const override { return x_tokens; }

  void accept() {
    for (RowChange& change : x_pending) {
      CHECK(!change.key.empty() && change.key.front() != '\0');
      x_rows.insert_or_assign(std::move(change.key), std::move(change.value));
    }
    x_pending.clear();
  }
  void discard() { x_pending.clear(); }

  std::vector<RowChange> take(std::string state) {
    std::vector<RowChange> changes;
    changes.reserve(x_rows.size() + 1);
    for (auto& [key, value] : x_rows) changes.push_back({key, std::move(value)});
    // In their order, so that each is looked for from where the one before went in.
    std::ranges::sort(changes, {}, &RowChange::key);
    changes.push_back({std::string(kStateKey), std::move(state)});
    return changes;
  }

 private:
  const ViewsDb& x_views;
  const ViewsDb::Table* x_table;
  const Tokens& x_tokens;
  std::unordered_map<std::string, std::optional<std::string>> x_rows;
  std::vector<RowChange> x_pending;
};

// A view's code may fail in any way on a poison event; none of them may stop the others.
Status apply_one(const Projection& projection, const DecodedEvent& event, ViewWriter& rows) {
  try {
    return projection.apply(event, rows);
  } catch (const std::exception&) {
    return fail(Errc::invalid_input, "an exception");
  }
}

struct StateRow {
  std::uint64_t cursor = 0;
  std::string log_root;
  std::int64_t recorded_at_us = 0;
  std::uint32_t version = 0;
  bool faulted = false;
  std::uint64_t fault_position = 0;
  std::string fault_detail;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.cursor, self.log_root, self.recorded_at_us, self.version, self.faulted,
      self.fault_position, self.fault_detail);
  }
};

}  // namespace

std::string encode_state(const ViewState& state) {
  return encode_row(StateRow{state.cursor, std::string(as_text(state.log_root)),
                             state.recorded_at_us, state.version, state.faulted,
                             state.fault_position, state.fault_detail});
}

Result<ViewState> decode_state(std::string_view row) {
  CARTELLA_TRY(const auto read, decode_row<StateRow>(row));
  if (read.log_root.size() != 32) return fail(Errc::corrupt, "the state of a view is malformed");
  ViewState state{read.cursor,      {},           read.recorded_at_us,
                  read.version,     read.faulted, read.fault_position,
                  read.fault_detail};
  std::memcpy(state.log_root.data(), read.log_root.data(), 32);
  return state;
}

Feeder::Feeder(ViewsDb& views, const EventSource& source, crypto::SegmentKeys& keys,
               const Tokens& tokens, const EngineOptions& options)
    : x_views(views),
      x_source(source),
      x_keys(keys),
      x_tokens(tokens),
      x_options(options),
      x_worker_count(options.worker_count != 0
                         ? options.worker_count
                         : std::max(1u, std::thread::hardware_concurrency())) {}

Result<Feeder::Chunk> Feeder::read_chunk(std::uint64_t from, std::uint64_t to) const {
  Chunk chunk;
  chunk.end = from;
  chunk.events.reserve(to - from);
  std::size_t bytes = 0;
  bool full = false;
  const Status scanned = x_source.scan(from, to, [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(auto decoded, decode_event(x_source.eras(), x_keys, event));
    if (decoded.position != chunk.end)
      return fail(Errc::corrupt, "position " + std::to_string(chunk.end) + " is missing");
    bytes += decoded.stored_bytes;
    chunk.events.push_back(std::move(decoded));
    ++chunk.end;
    full = bytes >= x_options.chunk_bytes_max;
    if (full) return fail(Errc::unavailable, "the chunk is full");
    return ok();
  });
  if (!scanned && !full) return scanned.error();
  if (!full && chunk.end != to)
    return fail(Errc::corrupt, "position " + std::to_string(chunk.end) + " is missing");
  return chunk;
}

Result<crypto::Frontier> Feeder::frontier_at(std::uint64_t size) const {
  std::vector<Hash32> hashes;
  std::uint64_t done = 0;
  for (int level = 63; level >= 0; --level) {
    const std::uint64_t width = std::uint64_t{1} << level;
    if ((size & width) == 0) continue;
    CARTELLA_TRY(auto hash,
                 x_source.subtree_hash(static_cast<std::uint32_t>(level), done >> level));
    hashes.push_back(hash);
    done += width;
  }
  return crypto::Frontier(size, std::move(hashes));
}

Status Feeder::apply_to(Target& target, const Chunk& chunk, const crypto::Frontier& before,
                        const Hash32& root_after) const {
  ViewState state = target.state.with([](const ViewState& current) { return current; });
  if (state.faulted || state.cursor >= chunk.end) return ok();
  const std::uint64_t until = std::min(chunk.end, target.until.value_or(chunk.end));
  if (state.cursor >= until) return ok();
  ChunkRows rows(x_views, target.table, x_tokens);
  for (const DecodedEvent& event : chunk.events) {
    if (event.position < state.cursor) continue;
    if (event.position >= until) break;
    const Status applied = apply_one(*target.projection, event, rows);
    if (!applied) {
      // The database failing is no fault of the event.
      if (applied.error().code == Errc::io || applied.error().code == Errc::out_of_space)
        return applied.error();
      rows.discard();
      state.faulted = true;
      state.fault_position = event.position;
      state.fault_detail =
          std::string(errc_name(applied.error().code)) + ": " + applied.error().detail;
      break;
    }
    rows.accept();
    state.cursor = event.position + 1;
    state.recorded_at_us = event.recorded_at.us;
  }
  state.log_root = root_after;
  if (state.cursor != chunk.end) {
    crypto::Frontier frontier = before;
    for (const DecodedEvent& event : chunk.events)
      if (event.position < state.cursor) frontier.append(event.leaf_hash);
    state.log_root = frontier.root();
  }
  CARTELLA_TRY(x_views.write(target.table, rows.take(encode_state(state))));
  target.state.with([&](ViewState& current) { current = state; });
  return ok();
}

Status Feeder::apply_chunk(std::span<Target* const> targets, const Chunk& chunk,
                           crypto::Frontier& frontier) const {
  const crypto::Frontier before = frontier;
  for (const DecodedEvent& event : chunk.events) frontier.append(event.leaf_hash);
  const Hash32 root_after = frontier.root();
  const std::lock_guard lock(x_chunk_mutex);
  std::atomic<std::size_t> next{0};
  const auto work = [&]() -> Status {
    for (std::size_t i = next.fetch_add(1); i < targets.size(); i = next.fetch_add(1)) {
      CARTELLA_TRY(apply_to(*targets[i], chunk, before, root_after));
    }
    return ok();
  };
  // A thread costs more than a few events do.
  if (chunk.events.size() < 64 || x_worker_count < 2) return work();
  std::vector<std::future<Status>> others;
  for (unsigned i = 1; i < x_worker_count; ++i)
    others.push_back(std::async(std::launch::async, work));
  Status result = work();
  for (auto& other : others) {
    Status status = other.get();
    if (result && !status) result = std::move(status);
  }
  return result;
}

Status Feeder::feed(std::span<Target* const> targets, std::uint64_t to, const Progress& progress,
                    const std::atomic<bool>& stop) const {
  std::uint64_t from = to;
  for (Target* target : targets)
    target->state.with([&](const ViewState& state) {
      if (!state.faulted) from = std::min(from, state.cursor);
    });
  if (from >= to) return ok();
  CARTELLA_TRY(auto frontier, frontier_at(from));

  struct Range {
    std::uint64_t to = 0;
    std::future<Result<Chunk>> chunk;
  };
  std::deque<Range> ahead;
  std::uint64_t planned = from;
  std::uint64_t flushed_at = from;
  const std::uint64_t start = from;
  while (from < to && !stop.load()) {
    while (planned < to && ahead.size() <= x_worker_count) {
      const std::uint64_t end = std::min(to, planned + x_options.chunk_events_max);
      // A single chunk, the usual case at the head, is read where it is needed.
      const auto policy = end == to && ahead.empty() ? std::launch::deferred : std::launch::async;
      ahead.push_back(
          {end, std::async(policy, [this, planned, end] { return read_chunk(planned, end); })});
      planned = end;
    }
    Range range = std::move(ahead.front());
    ahead.pop_front();
    CARTELLA_TRY(auto chunk, range.chunk.get());
    CARTELLA_TRY(apply_chunk(targets, chunk, frontier));
    // Large events end a chunk early; the rest of its range comes before the next.
    while (chunk.end < range.to) {
      CARTELLA_TRY(chunk, read_chunk(chunk.end, range.to));
      CARTELLA_TRY(apply_chunk(targets, chunk, frontier));
    }
    from = range.to;
    if (progress) progress(from - start, to - start);
    if (from - flushed_at >= x_options.flush_events) {
      CARTELLA_TRY(x_views.flush());
      flushed_at = from;
    }
  }
  return ok();
}

}  // namespace cartella::projections
