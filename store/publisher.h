// store/publisher.h: signs the newest root when asked, and publishes it on a timer.
//
// A signature per checkpoint, not per commit (ledger.md 10): nobody asks, nobody signs. Publishing
// stores the note in the log and writes the head copy on the second path. Only roots of synced
// records reach here (LogState). Threads: any; one timer thread inside.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "crypto/note.h"
#include "crypto/signer.h"
#include "store/log_db.h"
#include "store/log_state.h"
#include "store/writer.h"

namespace cartella::store {

class Publisher {
 public:
  // An interval of zero means no timer. The references outlive the publisher.
  Publisher(std::string origin, const crypto::Signer& key, LogDb& db, const LogState& state,
            Writer& writer, std::filesystem::path head_dir, std::chrono::milliseconds interval);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  struct Signed {
    std::uint64_t size = 0;
    std::string note;
  };
  crypto::Checkpoint newest() const;
  // Of a tree that `newest` answered. rollback.
  Result<std::string> sign(const crypto::Checkpoint& checkpoint) const;
  // Of the newest durable group; signs at most once per tree. rollback: nothing is signed.
  Result<Signed> newest_signed() const;
  crypto::PublicKey key() const;
  // Publishes a checkpoint that the present key and `next` both sign, so that whoever knows the one
  // may go on with the other; then runs `adopt`, and signs with `next` alone from the next tree on.
  // `next` outlives the publisher. As publish; what `adopt` returns: the present key stays.
  Status replace_key(const crypto::Signer& next, const std::function<Status()>& adopt);
  // io, out_of_space, unavailable, rollback. Unchanged where the newest tree is published already.
  Status publish();
  void stop();

 private:
  void loop();
  // Under x_publish_mutex.
  Status publish_note(const Signed& signed_head);

  const std::string x_origin;
  LogDb& x_db;
  const LogState& x_state;
  Writer& x_writer;
  const std::filesystem::path x_head_dir;
  const std::chrono::milliseconds x_interval;
  struct Newest {
    const crypto::Signer* key = nullptr;
    Signed head;
  };
  mutable Mutex<Newest> x_signed;
  std::mutex x_publish_mutex;  // one publication at a time, so that the head copy never goes back
  std::uint64_t x_published = 0;  // under x_publish_mutex
  std::mutex x_timer_mutex;
  std::condition_variable x_timer;
  bool x_stopping = false;  // under x_timer_mutex
  std::thread x_thread;
};

}  // namespace cartella::store
