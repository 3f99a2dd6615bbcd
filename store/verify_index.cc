#include <algorithm>
#include <array>
#include <limits>

#include "crypto/leaf.h"
#include "store/rows.h"
#include "store/verify_work.h"

namespace cartella::store {
namespace {

constexpr std::uint64_t kParts = 256;  // by the first byte of the random ids
constexpr std::size_t kBatchRows = 512;

// A row of an index, and the leaf it points to.
struct IndexRow {
  Bytes key;
  Bytes value;
  std::uint64_t position = 0;
};

// Walks one part of an index in batches, with the leaves that the rows point to.
class IndexPart {
 public:
  using Each = std::function<void(const IndexRow& row, ByteView leaf)>;
  IndexPart(VerifyWork& work, VerifyCheck check, Family family, std::size_t key_bytes)
      : x_work(work), x_check(check), x_family(family), x_key_bytes(key_bytes) {}

  Status run(std::uint64_t part, const Each& each) {
    const std::array<std::uint8_t, 1> first{static_cast<std::uint8_t>(part)};
    LogCursor cursor = x_work.db.cursor(x_family, LogDb::Walk::bulk);
    for (cursor.seek(first); cursor.valid() && cursor.key()[0] == first[0]; cursor.next()) {
      if (std::ranges::equal(cursor.key(), kEndKey)) continue;
      if (!take(cursor)) continue;
      if (x_rows.size() == kBatchRows) {
        CARTELLA_TRY(hand_on(each));
      }
    }
    CARTELLA_TRY(note_read(x_work, cursor.status(), std::nullopt));
    return hand_on(each);
  }

 private:
  bool take(const LogCursor& cursor) {
    const ByteView value = cursor.value();
    const bool is_command = x_family == Family::ids && value.size() == kCommandRowBytes;
    if (cursor.key().size() != x_key_bytes || (value.size() != kEventRowBytes && !is_command)) {
      x_work.findings.add(x_check, std::nullopt, "a row of the index is malformed");
      return false;
    }
    IndexRow row;
    row.position = load_be64(value.data());
    if (row.position >= x_work.size) {
      if (!x_work.is_live) {
        x_work.findings.add(x_check, x_work.size, "the index names a position beyond the log");
      }
      return false;
    }
    row.key.assign(cursor.key().begin(), cursor.key().end());
    row.value.assign(value.begin(), value.end());
    x_rows.push_back(std::move(row));
    return true;
  }

  Status hand_on(const Each& each) {
    std::vector<PositionKey> keys(x_rows.size());
    std::transform(x_rows.begin(), x_rows.end(), keys.begin(),
                   [](const IndexRow& row) { return position_key(row.position); });
    const auto leaves = x_work.db.get_many(Family::leaves, keys);
    CARTELLA_TRY(note_read(x_work, leaves ? Status(ok()) : Status(leaves.error()), std::nullopt));
    if (leaves) {
      for (std::size_t i = 0; i < x_rows.size(); ++i) each(x_rows[i], leaves.value()[i]);
    }
    x_rows.clear();
    return ok();
  }

  VerifyWork& x_work;
  const VerifyCheck x_check;
  const Family x_family;
  const std::size_t x_key_bytes;
  std::vector<IndexRow> x_rows;
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
};

void check_stream_row(VerifyWork& work, StreamBefore& before, const IndexRow& row, ByteView leaf) {
  const auto decoded = crypto::decode_leaf(leaf);
  const StreamId stream = StreamId::from_view(row.key);
  const std::uint64_t revision = load_be64(row.key.data() + 16);
  const auto add = [&](const char* detail) {
    work.findings.add(VerifyCheck::streams, row.position, detail);
  };
  if (!decoded || decoded.value().stream_id != stream || decoded.value().revision != revision) {
    add("the index of streams names an event of another stream or revision");
    before.is_there = false;
    return;
  }
  const bool continues = before.is_there && before.stream == stream;
  if (!continues) ++work.streams;
  if (revision != (continues ? before.revision + 1 : 0)) {
    add("the revision before it is missing in its stream");
  } else if (continues && before.position >= row.position) {
    add("it stands before its predecessor in its stream");
  } else if (decoded.value().previous_leaf_hash != (continues ? before.hash : Hash32{})) {
    add("the previous leaf hash is not that of its predecessor in its stream");
  }
  before = {stream, revision, row.position, crypto::leaf_hash(leaf), true};
}

}  // namespace

Status verify_streams(VerifyWork& work) {
  std::atomic<std::uint64_t> rows{0};
  CARTELLA_TRY(run_parts(work.threads, kParts, [&](std::uint64_t part) -> Status {
    StreamBefore before;
    IndexPart index(work, VerifyCheck::streams, Family::streams, sizeof(StreamKey));
    return index.run(part, [&](const IndexRow& row, ByteView leaf) {
      ++rows;
      check_stream_row(work, before, row, leaf);
    });
  }));
  if (rows == work.size && !work.findings.has(VerifyCheck::streams)) return ok();
  return find_unindexed(work, VerifyCheck::streams, Family::streams);
}

namespace {

void check_id_row(VerifyWork& work, std::atomic<std::uint64_t>& in_calls, const IndexRow& row,
                  ByteView leaf) {
  const auto decoded = crypto::decode_leaf(leaf);
  const auto add = [&](const char* detail) {
    work.findings.add(VerifyCheck::ids, row.position, detail);
  };
  if (!decoded || decoded.value().event_id != EventId::from_view(row.key)) {
    return add("the index of ids names an event of another id");
  }
  if (row.value.size() != kCommandRowBytes) return;
  const CommandRow command = decode_command_row(row.value);
  in_calls += command.event_count;
  if (command.event_count == 0 || command.event_count > kCallEventsMax ||
      row.position + command.event_count > command.tree_size ||
      (!work.is_live && command.tree_size > work.size)) {
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
  CARTELLA_TRY(run_parts(work.threads, kParts, [&](std::uint64_t part) -> Status {
    IndexPart index(work, VerifyCheck::ids, Family::ids, sizeof(EventId::bytes));
    return index.run(part, [&](const IndexRow& row, ByteView leaf) {
      ++rows;
      check_id_row(work, in_calls, row, leaf);
    });
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
