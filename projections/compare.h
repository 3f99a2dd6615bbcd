// projections/compare.h: the keyed Merkle root of a view, and the first row that two views differ
// in.
//
// Leaf = HMAC(root key of the view, framed row key || framed value), tree as in RFC 6962, rows in
// key order, the engine's own rows left out (amendment 9). The root tells nothing about the rows to
// whoever has no key. Threads: free functions.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "projections/views_db.h"

namespace cartella::projections {

struct TableRoot {
  std::uint64_t row_count = 0;
  Hash32 root{};
};
// io, corrupt.
Result<TableRoot> table_root(const ViewsDb& views, const ViewsDb::Table* table,
                             const ViewsDb::Snapshot* snapshot, const crypto::Secret32& key);

struct TableSide {
  const ViewsDb::Table* table = nullptr;
  const ViewsDb::Snapshot* snapshot = nullptr;
};
// Keyed hash of the key of the first row that differs, in hexadecimal; empty when all are equal.
Result<std::string> first_difference(const ViewsDb& views, const TableSide& left,
                                     const TableSide& right, const crypto::Secret32& key);

}  // namespace cartella::projections
