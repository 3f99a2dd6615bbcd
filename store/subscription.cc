#include "store/subscription.h"

#include <algorithm>

#include "crypto/leaf.h"
#include "store/rows.h"
#include "store/store_impl.h"

namespace cartella::store {

namespace {

// Events that one catch-up delivery looks at; a filter that matches little still moves on quickly.
constexpr std::uint64_t kCatchUpEvents = 4096;
// Each holds a cursor and, filtered, some 100 bytes a stream.
constexpr int kSubscriptionsMax = 1024;

Result<std::optional<std::uint64_t>> position_at(const LogDb& db, const StreamId& stream,
                                                 std::uint64_t revision) {
  Bytes value;
  CARTELLA_TRY(const bool found, db.get(Family::streams, stream_key(stream, revision), value));
  if (!found) return std::optional<std::uint64_t>();
  if (value.size() != sizeof(PositionKey))
    return fail(Errc::corrupt, "a row of stream " + stream.hex() + " is malformed");
  return std::optional<std::uint64_t>(load_be64(value.data()));
}

}  // namespace

Subscription::Subscription(const Store& store, const SubscriptionOptions& options)
    : x_store(store),
      x_notices_max(options.notices_max),
      x_cursor(options.from),
      x_streams(options.streams.begin(), options.streams.end()) {
  for (const StreamId& stream : x_streams) x_lanes.push_back({stream, 0});
}

Subscription::~Subscription() { --x_store.x_impl->subscriptions; }

Result<std::unique_ptr<Subscription>> Subscription::open(const Store& store,
                                                         const SubscriptionOptions& options) {
  if (options.notices_max == 0 || options.notices_max > kSubscriptionNoticesMax ||
      options.streams.size() > kSubscriptionStreamsMax)
    return fail(Errc::invalid_argument, "an option of a subscription is out of range");
  if (options.from > store.size())
    return fail(Errc::invalid_argument, "a subscription begins beyond the end of the log");
  if (store.x_impl->subscriptions.fetch_add(1) >= kSubscriptionsMax) {
    --store.x_impl->subscriptions;
    return fail(Errc::unavailable, "too many subscriptions");
  }
  return std::unique_ptr<Subscription>(new Subscription(store, options));
}

bool Subscription::matches(const TailNotice& notice) const {
  return !notice.is_access && (x_streams.empty() || x_streams.contains(notice.notice.stream));
}

Result<Delivery> Subscription::next(std::chrono::milliseconds timeout) {
  Store::Impl& parts = *x_store.x_impl;
  if (parts.state.failed()) return fail(Errc::unavailable, "the log has stopped");
  const std::uint64_t size = parts.state.wait_past(x_cursor, timeout);
  Delivery delivery;
  delivery.checkpoint = x_cursor;
  if (size <= x_cursor) return delivery;
  const std::uint64_t to = std::min<std::uint64_t>(size, x_cursor + x_notices_max);
  CARTELLA_TRY(delivery.live,
               parts.notice_tail.read(x_cursor, to, size, [&](const TailNotice& notice) {
                 if (matches(notice)) delivery.notices.push_back(notice.notice);
               }));
  if (delivery.live) {
    delivery.checkpoint = to;
  } else {
    CARTELLA_TRY(delivery, x_lanes.empty() ? read_all(size) : read_streams(size));
  }
  x_cursor = delivery.checkpoint;
  return delivery;
}

Result<Delivery> Subscription::read_all(std::uint64_t size) const {
  const std::uint64_t to =
      std::min({size, x_cursor + kCatchUpEvents, x_cursor + std::uint64_t{x_notices_max}});
  Delivery delivery;
  delivery.checkpoint = to;
  CARTELLA_TRY(read_notices(*x_store.x_impl->db, x_cursor, to, [&](const TailNotice& notice) {
    if (matches(notice)) delivery.notices.push_back(notice.notice);
  }));
  return delivery;
}

// Moves the lane to the first revision at or after the cursor, by halving: it may lie far ahead
// after a while with the tail.
Status Subscription::advance(Lane& lane) const {
  const LogDb& db = *x_store.x_impl->db;
  CARTELLA_TRY(const auto head, load_head(db, lane.stream));
  if (!head) return ok();
  std::uint64_t high = head->revision + 1;
  while (lane.revision < high) {
    const std::uint64_t middle = lane.revision + (high - lane.revision) / 2;
    CARTELLA_TRY(const auto position, position_at(db, lane.stream, middle));
    if (!position) return fail(Errc::corrupt, "stream " + lane.stream.hex() + " has a gap");
    if (*position < x_cursor)
      lane.revision = middle + 1;
    else
      high = middle;
  }
  return ok();
}

Status Subscription::collect(Lane& lane, std::uint64_t size,
                             std::vector<std::uint64_t>& positions) const {
  const LogDb& db = *x_store.x_impl->db;
  CARTELLA_TRY(const auto first, position_at(db, lane.stream, lane.revision));
  if (!first) return ok();
  if (*first < x_cursor) {
    CARTELLA_TRY(advance(lane));
  }
  LogCursor cursor = db.cursor(Family::streams, LogDb::Walk::point);
  std::size_t count = 0;
  for (cursor.seek(stream_key(lane.stream, lane.revision)); cursor.valid() && count < x_notices_max;
       cursor.next(), ++count) {
    if (cursor.key().size() != sizeof(StreamKey) ||
        StreamId::from_view(cursor.key()) != lane.stream)
      break;
    if (cursor.value().size() != sizeof(PositionKey))
      return fail(Errc::corrupt, "a row of stream " + lane.stream.hex() + " is malformed");
    const std::uint64_t position = load_be64(cursor.value().data());
    if (position >= size) break;
    positions.push_back(position);
  }
  return cursor.status();
}

Result<Delivery> Subscription::read_streams(std::uint64_t size) {
  std::vector<std::uint64_t> positions;
  for (Lane& lane : x_lanes) {
    CARTELLA_TRY(collect(lane, size, positions));
  }
  std::sort(positions.begin(), positions.end());
  Delivery delivery;
  delivery.checkpoint = size;
  if (positions.size() >= x_notices_max) {
    positions.resize(x_notices_max);
    delivery.checkpoint = positions.back() + 1;
  }
  std::vector<PositionKey> keys;
  keys.reserve(positions.size());
  for (const std::uint64_t position : positions) keys.push_back(position_key(position));
  CARTELLA_TRY(const auto leaves, x_store.x_impl->db->get_many(Family::leaves, keys));
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    CARTELLA_TRY(const auto leaf, crypto::decode_leaf(leaves[i]));
    if (leaf.kind == schema::LeafKind::access) continue;
    delivery.notices.push_back({positions[i], leaf.event_id, leaf.stream_id});
  }
  return delivery;
}

}  // namespace cartella::store
