// projections/projection.h: what one projection is, and how it reads and writes its rows.
//
// A projection is a pure function of the log: no clock, no randomness, no other view, so that a
// rebuild gives the same bytes. Row keys may not contain personal values in a readable form, since
// RocksDB's info LOG stays in clear: use ViewWriter::token for those; ids, dates and positions are
// fine. Values are encrypted with the files. Keys that start with a zero byte are the engine's.
// Threads: apply is called by one thread at a time for one generation, by several for several.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::projections {

struct DecodedEvent;

// Derives opaque row keys from personal values: HMAC under a key of the views' own secret.
using KeyToken = std::array<std::uint8_t, 16>;
class Tokens {
 public:
  virtual ~Tokens() = default;
  virtual KeyToken token(std::string_view label, std::string_view value) const = 0;
};

// Rows of one generation while events are applied. What one event wrote becomes visible to the next
// only when its apply succeeded.
class ViewWriter {
 public:
  virtual ~ViewWriter() = default;
  // io, corrupt.
  virtual Result<std::optional<std::string>> read(std::string_view key) = 0;
  virtual void put(std::string key, std::string value) = 0;
  virtual void erase(std::string key) = 0;
  virtual const Tokens& tokens() const = 0;
};

// A view as it was at one position; rows cannot change under it.
class ViewReader {
 public:
  virtual ~ViewReader() = default;
  // Events [0, position()) are in it.
  virtual std::uint64_t position() const = 0;
  // recorded_at of the last event in it; 0 for an empty view.
  virtual std::int64_t recorded_at_us() const = 0;
  virtual Result<std::optional<std::string>> read(std::string_view key) const = 0;
  // Calls `each` in key order for the rows whose key starts with `prefix`; stops at an error.
  virtual Status scan(
      std::string_view prefix,
      const std::function<Status(std::string_view key, std::string_view value)>& each) const = 0;
  // The same for those of them that are not before `from`.
  virtual Status scan_from(
      std::string_view prefix, std::string_view from,
      const std::function<Status(std::string_view key, std::string_view value)>& each) const = 0;
  virtual const Tokens& tokens() const = 0;
};

class Projection {
 public:
  virtual ~Projection() = default;
  virtual std::string_view name() const = 0;
  // Raised when rows change their meaning: the view is then rebuilt at the next start.
  virtual std::uint32_t version() const = 0;
  // An error or an exception faults this projection alone, at this event.
  virtual Status apply(const DecodedEvent& event, ViewWriter& rows) const = 0;
};

}  // namespace cartella::projections
