// api/log_files.h: the log as files that anybody's tools read: C2SP checkpoints, tiles and proofs.
//
//   /checkpoint                           the newest signed checkpoint
//   /tile/<L>/<N>[.p/<W>]                 hashes of one tile (C2SP tlog-tiles)
//   /tile/entries/<N>[.p/<W>]             the leaves under tile (0, N), as tlog-tiles frames
//   entries /consistency/<size>                   that the newest checkpoint contains the tree of
//   that size /proof/<event id>                     that the event stands in the log (C2SP
//   tlog-proof)
//
// <N> is the index in groups of three digits, all but the last with an x before: 1234067 is
// x001/x234/067. Only one spelling of a path is accepted. Nothing here is personal, but the number
// and time of events tell of a service: leaves are for auditors, a proof is for whoever may have
// the receipt (ledger.md 5, amendment 9); the caller checks that by the kind.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "store/store.h"

namespace cartella::api {

struct LogPath {
  enum class Kind : std::uint8_t { checkpoint, tile, entries, proof };
  Kind kind = Kind::checkpoint;
  std::uint32_t level = 0;  // of a tile
  std::uint64_t index = 0;  // of a tile or of entries
  std::uint32_t width = 0;  // 1 to 256
  EventId event;
};
// not_found: no such path, or not in its only spelling.
Result<LogPath> parse_log_path(std::string_view path);
// The same, the other way: the only spelling.
std::string format_log_path(const LogPath& path);

struct LogFile {
  std::string_view content_type;
  std::string bytes;          // at most 66 KiB
  bool is_immutable = false;  // the same for ever: may be cached
};
// not_found: beyond the tree, or no such event. corrupt, io.
Result<LogFile> read_log_file(const store::Store& store, const LogPath& path);

struct ConsistencyFile {
  LogFile file;                 // the hashes of RFC 9162 in Base64, one a line
  std::uint64_t tree_size = 0;  // of the newer tree
};
// That the tree of `new_size` contains that of `old_size`; empty: that of the newest checkpoint.
// invalid_argument: 0, which every tree contains, or the newer tree is the smaller one. not_found:
// beyond the log. corrupt, io.
Result<ConsistencyFile> read_consistency(const store::Store& store, std::uint64_t old_size,
                                         std::optional<std::uint64_t> new_size);

}  // namespace cartella::api
