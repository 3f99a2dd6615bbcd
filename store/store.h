// store/store.h: the log: the only writer of events, and how they are read back.
//
// The journal is the commit point, RocksDB (no WAL) the index behind it (ledger.md 4). One Store
// owns one data directory (<dir>/LOCK); a second process is refused. The store never sees
// plaintext: calls arrive sealed and signed. Nothing is answered before it is durable. Threads:
// append and reads from any thread; one writer thread inside owns the tail.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/leaf.h"
#include "crypto/log_eras.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/record.h"
#include "crypto/segment.h"
#include "crypto/signer.h"

namespace cartella::store {

// Limits of one call, ledger.md 3.
inline constexpr std::size_t kCallBytesMax = 768 * 1024;
inline constexpr std::size_t kCallEventsMax = 256;

// HMAC(claims key, kind || normalised identifier): who may hold an identifier is decided by the
// writer in the same batch as the events. `subject` is encrypted by the caller.
struct ClaimOp {
  enum class Kind : std::uint8_t { claim = 1, release = 2, assert_free = 3 };
  Kind kind = Kind::claim;
  Hash32 key{};
  Bytes subject;  // at most 64 bytes; what `claim` stores and `release` must find
};

struct Call {
  std::vector<crypto::StoredEvent> events;  // sealed and signed; event 0's id is the command id
  std::vector<crypto::StreamCheck> checks;  // streams that must be as expected but are not written
  std::vector<ClaimOp> claims;
  Hash32 command_digest{};  // HMAC of the canonical command (amendment 4)
};

struct Receipt {
  EventId command_id;
  std::uint64_t first_position = 0;
  std::uint32_t event_count = 0;
  TimeUs recorded_at;
  std::uint64_t tree_size = 0;  // of the group that committed it
  bool duplicate = false;       // this command id was committed before with the same digest
  // Of the first event, where the writer still had it at hand; else it is read.
  std::optional<crypto::LeafBytes> first_leaf;
};

struct Position {
  std::uint64_t value = 0;
};
struct StreamHead {
  std::uint64_t revision = 0;  // of the last event
  std::uint64_t position = 0;
  Hash32 leaf_hash{};
};

struct SignerStatus {
  crypto::PublicKey key{};
  bool may_append = false;
  bool may_enrol = false;
  bool may_serve = false;  // signs for the server
  std::optional<std::uint64_t> revoked_from;
  OperatorId owner;
};

// A clock that is not believed: what it says, and the time of the last event.
struct ClockDoubt {
  TimeUs wall;
  TimeUs head;
};

struct StoreOptions {
  std::uint64_t journal_segment_bytes = 64ull << 20;
  std::size_t queue_calls_max = 4096;
  std::size_t group_events_max = 256;
  std::size_t group_bytes_max = 900 * 1024;
  std::filesystem::path head_copy_dir;         // second path; default <dir>/head
  std::filesystem::path journal_mirror_dir;    // optional
  std::uint64_t space_low_bytes = 2ull << 30;  // below: commands answer out_of_space
  std::uint64_t space_critical_bytes = 256ull << 20;
  std::chrono::milliseconds publish_interval{1000};
  // A log that is older than a checkpoint that is known, or another history, opens all the same,
  // read-only (Store::rollback), so that people can look into it. So does one whose key is not the
  // one that is given, because it was replaced and destroyed after this copy was made.
  bool open_older = false;
};

// What an erasure takes out of the log. Leaves, stubs and clear segments always stay.
struct PurgeOrder {
  std::vector<KeyId> owner_keys;  // segments that name one of them, in whatever stream
  std::vector<StreamId> streams;  // every sealed segment of their events
  std::vector<Hash32> claims;     // rows of claims
};
struct PurgeCounts {
  std::uint64_t events = 0;  // that lost a segment now
  std::uint64_t segments = 0;
};

class Store {
 public:
  // Makes an empty log: directories, journal, RocksDB. The caller then appends the genesis call.
  // invalid_argument: the directory already holds a store. io, out_of_space, in_use.
  static Result<std::unique_ptr<Store>> create(const std::filesystem::path& dir, const LogId& log,
                                               const std::string& origin,
                                               const crypto::Signer& log_key, const Clock& clock,
                                               const StoreOptions& options);
  // Recovers (ledger.md 4: J, R, H, S), then opens. in_use, corrupt (names the positions),
  // rollback (unless `open_older`), io, unsupported, not_found.
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& dir,
                                             const crypto::Signer& log_key, const Clock& clock,
                                             const StoreOptions& options);
  // No other thread is inside a call of it any more; calls that were queued are answered first.
  ~Store();

  // ---- writing
  // ----------------------------------------------------------------------------------- Blocks
  // until durable. conflict (every failing stream at once), idempotency_conflict, erased,
  // claim_taken, clock_suspect, out_of_space, unavailable (queue full, stopping), invalid_argument;
  // bad_signature, key_revoked, permission_denied, refused (a signer enrolled or revoked twice),
  // not_found (the signer to revoke was never enrolled).
  Result<Receipt> append(Call call);
  std::future<Result<Receipt>> append_async(Call call);
  // The same, and tells the outcome once: before it returns where the call is refused at once, else
  // on the thread that led its group, perhaps this one; `done` does not wait for anything. Every
  // call that was taken is told of before the store is gone.
  using Done = std::function<void(Result<Receipt>)>;
  void append(Call call, Done done);

  // ---- reading
  // -----------------------------------------------------------------------------------
  std::uint64_t size() const;  // events committed
  // Of the first era: names the log's fixed streams, its registers and its backups for ever. Events
  // are sealed and signed under that of their own era.
  const LogId& log_id() const;
  const crypto::LogEras& eras() const;
  const std::string& origin() const;         // of the present era
  std::vector<std::string> origins() const;  // of all eras, the present one first
  Result<std::optional<Receipt>> find_command(const EventId& command, const Hash32& digest) const;
  Result<std::uint64_t> position_of(const EventId& event) const;  // not_found
  // What the index says of the call that the event began; empty where it began none. not_found.
  Result<std::optional<Hash32>> command_digest(const EventId& event) const;
  Result<crypto::StoredEvent> read(std::uint64_t position) const;
  // Calls `each` in order for [from, to); stops at the first error. Bulk path: no per-event
  // allocation beyond the event itself.
  Status scan(std::uint64_t from, std::uint64_t to,
              const std::function<Status(const crypto::StoredEvent&)>& each) const;
  Result<std::optional<StreamHead>> stream_head(const StreamId& stream) const;
  // Events of one stream from a revision on, at most `count_max`, in order.
  Result<std::vector<crypto::StoredEvent>> read_stream(const StreamId& stream,
                                                       std::uint64_t from_revision,
                                                       std::size_t count_max) const;
  Result<std::optional<Bytes>> find_claim(const Hash32& key) const;
  // How a signer stands at the head; empty where it was never enrolled.
  std::optional<SignerStatus> find_signer(const SignerId& signer) const;
  // Those that may sign for the server at the head, in no order.
  std::vector<SignerId> server_signers() const;

  crypto::PublicKey log_key() const;  // that signs checkpoints now
  // Of the store in `dir`, which need not be open. As open where it cannot be told.
  static Result<crypto::PublicKey> log_key_of(const std::filesystem::path& dir);

  // Blocks until size() > position, or the deadline, or stop. Answers size().
  std::uint64_t wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const;

  // ---- proofs
  // ------------------------------------------------------------------------------------
  Result<crypto::Checkpoint> checkpoint() const;  // of the newest durable group
  Result<std::string> signed_checkpoint() const;  // newest, signed; stored and published
  Result<crypto::TlogProof> prove(std::uint64_t position) const;  // against the newest checkpoint
  Result<std::vector<Hash32>> consistency(std::uint64_t first, std::uint64_t second) const;
  // From an older size to the newest checkpoint. invalid_argument: 0, which every tree contains.
  // not_found: beyond the newest checkpoint.
  Result<crypto::ConsistencyProof> prove_growth(std::uint64_t old_size) const;
  // Of the tree that the first `size` events make. not_found: beyond the newest checkpoint.
  Result<Hash32> root_at(std::uint64_t size) const;
  Result<Hash32> subtree_hash(std::uint32_t level, std::uint64_t index) const;
  // Full tiles are stored, partial ones served by truncation. width 1 to 256; not_found.
  Result<Bytes> tile(std::uint32_t level, std::uint64_t index, std::uint32_t width) const;

  // ---- keeping
  // -----------------------------------------------------------------------------------
  // Flushes all column families and releases journal segments, while appends go on. io,
  // out_of_space, unavailable.
  Status flush();
  // The same, then overwrites the released segments with zeros (erasure step 3).
  Status scrub_journal();
  // From now on a call that names one of the keys, or writes to or checks one of the streams, is
  // refused as subject_erased; calls that were taken before are written when it returns. Lasts
  // until lift_fence, or until the store closes. unavailable.
  Status fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);
  // Takes back one such call, where what it was for does not happen; what somebody else fenced
  // stays so. unavailable.
  Status lift_fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);
  // Erasure step 3, while appends go on: removes the sealed bytes, then scrubs the journal and
  // compacts, so that no file holds them any more. Idempotent: a part that was done is not done
  // again. Reads every body once where owner keys are named. io, corrupt, out_of_space,
  // unavailable.
  Result<PurgeCounts> purge(const PurgeOrder& order);
  // Every claim in no order: its key and its sealed holder. Stops at an error. corrupt, io.
  Status each_claim(const std::function<Status(const Hash32& key, ByteView holder)>& each) const;
  // All claims there are from now on: key and sealed holder. Written in parts, so that a crash
  // leaves some of the old and some of the new, and the journal may bring old ones back until it
  // was scrubbed: the caller begins again then. No call with claims is under way meanwhile. io,
  // out_of_space, corrupt, unavailable.
  Status replace_claims(const std::map<Hash32, Bytes>& claims);
  // A consistent copy of the index in `to`, which is made on the same file system: hard links, so
  // that appends wait for a moment only. Answers the tree that it holds, signed. io, out_of_space,
  // corrupt, unavailable.
  struct Snapshot {
    crypto::Checkpoint checkpoint;
    std::string note;
  };
  Result<Snapshot> snapshot(const std::filesystem::path& to);
  // Stores the newest signed checkpoint and writes the head copy now, as the timer does. io,
  // out_of_space, unavailable.
  Status publish();
  // `next` signs checkpoints from now on; an event names it already, and one checkpoint is signed
  // by both. A crash leaves the one or the other, and may be followed by the same call. `next`
  // outlives the store. io, out_of_space, unavailable.
  Status rotate_log_key(const crypto::Signer& next);
  // Empty while the clock is believed. unavailable: stopping; io: the log has stopped.
  Result<std::optional<ClockDoubt>> clock_doubt() const;
  // An operator confirms the clock as it stands. `record` says who and what: it is the first event
  // at the confirmed time, and without it the clock stays suspect. invalid_argument: the clock is
  // believed; else what append returns.
  Result<Receipt> confirm_clock(Call record);
  // The failure that stopped all writing, if any: the process should then exit (fail-stop).
  Status health() const;
  // Records of the journal that this opening took from the mirror, and wrote again: the log's own
  // disk had lost or changed them.
  std::uint64_t healed_records() const;
  // rollback: a larger or different tree is known, on the second path or from outsiders. Nothing is
  // appended, signed, published or copied then: a signature would stand on two histories.
  Status rollback() const;
  // The same, learnt from others than the head copy. Stays until the store is opened again.
  void declare_rollback(std::string detail);

 private:
  friend struct StoreProbe;  // tests look inside
  friend struct VerifyAccess;
  friend class Subscription;
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::store
