#include <algorithm>
#include <array>
#include <limits>

#include "crypto/leaf.h"
#include "store/index_walk.h"
#include "store/rows.h"
#include "store/verify_work.h"

namespace cartella::store {
namespace {

constexpr std::size_t kBatchRows = 512;

// Walks one part of an index in batches, with the leaves that the rows point to.
class IndexPart {
 public:
  using Each = std::function<void(const IndexRow& row, ByteView leaf)>;
  IndexPart(VerifyWork& work, Family family) : x_work(work), x_walk(work, family) {}

  Status run(std::uint64_t part, const Each& each) {
    CARTELLA_TRY(x_walk.run(part, [&](const IndexRow& row) -> Status {
      x_rows.push_back(row);
      if (x_rows.size() < kBatchRows) return ok();
      return hand_on(each);
    }));
    return hand_on(each);
  }

 private:
  Status hand_on(const Each& each) {
    x_keys.resize(x_rows.size());
    std::ranges::transform(x_rows, x_keys.begin(),
                           [](const IndexRow& row) { return position_key(row.position()); });
    const Status read = x_work.db.get_each(
        Family::leaves, x_keys, [&](std::size_t i, ByteView leaf) { each(x_rows[i], leaf); });
    x_rows.clear();
    return note_read(x_work, read, std::nullopt);
  }

  VerifyWork& x_work;
  const IndexWalk x_walk;
  std::vector<IndexRow> x_rows;
  std::vector<PositionKey> x_keys;
};

// Rows are wrong or too few: the first event that the index does not lead to is the one to name.
Status find_unindexed(VerifyWork& work, VerifyCheck check, Family family) {
  LogCursor cursor = work.db.cursor(Family::leaves, LogDb::Walk::bulk);
  Bytes value;
  for (cursor.seek(position_key(0)); cursor.valid(); cursor.next()) {
    const auto leaf = crypto::decode_leaf(cursor.value());
    if (!leaf) continue;  // a finding of its own
    if (leaf.value().position >= work.size) break;
    const StreamKey stream = stream_key(leaf.value().stream_id, leaf.value().revision);
    const ByteView key =
        family == Family::streams ? ByteView(stream) : leaf.value().event_id.view();
    const auto found = work.db.get(family, key, value);
    if (!found) return note_read(work, found.error(), leaf.value().position);
    if (!found.value() || load_be64(value.data()) != leaf.value().position) {
      work.findings.add(check, leaf.value().position, "the index does not lead to this event");
      return ok();
    }
  }
  return note_read(work, cursor.status(), std::nullopt);
}

// The row before in the same stream.
struct StreamBefore {
  StreamId stream;
  std::uint64_t revision = 0;
  std::uint64_t position = 0;
  Hash32 hash{};
  bool is_there = false;
  std::uint64_t streams = 0;  // begun so far
};

void check_stream_row(VerifyWork& work, StreamBefore& before, const IndexRow& row, ByteView leaf) {
  const auto decoded = crypto::decode_leaf(leaf);
  const StreamId stream = StreamId::from_view(row.key());
  const std::uint64_t revision = load_be64(row.key().data() + 16);
  const auto add = [&](const char* detail) {
    work.findings.add(VerifyCheck::streams, row.position(), detail);
  };
  if (!decoded || decoded.value().stream_id != stream || decoded.value().revision != revision) {
    add("the index of streams names an event of another stream or revision");
    before.is_there = false;
    return;
  }
  const bool continues = before.is_there && before.stream == stream;
  if (!continues) ++before.streams;
  if (revision != (continues ? before.revision + 1 : 0)) {
    add("the revision before it is missing in its stream");
  } else if (continues && before.position >= row.position()) {
    add("it stands before its predecessor in its stream");
  } else if (decoded.value().previous_leaf_hash != (continues ? before.hash : Hash32{})) {
    add("the previous leaf hash is not that of its predecessor in its stream");
  }
  before = {stream, revision, row.position(), crypto::leaf_hash(leaf), true, before.streams};
}

}  // namespace

Status verify_streams(VerifyWork& work) {
  std::atomic<std::uint64_t> rows{0};
  CARTELLA_TRY(run_parts(work.threads, kIndexParts, [&](std::uint64_t part) -> Status {
    StreamBefore before;
    std::uint64_t count = 0;
    IndexPart index(work, Family::streams);
    CARTELLA_TRY(index.run(part, [&](const IndexRow& row, ByteView leaf) {
      ++count;
      check_stream_row(work, before, row, leaf);
    }));
    rows += count;
    work.streams += before.streams;
    return ok();
  }));
  if (rows == work.size && !work.findings.has(VerifyCheck::streams)) return ok();
  return find_unindexed(work, VerifyCheck::streams, Family::streams);
}

namespace {

// Adds the events of the call that the row starts, if it does, to `in_calls`.
void check_id_row(VerifyWork& work, std::uint64_t& in_calls, const IndexRow& row, ByteView leaf) {
  const auto decoded = crypto::decode_leaf(leaf);
  const auto add = [&](const char* detail) {
    work.findings.add(VerifyCheck::ids, row.position(), detail);
  };
  if (!decoded || decoded.value().event_id != EventId::from_view(row.key())) {
    return add("the index of ids names an event of another id");
  }
  if (row.value().size() != kCommandRowBytes) return;
  const CommandRow command = decode_command_row(row.value());
  in_calls += command.event_count;
  if (!is_possible_receipt(work, command)) {
    return add("the receipt of its call has impossible sizes");
  }
  if (command.recorded_us != decoded.value().recorded_at.us) {
    add("the receipt of its call has another time");
  }
}

}  // namespace

Status verify_ids(VerifyWork& work) {
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> in_calls{0};
  CARTELLA_TRY(run_parts(work.threads, kIndexParts, [&](std::uint64_t part) -> Status {
    std::uint64_t count = 0;
    std::uint64_t events = 0;
    IndexPart index(work, Family::ids);
    CARTELLA_TRY(index.run(part, [&](const IndexRow& row, ByteView leaf) {
      ++count;
      check_id_row(work, events, row, leaf);
    }));
    rows += count;
    in_calls += events;
    return ok();
  }));
  if (rows != work.size || work.findings.has(VerifyCheck::ids)) {
    return find_unindexed(work, VerifyCheck::ids, Family::ids);
  }
  if (in_calls != work.size) {
    work.findings.add(VerifyCheck::ids, std::nullopt,
                      "the calls together do not have as many events as the log");
  }
  return ok();
}

}  // namespace cartella::store
