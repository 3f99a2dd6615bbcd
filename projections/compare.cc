#include "projections/compare.h"

#include "crypto/hash.h"
#include "crypto/merkle.h"

namespace cartella::projections {
namespace {

// The first key after every key that starts with a zero byte.
constexpr std::string_view kFirstRowKey{"\x01", 1};

Hash32 row_hash(const crypto::Secret32& key, std::string_view row_key, std::string_view value) {
  std::array<std::uint8_t, 4> key_size{};
  std::array<std::uint8_t, 4> value_size{};
  store_be32(key_size.data(), static_cast<std::uint32_t>(row_key.size()));
  store_be32(value_size.data(), static_cast<std::uint32_t>(value.size()));
  return crypto::hmac_sha256(key.view(),
                             {key_size, as_bytes(row_key), value_size, as_bytes(value)});
}

std::string named(const crypto::Secret32& key, std::string_view row_key) {
  const Hash32 hash = row_hash(key, row_key, {});
  return to_hex(ByteView(hash).first(8));
}

}  // namespace

Result<TableRoot> table_root(const ViewsDb& views, const ViewsDb::Table* table,
                             const ViewsDb::Snapshot* snapshot, const crypto::Secret32& key) {
  crypto::Frontier tree;
  const auto rows = views.cursor(table, snapshot);
  for (rows->seek(kFirstRowKey); rows->valid(); rows->next())
    tree.append(row_hash(key, rows->key(), rows->value()));
  CARTELLA_TRY(rows->status());
  return TableRoot{tree.size(), tree.root()};
}

Result<std::string> first_difference(const ViewsDb& views, const TableSide& left,
                                     const TableSide& right, const crypto::Secret32& key) {
  const auto a = views.cursor(left.table, left.snapshot);
  const auto b = views.cursor(right.table, right.snapshot);
  a->seek(kFirstRowKey);
  b->seek(kFirstRowKey);
  while (a->valid() && b->valid()) {
    if (a->key() != b->key()) return named(key, std::min(a->key(), b->key()));
    if (a->value() != b->value()) return named(key, a->key());
    a->next();
    b->next();
  }
  CARTELLA_TRY(a->status());
  CARTELLA_TRY(b->status());
  if (a->valid()) return named(key, a->key());
  if (b->valid()) return named(key, b->key());
  return std::string();
}

}  // namespace cartella::projections
