#include "store/verify_sums.h"

#include <optional>

namespace cartella::store {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> joined(std::initializer_list<ByteView> parts) {
  std::array<std::uint8_t, N> bytes;
  std::uint8_t* at = bytes.data();
  for (const ByteView part : parts) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return bytes;
}

std::array<std::uint8_t, 16> call_member(std::uint64_t position, std::int64_t recorded_us) {
  std::array<std::uint8_t, 16> bytes;
  store_be64(bytes.data(), position);
  store_be64(bytes.data() + 8, static_cast<std::uint64_t>(recorded_us));
  return bytes;
}

}  // namespace

void VerifySums::Sums::add(const Sums& other) {
  ids.add(other.ids);
  calls.add(other.calls);
  streams.add(other.streams);
  followed.add(other.followed);
  followers.add(other.followers);
}

VerifySums::VerifySums(VerifyWork& work)
    : x_work(work), x_heads(work.size), x_call_starts(work.size) {}

Status VerifySums::add_indexes() {
  return run_parts(x_work.threads, 2 * kIndexParts, [this](std::uint64_t part) -> Status {
    if (part < kIndexParts) return add_ids(part);
    return add_streams(part - kIndexParts);
  });
}

struct VerifySums::StreamsPart {
  Sums sums;
  std::optional<IndexRow> before;
  std::uint64_t rows = 0;
  std::uint64_t streams = 0;
};

void VerifySums::add_stream_row(StreamsPart& part, const IndexRow& row) {
  const auto stream_of = [](const IndexRow& of) { return of.key().first<16>(); };
  const auto revision_of = [](const IndexRow& of) { return load_be64(of.key().data() + 16); };
  ++part.rows;
  part.sums.streams.add(x_key, row.bytes());
  const bool continues = part.before && std::ranges::equal(stream_of(*part.before), stream_of(row));
  if (continues) {
    if (revision_of(row) != revision_of(*part.before) + 1 ||
        row.position() <= part.before->position()) {
      x_is_irregular = true;
    }
  } else {
    if (part.before) x_heads.add(part.before->position());
    ++part.streams;
    if (revision_of(row) != 0) x_is_irregular = true;
  }
  part.before = row;
}

Status VerifySums::add_streams(std::uint64_t part) {
  StreamsPart mine;
  CARTELLA_TRY(IndexWalk(x_work, Family::streams).run(part, [&](const IndexRow& row) -> Status {
    add_stream_row(mine, row);
    return ok();
  }));
  if (mine.before) x_heads.add(mine.before->position());
  x_rows.with([&](Sums& all) { all.add(mine.sums); });
  x_stream_rows += mine.rows;
  x_work.streams += mine.streams;
  return ok();
}

Status VerifySums::add_ids(std::uint64_t part) {
  Sums mine;
  std::uint64_t rows = 0;
  std::uint64_t in_calls = 0;
  CARTELLA_TRY(IndexWalk(x_work, Family::ids).run(part, [&](const IndexRow& row) -> Status {
    ++rows;
    mine.ids.add(x_key, row.bytes().first<16 + kEventRowBytes>());
    if (row.value().size() != kCommandRowBytes) return ok();
    const CommandRow command = decode_command_row(row.value());
    if (!is_possible_receipt(x_work, command)) x_is_irregular = true;
    in_calls += command.event_count;
    mine.calls.add(x_key, call_member(command.position, command.recorded_us));
    x_call_starts.add(command.position);
    return ok();
  }));
  x_rows.with([&](Sums& all) { all.add(mine); });
  x_id_rows += rows;
  x_in_calls += in_calls;
  return ok();
}

bool VerifySums::agree() const {
  if (x_is_irregular || x_stream_rows != x_work.size || x_id_rows != x_work.size ||
      x_in_calls != x_work.size) {
    return false;
  }
  const Sums rows = x_rows.with([](const Sums& sums) { return sums; });
  const Sums leaves = x_leaves.with([](const Sums& sums) { return sums; });
  return rows.ids == leaves.ids && rows.calls == leaves.calls && rows.streams == leaves.streams &&
         leaves.followed == leaves.followers;
}

void VerifySums::Leaves::add(const crypto::Leaf& leaf, const Hash32& hash) {
  const crypto::SetSumKey& key = x_sums.x_key;
  const PositionKey position = position_key(leaf.position);
  const StreamKey stream = stream_key(leaf.stream_id, leaf.revision);
  x_mine.ids.add(key, joined<24>({leaf.event_id.view(), position}));
  x_mine.streams.add(key, joined<32>({stream, position}));
  if (x_sums.x_call_starts.has(leaf.position)) {
    x_mine.calls.add(key, call_member(leaf.position, leaf.recorded_at.us));
  }
  if (!x_sums.x_heads.has(leaf.position)) {
    x_mine.followed.add(key, joined<56>({stream, hash}));
  }
  if (leaf.revision > 0) {
    const StreamKey before = stream_key(leaf.stream_id, leaf.revision - 1);
    x_mine.followers.add(key, joined<56>({before, leaf.previous_leaf_hash}));
  } else if (leaf.previous_leaf_hash != Hash32{}) {
    x_sums.x_is_irregular = true;
  }
}

void VerifySums::Leaves::finish() {
  x_sums.x_leaves.with([this](Sums& all) { all.add(x_mine); });
  x_mine = Sums();
}

}  // namespace cartella::store
