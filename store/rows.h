// store/rows.h: typed look-ups over the index.
//
// Threads: free functions, any thread.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/leaf.h"
#include "crypto/record.h"
#include "store/log_db.h"
#include "store/store.h"

namespace cartella::store {

// What is known of an event id: its position, and the call where it is event 0 of one.
struct IdRow {
  std::uint64_t position = 0;
  std::optional<CommandRow> command;
};
// Empty where the id is new. corrupt, io.
Result<std::optional<IdRow>> load_id(const LogDb& db, const EventId& id);
// Empty where the stream is new. corrupt, io.
Result<std::optional<StreamHead>> load_head(const LogDb& db, const StreamId& stream);
// corrupt: the row is missing or malformed (names the position). io.
Result<crypto::Leaf> load_leaf(const LogDb& db, std::uint64_t position);
Result<Hash32> load_leaf_hash(const LogDb& db, std::uint64_t position);
Result<crypto::StoredEvent> load_event(const LogDb& db, std::uint64_t position);
Result<crypto::StoredEvent> decode_event(std::uint64_t position, ByteView leaf, ByteView body);
// The same into an event that was used before, whose room it takes.
Status decode_event(std::uint64_t position, ByteView leaf, ByteView body,
                    crypto::StoredEvent& event);
// The text of the stored checkpoint of the largest tree; empty where none was stored. corrupt, io.
Result<std::optional<std::string>> newest_stored_checkpoint(const LogDb& db);
// True where the sealed header of the event is gone: it was lawfully erased. corrupt, io.
Result<bool> is_erased(const LogDb& db, std::uint64_t position);

Receipt receipt_of(const EventId& command, const CommandRow& row);

}  // namespace cartella::store
