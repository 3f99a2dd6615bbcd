#include "store/store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "store/replay.h"
#include "store/store_impl.h"

namespace cartella::store {

namespace {

// More than this many full segments make a flush worth while; a start replays at most about these.
constexpr std::uint64_t kRetainedSegments = 4;

// Of live subscriptions: 800 KiB, a second of the busiest log; whoever is slower reads the index.
constexpr std::size_t kTailNotices = 16 * 1024;

Writer::Parts writer_parts(LogDb& db, LogState& state, Journal& journal, OpenedLog& opened,
                           SignerRegistry& signers, RecentHeads& heads, Flusher& flusher,
                           const StoreOptions& options) {
  const std::uint64_t limit = kRetainedSegments * options.journal_segment_bytes;
  return {
      db,
      state,
      journal,
      signers,
      std::move(opened.edge),
      opened.head_time,
      heads,
      [&state, &flusher, limit](std::uint64_t retained, const std::optional<SpareSegment>& spare) {
        if (retained > limit) flusher.request(state.size());
        if (spare) flusher.request(*spare);
      }};
}

Status check_options(const StoreOptions& options) {
  if (options.queue_calls_max == 0 || options.group_events_max == 0 ||
      options.group_events_max > kCallEventsMax || options.group_bytes_max == 0)
    return fail(Errc::invalid_argument, "a limit of the store's options is out of range");
  return ok();
}

}  // namespace

std::filesystem::path head_dir_of(const std::filesystem::path& dir, const StoreOptions& options) {
  return options.head_copy_dir.empty() ? dir / "head" : options.head_copy_dir;
}

Store::Impl::Impl(DirectoryLock taken, std::filesystem::path at, LogMeta what, OpenedLog opened,
                  const crypto::Signer& log_key, const Clock& clock, const StoreOptions& with)
    : lock(std::move(taken)),
      dir(std::move(at)),
      meta(std::move(what)),
      eras(eras_of(meta)),
      options(with),
      healed(opened.healed),
      db(std::move(opened.db)),
      journal(std::move(opened.journal)),
      state(opened.edge),
      signers(eras, meta.key),
      notice_tail(*db, kTailNotices),
      flusher(*db, state),
      writer(dir, clock, options,
             writer_parts(*db, state, *journal, opened, signers, recent_heads, flusher, options)),
      publisher(meta.origin, log_key, *db, state, writer, head_dir_of(dir, options),
                options.publish_interval) {
  flusher.release_by(writer);
}

Store::Impl::~Impl() {
  state.stop();
  publisher.stop();
  flusher.stop();
  if (state.size() > 0 && !state.failed()) (void)publisher.publish();
  writer.stop();
  // A clean end leaves little to replay; where it fails, the journal still has everything.
  if (state.failed() || !state.rollback() || !db->flush_all()) return;
  (void)journal->release_through(state.size());
}

Store::Store(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::create(const std::filesystem::path& dir, const LogId& log,
                                             const std::string& origin,
                                             const crypto::Signer& log_key, const Clock& clock,
                                             const StoreOptions& options) {
  CARTELLA_TRY(check_options(options));
  CARTELLA_TRY(make_directories(dir));
  CARTELLA_TRY(DirectoryLock lock, DirectoryLock::acquire(dir));
  const LogMeta meta{log, origin, log_key.public_key(), {}};
  const auto head_dir = head_dir_of(dir, options);
  std::error_code error;
  for (const auto& path : {meta_path(dir), log_path(dir), head_dir / "head"})
    if (std::filesystem::exists(path, error))
      return fail(Errc::invalid_argument, path.string() + " exists: there is a store already");
  CARTELLA_TRY(make_directories(head_dir));
  OpenedLog opened;
  CARTELLA_TRY(opened.journal, Journal::create(dir, log, journal_options(options)));
  CARTELLA_TRY(opened.journal->resume());
  CARTELLA_TRY(opened.db, LogDb::open(log_path(dir), LogDb::Use::serve));
  CARTELLA_TRY(write_meta(dir, meta));
  return std::unique_ptr<Store>(new Store(std::make_unique<Impl>(
      std::move(lock), dir, meta, std::move(opened), log_key, clock, options)));
}

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& dir,
                                           const crypto::Signer& log_key, const Clock& clock,
                                           const StoreOptions& options) {
  CARTELLA_TRY(check_options(options));
  // Looked for first, so that a wrong path gets no lock file.
  CARTELLA_TRY(const LogMeta meta, read_meta(dir));
  CARTELLA_TRY(DirectoryLock lock, DirectoryLock::acquire(dir));
  const bool is_other_key = meta.key != log_key.public_key();
  if (is_other_key && !options.open_older)
    return fail(Errc::invalid_argument, "the log key is not the one this log was made with");
  const auto head_dir = head_dir_of(dir, options);
  CARTELLA_TRY(OpenedLog opened, open_log(dir, meta, head_dir, options));
  CARTELLA_TRY(make_directories(head_dir));
  const auto rollback = opened.rollback;
  auto impl = std::make_unique<Impl>(std::move(lock), dir, meta, std::move(opened), log_key, clock,
                                     options);
  CARTELLA_TRY(impl->signers.load(*impl->db, impl->state.size()));
  if (rollback) impl->state.declare_rollback(*rollback);
  if (is_other_key)
    impl->state.declare_rollback("the log has a key that was replaced and destroyed since");
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<crypto::PublicKey> Store::log_key_of(const std::filesystem::path& dir) {
  CARTELLA_TRY(const LogMeta meta, read_meta(dir));
  return meta.key;
}

crypto::PublicKey Store::log_key() const { return x_impl->publisher.key(); }

Status Store::rotate_log_key(const crypto::Signer& next) {
  if (log_key() == next.public_key()) return ok();
  return x_impl->publisher.replace_key(next, [&]() -> Status {
    CARTELLA_TRY(auto meta, read_meta(x_impl->dir));
    CHECK(end_key(meta, kNothingGivenUp));
    meta.key = next.public_key();
    CARTELLA_TRY(write_meta(x_impl->dir, meta));
    return x_impl->writer.run([&](Journal&) -> Status {
      x_impl->signers.replace_log_key(next.public_key());
      return ok();
    });
  });
}

std::future<Result<Receipt>> Store::append_async(Call call) {
  auto prepared = prepare_call(std::move(call), x_impl->signers);
  if (prepared) return x_impl->writer.submit(std::move(prepared).value());
  std::promise<Result<Receipt>> refused;
  refused.set_value(std::move(prepared).error());
  return refused.get_future();
}

void Store::append(Call call, Done done) {
  auto prepared = prepare_call(std::move(call), x_impl->signers);
  if (!prepared) return done(std::move(prepared).error());
  x_impl->writer.append(std::move(prepared).value(), std::move(done));
}

Result<Receipt> Store::append(Call call) {
  CARTELLA_TRY(auto prepared, prepare_call(std::move(call), x_impl->signers));
  return x_impl->writer.append(std::move(prepared));
}

std::uint64_t Store::size() const { return x_impl->state.size(); }
const LogId& Store::log_id() const { return x_impl->eras.first(); }
const crypto::LogEras& Store::eras() const { return x_impl->eras; }
const std::string& Store::origin() const { return x_impl->meta.origin; }

std::vector<std::string> Store::origins() const {
  std::vector<std::string> all{x_impl->meta.origin};
  for (const PastKey& past : x_impl->meta.past)
    if (std::ranges::find(all, past.origin) == all.end()) all.push_back(past.origin);
  return all;
}

std::uint64_t Store::wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const {
  return x_impl->state.wait_past(position, timeout);
}

Status Store::Impl::flush(bool zero_released) {
  std::uint64_t size = 0;
  CARTELLA_TRY(writer.run([&](Journal& tail) -> Status {
    size = state.size();
    return tail.rotate();
  }));
  // Rows below `size` are applied, so the flush covers them while the writer goes on.
  if (Status flushed = db->flush_all(); !flushed) {
    state.fail_stop(flushed.error());
    return flushed;
  }
  return writer.run([&](Journal& tail) -> Status {
    CARTELLA_TRY(tail.release_through(size));
    if (zero_released) return tail.zero_free();
    return ok();
  });
}

// Rows of all families end at the same place only between two groups; most of them are flushed
// before, so that the writer waits for what is left alone.
Result<Store::Snapshot> Store::Impl::snapshot(const std::filesystem::path& to) {
  const auto stopping = [this](Status status) {
    if (!status) state.fail_stop(status.error());
    return status;
  };
  CARTELLA_TRY(state.rollback());
  CARTELLA_TRY(stopping(db->flush_all()));
  crypto::Checkpoint held;
  CARTELLA_TRY(writer.run([&](Journal&) -> Status {
    CARTELLA_TRY(stopping(db->flush_all()));
    held = publisher.newest();
    return db->snapshot(to);
  }));
  CARTELLA_TRY(auto note, publisher.sign(held));
  return Snapshot{std::move(held), std::move(note)};
}

Result<Store::Snapshot> Store::snapshot(const std::filesystem::path& to) {
  return x_impl->snapshot(to);
}
Status Store::flush() {
  CARTELLA_TRY(rollback());
  return x_impl->flush(false);
}
// Of an older log, too: a restore takes out of its rows what was erased since.
Status Store::scrub_journal() { return x_impl->flush(true); }
Status Store::publish() { return x_impl->publisher.publish(); }
Result<std::optional<ClockDoubt>> Store::clock_doubt() const {
  return x_impl->writer.clock_doubt();
}
Result<Receipt> Store::confirm_clock(Call record) {
  CARTELLA_TRY(auto prepared, prepare_call(std::move(record), x_impl->signers));
  return x_impl->writer.confirm_clock(std::move(prepared));
}
std::uint64_t Store::healed_records() const { return x_impl->healed; }

Status Store::health() const { return x_impl->state.failure(); }
Status Store::rollback() const { return x_impl->state.rollback(); }
void Store::declare_rollback(std::string detail) {
  x_impl->state.declare_rollback(std::move(detail));
}

}  // namespace cartella::store
