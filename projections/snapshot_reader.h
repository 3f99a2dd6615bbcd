// projections/snapshot_reader.h: what a query holds: one view as of one position, and its tokens.
//
// Ownership: a reader owns its snapshot and holds its table; the views and the tokens must outlive
// it. A long held reader keeps RocksDB from dropping overwritten rows. Threads: any number of
// readers at once, each on one thread at a time; SecretTokens are immutable.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "crypto/hash.h"
#include "projections/engine.h"
#include "projections/views_db.h"

namespace cartella::projections {

// Keys of rows carry no identifier or name in clear: a keyed digest of the value stands for it.
class SecretTokens final : public Tokens {
 public:
  explicit SecretTokens(const crypto::Secret32& secret)
      : x_key(crypto::derive(secret, "views/tokens", {})) {}
  KeyToken token(std::string_view label, std::string_view value) const override {
    static constexpr std::array<std::uint8_t, 1> kEnd{0};
    const Hash32 hash = crypto::hmac_sha256(x_key.view(), {as_bytes(label), kEnd, as_bytes(value)});
    KeyToken token{};
    std::copy_n(hash.begin(), token.size(), token.begin());
    return token;
  }

 private:
  crypto::Secret32 x_key;
};

class SnapshotReader final : public ViewReader {
 public:
  SnapshotReader(const ViewsDb& views, const ViewsDb::Table* table, ViewsDb::Hold hold,
                 std::unique_ptr<ViewsDb::Snapshot> snapshot, const ViewState& state,
                 const Tokens& tokens)
      : x_views(views),
        x_table(table),
        x_hold(std::move(hold)),
        x_snapshot(std::move(snapshot)),
        x_position(state.cursor),
        x_recorded_at_us(state.recorded_at_us),
        x_tokens(tokens) {}
  std::uint64_t position() const override { return x_position; }
  std::int64_t recorded_at_us() const override { return x_recorded_at_us; }
  Result<std::optional<std::string>> read(std::string_view key) const override {
    return x_views.read(x_table, key, x_snapshot.get());
  }
  Status scan(
      std::string_view prefix,
      const std::function<Status(std::string_view, std::string_view)>& each) const override {
    return x_views.scan(x_table, prefix, prefix, x_snapshot.get(), each);
  }
  Status scan_from(
      std::string_view prefix, std::string_view from,
      const std::function<Status(std::string_view, std::string_view)>& each) const override {
    return x_views.scan(x_table, prefix, from, x_snapshot.get(), each);
  }
  const Tokens& tokens() const override { return x_tokens; }

 private:
  const ViewsDb& x_views;
  const ViewsDb::Table* x_table;
  ViewsDb::Hold x_hold;
  std::unique_ptr<ViewsDb::Snapshot> x_snapshot;
  std::uint64_t x_position;
  std::int64_t x_recorded_at_us;
  const Tokens& x_tokens;
};

}  // namespace cartella::projections
