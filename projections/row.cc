#include "projections/row.h"

namespace cartella::projections {

void RowWriter::number(std::int64_t value) {
  std::uint64_t rest =
      (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value < 0 ? -1 : 0);
  while (rest >= 0x80) {
    x_out.push_back(static_cast<char>((rest & 0x7f) | 0x80));
    rest >>= 7;
  }
  x_out.push_back(static_cast<char>(rest));
}

std::int64_t RowReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (x_from.empty()) break;
    const auto byte = static_cast<std::uint8_t>(x_from.front());
    x_from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0)
      return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  fail_here();
  return 0;
}

void RowReader::one(std::string& value) {
  if (x_from.empty()) return;
  const std::int64_t size = number();
  if (size < 0 || static_cast<std::uint64_t>(size) > x_from.size()) return fail_here();
  value.assign(x_from.substr(0, static_cast<std::size_t>(size)));
  x_from.remove_prefix(static_cast<std::size_t>(size));
}

RowKey& RowKey::number(std::uint64_t value) {
  std::array<std::uint8_t, 8> raw{};
  store_be64(raw.data(), value);
  return bytes(raw);
}

RowKey& RowKey::date(std::int32_t days) {
  std::array<std::uint8_t, 4> raw{};
  store_be32(raw.data(), static_cast<std::uint32_t>(days) ^ 0x80000000u);
  return bytes(raw);
}

std::uint64_t number_in_key(std::string_view key, std::size_t offset) {
  return load_be64(as_bytes(key.substr(offset, 8)).data());
}

}  // namespace cartella::projections
