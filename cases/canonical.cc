#include "cases/canonical.h"

#include <boost/pfr.hpp>
#include <type_traits>

namespace cartella::cases {

namespace {

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id16<Tag>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
void put(ByteWriter& to, const T& value) {
  if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) {
    to.u64(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    to.framed(as_bytes(value));
  } else if constexpr (std::is_same_v<T, Hash32>) {
    to.raw(value);
  } else if constexpr (IsId<T>::value) {
    to.raw(value.view());
  } else if constexpr (IsOptional<T>::value) {
    to.u8(value ? 1 : 0);
    if (value) put(to, *value);
  } else if constexpr (IsVector<T>::value) {
    to.u32(static_cast<std::uint32_t>(value.size()));
    for (const auto& one : value) put(to, one);
  } else {
    static_assert(std::is_aggregate_v<T>);
    boost::pfr::for_each_field(value, [&](const auto& field) { put(to, field); });
  }
}

}  // namespace

Bytes canonical_bytes(const CommandContext& context, const Command& command) {
  Bytes bytes;
  ByteWriter to(bytes);
  put(to, context.actor);
  put(to, context.on_behalf_of);
  put(to, context.role);
  put(to, context.unit);
  put(to, context.controller);
  put(to, context.occurred_at);
  put(to, context.valid_from);
  put(to, context.valid_to);
  put(to, context.source);
  put(to, context.legal_basis);
  put(to, context.basis_confirmed);
  put(to, context.purpose);
  put(to, context.external_refs);
  to.u32(static_cast<std::uint32_t>(command.index()));
  std::visit([&](const auto& one) { put(to, one); }, command);
  return bytes;
}

}  // namespace cartella::cases
