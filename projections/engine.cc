#include "projections/engine.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/check.h"
#include "base/waiting.h"
#include "crypto/forget.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "projections/compare.h"
#include "projections/feeder.h"
#include "projections/snapshot_reader.h"
#include "projections/views_db.h"

namespace cartella::projections {
namespace {

constexpr std::chrono::milliseconds kGather{5};  // how much later a view may hold an event

Result<ViewState> state_in(const ViewsDb& views, const ViewsDb::Table* table,
                           const ViewsDb::Snapshot* snapshot) {
  CARTELLA_TRY(const auto row, views.read(table, kStateKey, snapshot));
  if (!row) return ViewState{};
  return decode_state(*row);
}

Error faulted_error(std::string_view name, const ViewState& state) {
  return fail(Errc::unavailable, "the view " + std::string(name) + " stopped at position " +
                                     std::to_string(state.fault_position) + " (" +
                                     state.fault_detail + ")");
}

}  // namespace

struct Engine::Impl {
  Impl(const EventSource& from, crypto::SegmentKeys& segment_keys, const crypto::Secret32& secret)
      : source(from), keys(segment_keys), views_secret(secret.clone()), tokens(secret) {}

  const EventSource& source;
  crypto::SegmentKeys& keys;
  crypto::Secret32 views_secret;
  SecretTokens tokens;
  std::vector<std::unique_ptr<Projection>> projections;
  std::unique_ptr<ViewsDb> views;
  std::unique_ptr<Feeder> feeder;

  std::mutex rebuild_mutex;          // one rebuild or comparison at a time; taken before feed_mutex
  std::mutex feed_mutex;             // who advances or swaps the live targets
  mutable std::mutex targets_mutex;  // guards `targets` itself, for readers
  std::vector<std::unique_ptr<Target>> targets;
  std::vector<std::unique_ptr<Target>> retired;  // swapped out; a query may still hold one

  std::thread thread;
  std::atomic<bool> stopping{false};
  mutable std::mutex progress_mutex;
  mutable std::condition_variable progressed;
  mutable std::condition_variable wanted;
  mutable std::size_t waiting = 0;  // callers of wait_for
  bool running = false;
  std::optional<Error> feed_error;

  Result<std::unique_ptr<Target>> open_target(const Projection& projection);
  Result<bool> continues(const ViewState& state, const Projection& projection) const;
  std::vector<Target*> live() const;
  // Whether every healthy view holds the event at `position`.
  bool has_reached(std::uint64_t position) const;
  Result<Target*> find(std::string_view name) const;
  // The current table of a view, which then stays readable. As find.
  Result<std::pair<Target*, ViewsDb::Hold>> hold(std::string_view name) const;
  crypto::Secret32 root_key(std::string_view name) const {
    return crypto::derive(views_secret, "views/roots", as_bytes(name));
  }
  Status feed_live(std::uint64_t to, const Progress& progress, const std::atomic<bool>& stop);
  void run();
  void gather();
  Status rebuild(const std::vector<Target*>& old, const Progress& progress);
  Status swap(Target* old, std::unique_ptr<Target> fresh);
  Result<std::vector<ViewComparison>> compare(const std::vector<Target*>& live_targets,
                                              const Progress& progress,
                                              const std::vector<EarlierCursor>& earlier);
  Result<std::map<std::string, ViewRoot>> feed_past(const std::vector<Target*>& filling,
                                                    const std::vector<EarlierCursor>& earlier,
                                                    const Progress& progress);
  Result<ViewComparison> compare_one(const Target& temporary, const TableSide& live_side,
                                     const ViewState& live_state) const;
};

// A view goes on only where it stopped in this very log: same version, same root.
Result<bool> Engine::Impl::continues(const ViewState& state, const Projection& projection) const {
  if (state.cursor == 0 && !state.faulted) return true;
  if (state.version != projection.version() || state.cursor > source.size()) return false;
  CARTELLA_TRY(const auto root,
               crypto::root_at(state.cursor, [this](std::uint32_t level, std::uint64_t index) {
                 return source.subtree_hash(level, index);
               }));
  return root == state.log_root;
}

Result<std::unique_ptr<Target>> Engine::Impl::open_target(const Projection& projection) {
  CARTELLA_TRY(const auto current, views->current(projection.name()));
  auto target = std::make_unique<Target>();
  target->projection = &projection;
  if (current.table != nullptr) {
    CARTELLA_TRY(auto state, state_in(*views, current.table, nullptr));
    CARTELLA_TRY(const bool goes_on, continues(state, projection));
    if (goes_on) {
      state.version = projection.version();
      target->table = current.table;
      target->generation = current.generation;
      target->state.with([&](ViewState& to) { to = state; });
      return target;
    }
  }
  target->generation = current.generation + 1;
  CARTELLA_TRY(target->table, views->create(projection.name(), target->generation));
  target->state.with([&](ViewState& to) { to.version = projection.version(); });
  CARTELLA_TRY(views->make_current(projection.name(), target->generation, target->table));
  return target;
}

std::vector<Target*> Engine::Impl::live() const {
  const std::lock_guard lock(targets_mutex);
  std::vector<Target*> all;
  all.reserve(targets.size());
  for (const auto& target : targets) all.push_back(target.get());
  return all;
}

Result<Target*> Engine::Impl::find(std::string_view name) const {
  const std::lock_guard lock(targets_mutex);
  for (const auto& target : targets)
    if (target->projection->name() == name) return target.get();
  return fail(Errc::not_found, "no such view");
}

Result<std::pair<Target*, ViewsDb::Hold>> Engine::Impl::hold(std::string_view name) const {
  for (;;) {
    CARTELLA_TRY(Target* const target, find(name));
    // Swapped out between the two: there is a newer one.
    if (auto held = views->hold(target->table)) return std::pair{target, std::move(held)};
  }
}

Status Engine::Impl::feed_live(std::uint64_t to, const Progress& progress,
                               const std::atomic<bool>& stop) {
  const std::lock_guard lock(feed_mutex);
  const auto targets_now = live();
  Status fed = feeder->feed(targets_now, to, progress, stop);
  {
    const std::lock_guard progress_lock(progress_mutex);
    if (!fed) feed_error = fed.error();
  }
  progressed.notify_all();
  return fed;
}

// A chunk costs every view a batch, however many events it has: what comes within a moment is taken
// together, unless somebody waits for it.
void Engine::Impl::gather() {
  std::unique_lock lock(progress_mutex);
  wanted.wait_for(lock, kGather, [this] { return waiting > 0; });
}

void Engine::Impl::run() {
  using namespace std::chrono_literals;
  while (!stopping.load()) {
    std::uint64_t behind = UINT64_MAX;
    for (Target* target : live())
      target->state.with([&](const ViewState& state) {
        if (!state.faulted) behind = std::min(behind, state.cursor);
      });
    // With every view faulted there is nothing to follow; look again when one was rebuilt.
    if (source.wait_past(behind, 200ms) <= behind) continue;
    gather();
    if (!feed_live(source.size(), {}, stopping)) break;
  }
  {
    const std::lock_guard lock(progress_mutex);
    running = false;
  }
  progressed.notify_all();
}

Status Engine::Impl::swap(Target* old, std::unique_ptr<Target> fresh) {
  CARTELLA_TRY(views->make_current(fresh->projection->name(), fresh->generation, fresh->table));
  ViewsDb::Table* old_table = old->table;
  {
    const std::lock_guard lock(targets_mutex);
    for (auto& target : targets) {
      if (target.get() != old) continue;
      retired.push_back(std::move(target));
      target = std::move(fresh);
      break;
    }
  }
  return views->drop(old_table);
}

Status Engine::Impl::rebuild(const std::vector<Target*>& old, const Progress& progress) {
  std::vector<std::unique_ptr<Target>> fresh;
  std::vector<Target*> filling;
  for (Target* target : old) {
    auto next = std::make_unique<Target>();
    next->projection = target->projection;
    next->generation = target->generation + 1;
    CARTELLA_TRY(next->table, views->create(target->projection->name(), next->generation));
    next->state.with([&](ViewState& state) { state.version = target->projection->version(); });
    filling.push_back(next.get());
    fresh.push_back(std::move(next));
  }
  const std::atomic<bool> never{false};
  Status filled = feeder->feed(filling, source.size(), progress, never);
  // The live feeder went on meanwhile; the rest is applied while it waits.
  const std::lock_guard lock(feed_mutex);
  if (filled) filled = feeder->feed(filling, source.size(), {}, never);
  for (std::size_t i = 0; filled && i < fresh.size(); ++i) {
    const ViewState state = filling[i]->state.with([](const ViewState& now) { return now; });
    if (state.faulted) filled = faulted_error(fresh[i]->projection->name(), state);
  }
  if (!filled) {
    for (Target* target : filling) {
      CARTELLA_TRY(views->drop(target->table));
    }
    return filled;
  }
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    CARTELLA_TRY(swap(old[i], std::move(fresh[i])));
  }
  progressed.notify_all();
  return ok();
}

Result<ViewComparison> Engine::Impl::compare_one(const Target& temporary,
                                                 const TableSide& live_side,
                                                 const ViewState& live_state) const {
  ViewComparison comparison;
  comparison.name = std::string(temporary.projection->name());
  const crypto::Secret32 key = root_key(comparison.name);
  const ViewState state = temporary.state.with([](const ViewState& now) { return now; });
  CARTELLA_TRY(const auto live_root, table_root(*views, live_side.table, live_side.snapshot, key));
  CARTELLA_TRY(const auto rebuilt_root, table_root(*views, temporary.table, nullptr, key));
  comparison.live = {live_state.cursor, live_root.row_count, live_state.log_root, live_root.root};
  comparison.rebuilt = {state.cursor, rebuilt_root.row_count, state.log_root, rebuilt_root.root};
  comparison.equal = !live_state.faulted && live_root.root == rebuilt_root.root &&
                     live_state.cursor == state.cursor && live_state.log_root == state.log_root;
  if (live_state.faulted) {
    comparison.first_difference =
        "stopped at position " + std::to_string(live_state.fault_position);
  } else if (!comparison.equal) {
    CARTELLA_TRY(comparison.first_difference,
                 first_difference(*views, live_side, {temporary.table, nullptr}, key));
    if (comparison.first_difference.empty())
      comparison.first_difference = "cursor " + std::to_string(live_state.cursor);
  }
  return comparison;
}

// Stops at each earlier cursor, lowest first, and takes the roots there.
Result<std::map<std::string, ViewRoot>> Engine::Impl::feed_past(
    const std::vector<Target*>& filling, const std::vector<EarlierCursor>& earlier,
    const Progress& progress) {
  std::map<std::uint64_t, std::set<std::string>> stops;
  for (const EarlierCursor& each : earlier) stops[each.cursor].insert(each.name);
  const std::atomic<bool> never{false};
  std::map<std::string, ViewRoot> roots;
  for (const auto& [cursor, names] : stops) {
    if (cursor > source.size()) break;
    CARTELLA_TRY(feeder->feed(filling, cursor, progress, never));
    for (const Target* target : filling) {
      const std::string name(target->projection->name());
      const ViewState state = target->state.with([](const ViewState& now) { return now; });
      if (!names.contains(name) || state.cursor != cursor || state.faulted) continue;
      CARTELLA_TRY(const auto root, table_root(*views, target->table, nullptr, root_key(name)));
      roots[name] = {cursor, root.row_count, state.log_root, root.root};
    }
  }
  return roots;
}

Result<std::vector<ViewComparison>> Engine::Impl::compare(
    const std::vector<Target*>& live_targets, const Progress& progress,
    const std::vector<EarlierCursor>& earlier) {
  const auto snapshot = views->snapshot();
  std::vector<std::unique_ptr<Target>> temporary;
  std::vector<Target*> filling;
  std::vector<ViewState> live_states;
  std::vector<std::string_view> names;
  std::uint64_t to = 0;
  for (Target* target : live_targets) {
    CARTELLA_TRY(auto state, state_in(*views, target->table, snapshot.get()));
    auto fresh = std::make_unique<Target>();
    fresh->projection = target->projection;
    fresh->until = state.cursor;
    names.push_back(target->projection->name());
    to = std::max(to, state.cursor);
    live_states.push_back(std::move(state));
    filling.push_back(fresh.get());
    temporary.push_back(std::move(fresh));
  }
  // Generation 0 is never current: an interrupted comparison leaves nothing that counts.
  CARTELLA_TRY(const auto tables, views->create_all(names, 0));
  for (std::size_t i = 0; i < filling.size(); ++i) filling[i]->table = tables[i];
  const std::atomic<bool> never{false};
  auto roots = feed_past(filling, earlier, progress);
  Status filled = roots ? feeder->feed(filling, to, progress, never) : Status(roots.error());
  std::vector<ViewComparison> comparisons;
  for (std::size_t i = 0; filled && i < filling.size(); ++i) {
    auto compared =
        compare_one(*filling[i], {live_targets[i]->table, snapshot.get()}, live_states[i]);
    if (compared) {
      comparisons.push_back(std::move(compared).value());
      const auto root = roots.value().find(comparisons.back().name);
      if (root != roots.value().end()) comparisons.back().earlier = root->second;
    } else {
      filled = compared.error();
    }
  }
  CARTELLA_TRY(views->drop_all(tables));
  CARTELLA_TRY(std::move(filled));
  return comparisons;
}

// ---- the public face
// -----------------------------------------------------------------------------
Engine::Engine(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Engine::~Engine() { stop(); }

Result<std::unique_ptr<Engine>> Engine::open(const std::filesystem::path& dir,
                                             const EventSource& source, crypto::SegmentKeys& keys,
                                             const crypto::Secret32& secret,
                                             const EngineOptions& options,
                                             std::vector<std::unique_ptr<Projection>> projections) {
  auto impl = std::make_unique<Impl>(source, keys, secret);
  impl->projections = std::move(projections);
  CARTELLA_TRY(impl->views, ViewsDb::open(dir, secret, options.write_buffer_bytes));
  CARTELLA_TRY(impl->views->drop_unreferenced());
  impl->feeder = std::make_unique<Feeder>(*impl->views, source, keys, impl->tokens, options);
  for (const auto& projection : impl->projections) {
    CARTELLA_TRY(auto target, impl->open_target(*projection));
    impl->targets.push_back(std::move(target));
  }
  CARTELLA_TRY(impl->views->drop_unreferenced());
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

Result<std::unique_ptr<Engine>> Engine::open(const std::filesystem::path& dir,
                                             const EventSource& source, crypto::SegmentKeys& keys,
                                             const crypto::Secret32& secret,
                                             const EngineOptions& options) {
  return open(dir, source, keys, secret, options, all_projections());
}

Status Engine::catch_up(std::optional<std::uint64_t> to, const Progress& progress) {
  const std::atomic<bool> never{false};
  const std::uint64_t size = x_impl->source.size();
  CARTELLA_TRY(x_impl->feed_live(std::min(size, to.value_or(size)), progress, never));
  return flush();
}

void Engine::start() {
  CHECK(!x_impl->thread.joinable());
  x_impl->stopping.store(false);
  {
    const std::lock_guard lock(x_impl->progress_mutex);
    x_impl->running = true;
    x_impl->feed_error.reset();
  }
  x_impl->thread = std::thread([this] { x_impl->run(); });
}

void Engine::stop() {
  if (!x_impl->thread.joinable()) return;
  x_impl->stopping.store(true);
  x_impl->thread.join();
  // What is not flushed is applied again at the next start.
  static_cast<void>(flush());
}

bool Engine::Impl::has_reached(std::uint64_t position) const {
  const std::lock_guard lock(targets_mutex);
  return std::ranges::all_of(targets, [position](const auto& target) {
    return target->state.with(
        [position](const ViewState& state) { return state.faulted || state.cursor > position; });
  });
}

Status Engine::wait_for(std::uint64_t position, std::chrono::milliseconds timeout) const {
  const auto reached = [&] { return x_impl->has_reached(position); };
  if (reached()) return ok();
  const Waiting waiting;
  std::unique_lock lock(x_impl->progress_mutex);
  ++x_impl->waiting;
  x_impl->wanted.notify_one();
  bool done = reached();
  x_impl->progressed.wait_for(lock, timeout, [&] {
    done = reached();
    return done || !x_impl->running;
  });
  --x_impl->waiting;
  if (done) return ok();
  if (x_impl->feed_error)
    return fail(Errc::unavailable, "the views stopped: " + x_impl->feed_error->detail);
  return fail(Errc::unavailable, "the views have not reached position " + std::to_string(position));
}

std::vector<ViewStatus> Engine::statuses() const {
  const std::lock_guard lock(x_impl->targets_mutex);
  std::vector<ViewStatus> all;
  for (const auto& target : x_impl->targets)
    target->state.with([&](const ViewState& state) {
      all.push_back({std::string(target->projection->name()), target->generation, state.cursor,
                     state.log_root, state.recorded_at_us, state.faulted, state.fault_position,
                     state.fault_detail});
    });
  return all;
}

Result<std::unique_ptr<ViewReader>> Engine::view(std::string_view name) const {
  // The table that the reader holds outlives a swap.
  CARTELLA_TRY(auto held, x_impl->hold(name));
  const auto& [target, hold] = held;
  auto snapshot = x_impl->views->snapshot();
  CARTELLA_TRY(const auto state, state_in(*x_impl->views, target->table, snapshot.get()));
  if (state.faulted) return faulted_error(name, state);
  return std::unique_ptr<ViewReader>(std::make_unique<SnapshotReader>(
      *x_impl->views, target->table, hold, std::move(snapshot), state, x_impl->tokens));
}

Result<std::vector<std::unique_ptr<ViewReader>>> Engine::views(
    const std::vector<std::string_view>& names) const {
  const std::lock_guard lock(x_impl->feeder->chunk_mutex());
  std::vector<std::unique_ptr<ViewReader>> all;
  for (const std::string_view name : names) {
    CARTELLA_TRY(auto reader, view(name));
    all.push_back(std::move(reader));
  }
  return all;
}

const EventSource& Engine::source() const { return x_impl->source; }
crypto::SegmentKeys& Engine::keys() const { return x_impl->keys; }

Status Engine::rebuild(std::string_view name, const Progress& progress) {
  const std::lock_guard lock(x_impl->rebuild_mutex);
  CARTELLA_TRY(Target* const target, x_impl->find(name));
  return x_impl->rebuild({target}, progress);
}

Status Engine::rebuild_all(const Progress& progress) {
  const std::lock_guard lock(x_impl->rebuild_mutex);
  return x_impl->rebuild(x_impl->live(), progress);
}

Result<ViewRoot> Engine::view_root(std::string_view name) const {
  CARTELLA_TRY(const auto held, x_impl->hold(name));
  const ViewsDb::Table* const table = held.first->table;
  const auto snapshot = x_impl->views->snapshot();
  CARTELLA_TRY(const auto state, state_in(*x_impl->views, table, snapshot.get()));
  if (state.faulted) return faulted_error(name, state);
  CARTELLA_TRY(const auto root,
               table_root(*x_impl->views, table, snapshot.get(), x_impl->root_key(name)));
  return ViewRoot{state.cursor, root.row_count, state.log_root, root.root};
}

Result<ViewComparison> Engine::compare_with_rebuild(std::string_view name,
                                                    const Progress& progress) {
  const std::lock_guard lock(x_impl->rebuild_mutex);
  CARTELLA_TRY(Target* const target, x_impl->find(name));
  CARTELLA_TRY(auto compared, x_impl->compare({target}, progress, {}));
  return std::move(compared.front());
}

Result<std::vector<ViewComparison>> Engine::compare_all_with_rebuild(
    const Progress& progress, const std::vector<EarlierCursor>& earlier) {
  const std::lock_guard lock(x_impl->rebuild_mutex);
  return x_impl->compare(x_impl->live(), progress, earlier);
}

Status Engine::verify_files(const std::filesystem::path& dir, const crypto::Secret32& secret) {
  return ViewsDb::verify_files(dir, secret);
}
Status Engine::flush() { return x_impl->views->flush(); }

Status Engine::discard(const std::filesystem::path& dir) {
  return crypto::forget_files(dir / "views");
}

}  // namespace cartella::projections
