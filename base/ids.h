// base/ids.h: strong 128-bit identifiers.
//
// Each idea has its own type, so that a stream is never passed where an event is meant. Ids are
// opaque: random, or derived by a keyed hash; they never contain personal data.
// Threads: values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace cartella {

template <class Tag>
struct Id16 {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Id16&) const = default;
  bool is_zero() const { return *this == Id16{}; }
  ByteView view() const { return bytes; }
  std::string hex() const { return to_hex(bytes); }
  // `from` has at least 16 bytes.
  static Id16 from_view(ByteView from) {
    Id16 id;
    std::memcpy(id.bytes.data(), from.data(), 16);
    return id;
  }
  // invalid_input: not 32 hexadecimal digits (dashes of a UUID are allowed).
  static Result<Id16> parse(std::string_view text) {
    std::string digits;
    for (const char c : text)
      if (c != '-') digits.push_back(c);
    CARTELLA_TRY(auto raw, from_hex(digits));
    if (raw.size() != 16) return fail(Errc::invalid_input, "an id has 32 hexadecimal digits");
    return from_view(raw);
  }
};

using EventId = Id16<struct EventTag>;      // UUIDv7 or UUIDv8; event 0 of a call is the command id
using StreamId = Id16<struct StreamTag>;    // one item's life; id of its stream secret in the vault
using SubjectId = Id16<struct SubjectTag>;  // a person, for life, the same for all controllers
using ControllerId = Id16<struct ControllerTag>;  // the comune or ente that is titolare
using KeyId = Id16<struct KeyTag>;                // an owner key in the vault
using SignerId = Id16<struct SignerTag>;          // SHA-256(alg || public key)[:16]
using OperatorId = Id16<struct OperatorTag>;      // a person who works in the service
using UnitId = Id16<struct UnitTag>;              // zone, ente, office or sector
using BatchId = Id16<struct BatchTag>;
struct LogId {
  Hash32 bytes{};
  auto operator<=>(const LogId&) const = default;
};

// Ids are random or hashed, so any eight bytes of them are a good hash.
template <class Tag>
struct IdHash {
  std::size_t operator()(const Id16<Tag>& id) const {
    std::size_t h = 0;
    std::memcpy(&h, id.bytes.data() + 8, sizeof h);
    return h;
  }
};

}  // namespace cartella

template <class Tag>
struct std::hash<cartella::Id16<Tag>> : cartella::IdHash<Tag> {};
