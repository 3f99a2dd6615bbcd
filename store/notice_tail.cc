#include "store/notice_tail.h"

#include <algorithm>
#include <string>

#include "crypto/leaf.h"

namespace cartella::store {

Status read_notices(const LogDb& db, std::uint64_t from, std::uint64_t to,
                    const std::function<void(const TailNotice&)>& each) {
  LogCursor cursor = db.cursor(Family::leaves, LogDb::Walk::bulk);
  cursor.seek(position_key(from));
  for (std::uint64_t position = from; position < to; ++position, cursor.next()) {
    CARTELLA_TRY(cursor.status());
    if (!cursor.valid() || !std::ranges::equal(cursor.key(), position_key(position)))
      return fail(Errc::corrupt, "position " + std::to_string(position) + " is missing");
    CARTELLA_TRY(const auto leaf, crypto::decode_leaf(cursor.value()));
    each({{position, leaf.event_id, leaf.stream_id}, leaf.kind == schema::LeafKind::access});
  }
  return ok();
}

Status NoticeTail::extend(std::uint64_t size) {
  const std::uint64_t least = size - std::min<std::uint64_t>(size, x_kept_max);
  if (x_begin + x_kept.size() < least) {
    x_kept.clear();
    x_begin = least;
  }
  CARTELLA_TRY(read_notices(x_db, x_begin + x_kept.size(), size,
                            [this](const TailNotice& notice) { x_kept.push_back(notice); }));
  while (x_kept.size() > x_kept_max) {
    x_kept.pop_front();
    ++x_begin;
  }
  return ok();
}

Result<bool> NoticeTail::read(std::uint64_t from, std::uint64_t to, std::uint64_t size,
                              const std::function<void(const TailNotice&)>& each) {
  // Nothing is fetched for whoever cannot be served.
  if (size - from > x_kept_max) return false;
  const std::lock_guard lock(x_mutex);
  if (x_begin + x_kept.size() < size) {
    CARTELLA_TRY(extend(size));
  }
  if (from < x_begin) return false;
  for (std::uint64_t position = from; position < to; ++position)
    each(x_kept[static_cast<std::size_t>(position - x_begin)]);
  return true;
}

}  // namespace cartella::store
