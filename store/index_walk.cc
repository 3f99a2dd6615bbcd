#include "store/index_walk.h"

namespace cartella::store {

IndexWalk::IndexWalk(VerifyWork& work, Family family)
    : x_work(work),
      x_family(family),
      x_check(family == Family::streams ? VerifyCheck::streams : VerifyCheck::ids),
      x_key_bytes(family == Family::streams ? sizeof(StreamKey) : sizeof(EventId::bytes)) {}

Status IndexWalk::run(std::uint64_t part, const Each& each) const {
  const std::array<std::uint8_t, 1> first{static_cast<std::uint8_t>(part)};
  LogCursor cursor = x_work.db.cursor(x_family, LogDb::Walk::bulk);
  for (cursor.seek(first); cursor.valid() && cursor.key()[0] == first[0]; cursor.next()) {
    if (std::ranges::equal(cursor.key(), kEndKey) || !is_sound(cursor)) continue;
    CARTELLA_TRY(each(IndexRow(cursor.key(), cursor.value())));
  }
  return note_read(x_work, cursor.status(), std::nullopt);
}

bool IndexWalk::is_sound(const LogCursor& cursor) const {
  const ByteView value = cursor.value();
  const bool is_command = x_family == Family::ids && value.size() == kCommandRowBytes;
  if (cursor.key().size() != x_key_bytes || (value.size() != kEventRowBytes && !is_command)) {
    x_work.findings.add(x_check, std::nullopt, "a row of the index is malformed");
    return false;
  }
  if (load_be64(value.data()) < x_work.size) return true;
  if (!x_work.is_live) {
    x_work.findings.add(x_check, x_work.size, "the index names a position beyond the log");
  }
  return false;
}

bool is_possible_receipt(const VerifyWork& work, const CommandRow& command) {
  return command.event_count > 0 && command.event_count <= kCallEventsMax &&
         command.position + command.event_count <= command.tree_size &&
         (work.is_live || command.tree_size <= work.size);
}

}  // namespace cartella::store
