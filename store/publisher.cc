#include "store/publisher.h"

#include <utility>

#include "store/log_meta.h"

namespace cartella::store {

Publisher::Publisher(std::string origin, const crypto::Signer& key, LogDb& db,
                     const LogState& state, Writer& writer, std::filesystem::path head_dir,
                     std::chrono::milliseconds interval)
    : x_origin(std::move(origin)),
      x_db(db),
      x_state(state),
      x_writer(writer),
      x_head_dir(std::move(head_dir)),
      x_interval(interval),
      x_signed(Newest{&key, {}}) {
  if (x_interval.count() > 0) x_thread = std::thread([this] { loop(); });
}

Publisher::~Publisher() { stop(); }

void Publisher::stop() {
  {
    const std::lock_guard lock(x_timer_mutex);
    x_stopping = true;
  }
  x_timer.notify_all();
  if (x_thread.joinable()) x_thread.join();
}

crypto::Checkpoint Publisher::newest() const {
  const LogState::Head head = x_state.head();
  return crypto::Checkpoint{x_origin, head.size, head.root};
}

Result<std::string> Publisher::sign(const crypto::Checkpoint& checkpoint) const {
  CARTELLA_TRY(x_state.rollback());
  return x_signed.with(
      [&](const Newest& last) { return crypto::sign_checkpoint(checkpoint, *last.key); });
}

Result<Publisher::Signed> Publisher::newest_signed() const {
  CARTELLA_TRY(x_state.rollback());
  const crypto::Checkpoint checkpoint = newest();
  return x_signed.with([&](Newest& last) {
    if (last.head.note.empty() || last.head.size != checkpoint.size)
      last.head = {checkpoint.size, crypto::sign_checkpoint(checkpoint, *last.key)};
    return last.head;
  });
}

crypto::PublicKey Publisher::key() const {
  return x_signed.with([](const Newest& last) { return last.key->public_key(); });
}

Status Publisher::publish_note(const Signed& signed_head) {
  CARTELLA_TRY(x_writer.run([&](Journal&) -> Status {
    LogBatch batch(x_db);
    batch.put(Family::checkpoints, position_key(signed_head.size), as_bytes(signed_head.note));
    return x_db.write(batch);
  }));
  CARTELLA_TRY(write_head_copy(x_head_dir, signed_head.note));
  x_published = signed_head.size;
  return ok();
}

Status Publisher::replace_key(const crypto::Signer& next, const std::function<Status()>& adopt) {
  CARTELLA_TRY(x_state.rollback());
  const std::lock_guard lock(x_publish_mutex);
  const crypto::Checkpoint checkpoint = newest();
  const crypto::Signer* const present = x_signed.with([](const Newest& last) { return last.key; });
  // The text of a note ends with an empty line; what follows are the lines of its signers.
  const std::string by_next = crypto::sign_checkpoint(checkpoint, next);
  const std::size_t signatures = crypto::checkpoint_body(checkpoint).size() + 1;
  const Signed both{checkpoint.size,
                    crypto::sign_checkpoint(checkpoint, *present) + by_next.substr(signatures)};
  CARTELLA_TRY(publish_note(both));
  CARTELLA_TRY(adopt());
  x_signed.with([&](Newest& last) { last = {&next, both}; });
  return ok();
}

Status Publisher::publish() {
  const std::lock_guard lock(x_publish_mutex);
  CARTELLA_TRY(const Signed newest, newest_signed());
  if (newest.size == x_published) return ok();
  return publish_note(newest);
}

void Publisher::loop() {
  std::unique_lock lock(x_timer_mutex);
  while (!x_stopping) {
    x_timer.wait_for(lock, x_interval, [this] { return x_stopping; });
    if (x_stopping) break;
    lock.unlock();
    // A head copy that cannot be written is tried again with the next checkpoint; the log itself
    // is not touched by it, and `Store::publish` tells whoever asks.
    (void)publish();
    lock.lock();
  }
}

}  // namespace cartella::store
