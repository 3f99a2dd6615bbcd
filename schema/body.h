// schema/body.h: typed access to Cap'n Proto bodies, for .cc files only.
//
// with_body opens a message and gives its reader to a function; encode_body builds the canonical
// form. Include it from .cc files: it brings Cap'n Proto's headers. Threads: free functions.
#pragma once

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "schema/absent.h"
#include "schema/events.capnp.h"

namespace cartella::schema {

// A message of at most 192 KiB, read at most eight times over, 16 levels deep.
inline constexpr std::uint64_t kTraversalWordsMax = 8 * 192 * 1024 / 8;
inline constexpr int kNestingMax = 16;
inline constexpr std::size_t kScratchWords = 128;

// Calls `use(Root::Reader)` and returns what it returns (a Result or Status). The reader is valid
// during the call only. invalid_input: the bytes are not a message, not in the canonical form, or
// break a limit.
template <class Root, class Use>
auto with_body(ByteView message, Use&& use)
    -> decltype(use(std::declval<typename Root::Reader>())) {
  if (message.size() % sizeof(capnp::word) != 0 || message.empty())
    return fail(Errc::invalid_input, "a body is a whole number of words");
  capnp::ReaderOptions options;
  options.traversalLimitInWords = kTraversalWordsMax;
  options.nestingLimit = kNestingMax;
  // A vector's bytes are aligned for words already; anything else is copied once.
  kj::Array<capnp::word> copy;
  const auto* words = reinterpret_cast<const capnp::word*>(message.data());
  if (reinterpret_cast<std::uintptr_t>(message.data()) % alignof(capnp::word) != 0) {
    copy = kj::heapArray<capnp::word>(message.size() / sizeof(capnp::word));
    std::memcpy(copy.asBytes().begin(), message.data(), message.size());
    words = copy.begin();
  }
  try {
    const kj::ArrayPtr<const capnp::word> segments[1] = {
        kj::arrayPtr(words, message.size() / sizeof(capnp::word))};
    capnp::SegmentArrayMessageReader reader(kj::arrayPtr(segments, 1), options);
    // One message for one value: nothing stands where no reader looks.
    if (!reader.isCanonical()) return fail(Errc::invalid_input, "a body is not canonical");
    return use(reader.getRoot<Root>());
  } catch (const kj::Exception&) {
    return fail(Errc::invalid_input, "a body does not follow its schema");
  }
}

// Calls `fill(Root::Builder)` and returns the canonical bytes of what it built, without what is
// absent.
template <class Root, class Fill>
Bytes encode_body(Fill&& fill) {
  // Most messages fit, and taking memory of the builder's own costs more than filling it. The
  // builder overwrites with zeros what it used.
  std::array<capnp::word, kScratchWords> scratch{};
  capnp::MallocMessageBuilder builder(kj::arrayPtr(scratch.data(), scratch.size()));
  fill(builder.initRoot<Root>());
  static const PointerShape kShape = pointer_shape(capnp::Schema::from<Root>());
  drop_absent(builder.getRoot<capnp::AnyStruct>(), kShape);
  const kj::Array<capnp::word> words = capnp::canonicalize(builder.getRoot<Root>().asReader());
  Bytes bytes(words.size() * sizeof(capnp::word));
  std::memcpy(bytes.data(), words.begin(), bytes.size());
  return bytes;
}

inline capnp::Data::Reader data_of(ByteView bytes) { return {bytes.data(), bytes.size()}; }
inline ByteView view_of(capnp::Data::Reader data) { return {data.begin(), data.size()}; }
inline std::string text_of(capnp::Text::Reader text) { return {text.cStr(), text.size()}; }
inline capnp::Text::Reader text_from(const std::string& text) {
  return {text.c_str(), text.size()};
}

// Ids are 16 bytes, or empty where absent.
template <class Id>
capnp::Data::Reader id_data(const Id& id) {
  return id.is_zero() ? capnp::Data::Reader{} : data_of(id.view());
}
template <class Id>
Result<Id> id_from(capnp::Data::Reader data) {
  if (data.size() == 0) return Id{};
  if (data.size() != 16) return fail(Errc::invalid_input, "an id in a body is not 16 bytes");
  return Id::from_view(view_of(data));
}

inline std::int32_t date_value(const std::optional<Date>& date) {
  return date ? date->days : K_NO_DATE;
}
inline std::optional<Date> date_from(std::int32_t value) {
  return value == K_NO_DATE ? std::optional<Date>{} : Date{value};
}
inline std::int64_t time_value(const std::optional<TimeUs>& time) {
  return time ? time->us : K_NO_TIME;
}
inline std::optional<TimeUs> time_from(std::int64_t value) {
  return value == K_NO_TIME ? std::optional<TimeUs>{} : TimeUs{value};
}

}  // namespace cartella::schema
