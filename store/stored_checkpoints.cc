#include "store/stored_checkpoints.h"

#include "store/verify_access.h"

namespace cartella::store {

Result<std::vector<StoredCheckpoint>> stored_checkpoints(const Store& store, std::uint64_t from,
                                                         std::uint64_t to) {
  std::vector<StoredCheckpoint> found;
  LogCursor cursor = VerifyAccess::parts(store).db->cursor(Family::checkpoints, LogDb::Walk::bulk);
  for (cursor.seek(position_key(from)); cursor.valid(); cursor.next()) {
    if (cursor.key().size() != sizeof(PositionKey))
      return fail(Errc::corrupt, "a row of the checkpoints is malformed");
    const std::uint64_t size = load_be64(cursor.key().data());
    if (size > to) break;
    found.push_back({size, std::string(as_text(cursor.value()))});
  }
  CARTELLA_TRY(cursor.status());
  return found;
}

}  // namespace cartella::store
