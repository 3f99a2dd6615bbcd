#include "api/bulk_replay.h"

#include <algorithm>

#include "schema/body.h"
#include "schema/replay.capnp.h"

namespace cartella::api {

namespace {

constexpr std::size_t kStubBytes = 64;
constexpr std::size_t kTableBytes = 8;
constexpr std::size_t kWordBytes = sizeof(capnp::word);
// An event of the largest size, with what Cap'n Proto adds to 64 segments.
constexpr std::size_t kMessageBytesMax = crypto::kEventBytesMax + 8 * 1024;

// A stream is read by machines of any order of bytes: the table is little-endian, as the format is.
void append_le32(std::string& to, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(value >> shift));
}
std::uint32_t load_le32(const std::uint8_t* from) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | from[i];
  return value;
}

class BulkReplay final : public PullBody {
 public:
  BulkReplay(const store::Store& store, std::uint64_t from, std::uint64_t to)
      : x_store(store), x_next(from), x_end(to) {}

  Result<std::string> next() override {
    if (!is_full()) {
      const Status read = x_store.scan(x_next, x_end, [&](const auto& event) -> Status {
        append_replay(event, x_ready);
        ++x_next;
        if (is_full()) return fail(Errc::unavailable, "a piece is full");  // ends the walk
        return ok();
      });
      if (!read && !is_full()) return read.error();
    }
    const std::size_t bytes = std::min(x_ready.size(), kReplayPieceBytes);
    std::string piece = x_ready.substr(0, bytes);
    x_ready.erase(0, bytes);
    return piece;
  }

 private:
  bool is_full() const { return x_ready.size() >= kReplayPieceBytes; }

  const store::Store& x_store;
  std::uint64_t x_next;
  const std::uint64_t x_end;
  std::string x_ready;  // read and not handed out: less than a piece and one event
};

Error malformed() { return fail(Errc::invalid_input, "a replay is malformed"); }

Result<crypto::StoredEvent> read_event(schema::SealedEvent::Reader from) {
  crypto::StoredEvent event;
  CARTELLA_TRY(event.leaf, crypto::decode_leaf(schema::view_of(from.getLeaf())));
  const ByteView stubs = schema::view_of(from.getStubs());
  const auto segments = from.getSegments();
  if (stubs.size() % kStubBytes != 0 || stubs.size() / kStubBytes != segments.size() ||
      segments.size() == 0 || segments.size() > crypto::kSegmentsMax)
    return malformed();
  for (unsigned i = 0; i < segments.size(); ++i) {
    crypto::Stub stub;
    const ByteView at = stubs.subspan(i * kStubBytes, kStubBytes);
    std::copy_n(at.begin(), 32, stub.commitment.begin());
    std::copy_n(at.begin() + 32, 32, stub.stored_hash.begin());
    event.body.stubs.push_back(stub);
    const ByteView segment = schema::view_of(segments[i]);
    event.body.segments.emplace_back(segment.begin(), segment.end());
  }
  return event;
}

}  // namespace

void append_replay(const crypto::StoredEvent& event, std::string& to) {
  Bytes stubs;
  for (const crypto::Stub& stub : event.body.stubs) {
    stubs.insert(stubs.end(), stub.commitment.begin(), stub.commitment.end());
    stubs.insert(stubs.end(), stub.stored_hash.begin(), stub.stored_hash.end());
  }
  const crypto::LeafBytes leaf = crypto::encode_leaf(event.leaf);
  const Bytes message = schema::encode_body<schema::SealedEvent>([&](auto root) {
    root.setLeaf(schema::data_of(leaf));
    root.setStubs(schema::data_of(stubs));
    auto segments = root.initSegments(static_cast<unsigned>(event.body.segments.size()));
    for (unsigned i = 0; i < segments.size(); ++i)
      segments.set(i, schema::data_of(event.body.segments[i]));
  });
  append_le32(to, 0);  // one segment
  append_le32(to, static_cast<std::uint32_t>(message.size() / kWordBytes));
  to.append(as_text(message));
}

Result<std::unique_ptr<PullBody>> open_bulk_replay(const store::Store& store, std::uint64_t from,
                                                   std::uint64_t to) {
  if (from > to) return fail(Errc::invalid_argument, "a replay ends before it begins");
  if (to > store.size())
    return fail(Errc::not_found, "beyond the log of size " + std::to_string(store.size()));
  return std::unique_ptr<PullBody>(std::make_unique<BulkReplay>(store, from, to));
}

Status read_replay(ByteView replay, const std::function<Status(crypto::StoredEvent)>& each) {
  while (!replay.empty()) {
    if (replay.size() < kTableBytes || load_le32(replay.data()) != 0) return malformed();
    const std::size_t bytes = std::size_t{load_le32(replay.data() + 4)} * kWordBytes;
    if (bytes > kMessageBytesMax || bytes > replay.size() - kTableBytes) return malformed();
    CARTELLA_TRY(schema::with_body<schema::SealedEvent>(
        replay.subspan(kTableBytes, bytes), [&](schema::SealedEvent::Reader from) -> Status {
          CARTELLA_TRY(auto event, read_event(from));
          return each(std::move(event));
        }));
    replay = replay.subspan(kTableBytes + bytes);
  }
  return ok();
}

}  // namespace cartella::api
