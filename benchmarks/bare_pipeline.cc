#include <fcntl.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>
#include <sys/uio.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

#include "benchmarks/ledger.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/merkle.h"

namespace cartella::bench {

namespace {

constexpr std::size_t kSegmentBytes = 64u << 20;  // as the journal's
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kGroupEventsMax = 256;
constexpr std::size_t kGroupBytesMax = 900 * 1024;

class FixedKeys final : public crypto::SegmentKeys {
 public:
  Result<crypto::Secret32> segment_key(const KeyId&, const StreamId&) override {
    Hash32 key{};
    key.fill(7);
    return crypto::Secret32(key);
  }
};

rocksdb::Slice slice(ByteView view) {
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

// A file written with zeros once and then over and over: a recycled journal segment.
class RecycledFile {
 public:
  explicit RecycledFile(const std::filesystem::path& path)
      : x_file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (x_file < 0) stop("cannot open the journal of the bare pipeline");
    const Bytes zeros(1u << 20);
    for (std::size_t at = 0; at < kSegmentBytes; at += zeros.size())
      if (::pwrite(x_file, zeros.data(), zeros.size(), static_cast<off_t>(at)) < 0)
        stop("cannot write the journal of the bare pipeline");
    ::fsync(x_file);
  }
  ~RecycledFile() { ::close(x_file); }
  RecycledFile(const RecycledFile&) = delete;
  RecycledFile& operator=(const RecycledFile&) = delete;

  void append(Bytes& record) {
    record.resize((record.size() + kPageBytes - 1) / kPageBytes * kPageBytes);
    if (x_at + record.size() > kSegmentBytes) x_at = 0;
    const iovec part{record.data(), record.size()};
    const ssize_t written = ::pwritev2(x_file, &part, 1, static_cast<off_t>(x_at), RWF_DSYNC);
    if (written != static_cast<ssize_t>(record.size())) stop("the bare journal failed");
    x_at += record.size();
  }

 private:
  int x_file;
  std::size_t x_at = 0;
};

class BareSystem final : public System {
 public:
  BareSystem(const std::filesystem::path& dir, Signing signing) : x_signing(signing) {
    std::filesystem::create_directories(dir);
    x_journal.emplace(dir / "journal");
    open_rows(dir / "rows");
    x_committer = std::jthread([this](const std::stop_token& token) { commit_all(token); });
  }
  ~BareSystem() override {
    x_committer.request_stop();
    x_committer.join();
    for (auto* handle : x_handles) (void)x_rows->DestroyColumnFamilyHandle(handle);
  }

  std::string name() const override {
    return x_signing == Signing::author ? "bare pipeline, author-checked"
                                        : "bare pipeline, server-signed";
  }
  bool blocking() const override { return false; }

  void prepare(const Shape& shape) override {
    x_maker.emplace(x_log, x_keys, x_signing, shape.event_bytes, crypto::Secret32());
    while (x_slots.size() < shape.in_flight) {
      Slot slot;
      crypto::random_fill(slot.stream.bytes);
      crypto::random_fill(slot.subject_key.bytes);
      crypto::random_fill(slot.header_key.bytes);
      x_slots.push_back(std::move(slot));
    }
    const std::size_t each = shape.events / shape.in_flight + 2;
    for (std::size_t i = 0; i < shape.in_flight; ++i) x_maker->sign_ahead(x_slots[i], each);
  }

  Wait submit(std::size_t slot) override {
    const std::uint64_t revision = x_slots[slot].next_revision;
    Pending pending;
    auto event = x_maker->make(x_slots[slot]);
    event.leaf.revision = revision;
    pending.leaf = event.leaf;
    crypto::encode_body(event.body, pending.body);
    auto answer = std::make_shared<std::future<void>>(pending.done.get_future());
    {
      const std::lock_guard lock(x_mutex);
      x_queue.push_back(std::move(pending));
    }
    x_wake.notify_one();
    return [answer] { answer->get(); };
  }

 private:
  struct Pending {
    crypto::Leaf leaf;
    Bytes body;
    std::promise<void> done;
  };

  void open_rows(const std::filesystem::path& dir) {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.allow_concurrent_memtable_write = false;
    options.max_background_jobs = 4;
    rocksdb::ColumnFamilyOptions family;
    family.compression = rocksdb::kNoCompression;
    rocksdb::ColumnFamilyOptions large = family;
    large.write_buffer_size = 128u << 20;
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, dir.string(),
                                          {{"default", family},
                                           {"leaves", family},
                                           {"bodies", large},
                                           {"ids", family},
                                           {"streams", family}},
                                          &x_handles, &opened);
    if (!status.ok()) stop(status.ToString());
    x_rows.reset(opened);
  }

  std::vector<Pending> take(const std::stop_token& token) {
    std::vector<Pending> group;
    std::unique_lock lock(x_mutex);
    x_wake.wait(lock, token, [this] { return !x_queue.empty(); });
    std::size_t bytes = 0;
    while (!x_queue.empty() && group.size() < kGroupEventsMax && bytes < kGroupBytesMax) {
      bytes += x_queue.front().body.size() + crypto::kLeafBytes;
      group.push_back(std::move(x_queue.front()));
      x_queue.pop_front();
    }
    return group;
  }

  void put(rocksdb::WriteBatch& batch, const crypto::Leaf& leaf, ByteView leaf_bytes,
           ByteView body) {
    std::array<std::uint8_t, 8> position{};
    store_be64(position.data(), leaf.position);
    std::array<std::uint8_t, 24> stream{};
    std::memcpy(stream.data(), leaf.stream_id.bytes.data(), 16);
    store_be64(stream.data() + 16, leaf.revision);
    batch.Put(x_handles[1], slice(position), slice(leaf_bytes));
    batch.Put(x_handles[2], slice(position), slice(body));
    batch.Put(x_handles[3], slice(leaf.event_id.view()), slice(position));
    batch.Put(x_handles[4], slice(stream), slice(position));
  }

  void commit_all(const std::stop_token& token) {
    rocksdb::WriteOptions write;
    write.disableWAL = true;
    rocksdb::WriteBatch batch;
    Bytes record;
    Hash32 previous{};
    for (auto group = take(token); !group.empty(); group = take(token)) {
      record.assign(previous.begin(), previous.end());
      batch.Clear();
      for (Pending& each : group) {
        each.leaf.position = x_tree.size();
        const crypto::LeafBytes leaf = crypto::encode_leaf(each.leaf);
        x_tree.append(crypto::leaf_hash(leaf));
        record.insert(record.end(), leaf.begin(), leaf.end());
        record.insert(record.end(), each.body.begin(), each.body.end());
        put(batch, each.leaf, leaf, each.body);
      }
      const Hash32 root = x_tree.root();
      record.insert(record.end(), root.begin(), root.end());
      previous = crypto::sha256(record);
      record.insert(record.end(), previous.begin(), previous.end());
      x_journal->append(record);
      if (!x_rows->Write(write, &batch).ok()) stop("the rows of the bare pipeline failed");
      for (Pending& each : group) each.done.set_value();
    }
  }

  Signing x_signing;
  LogId x_log;
  FixedKeys x_keys;
  std::optional<EventMaker> x_maker;
  std::vector<Slot> x_slots;
  crypto::Frontier x_tree;
  std::optional<RecycledFile> x_journal;
  std::unique_ptr<rocksdb::DB> x_rows;
  std::vector<rocksdb::ColumnFamilyHandle*> x_handles;
  std::mutex x_mutex;
  std::condition_variable_any x_wake;
  std::deque<Pending> x_queue;
  std::jthread x_committer;
};

}  // namespace

std::unique_ptr<System> make_bare_system(const std::filesystem::path& dir, Signing signing) {
  return std::make_unique<BareSystem>(dir, signing);
}

}  // namespace cartella::bench
