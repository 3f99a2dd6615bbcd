#include "store/resident.h"

#include <array>

namespace cartella::store {
namespace {

constexpr std::uint8_t kVersion = 1;

// A tag is for life; a row of either kind, so that one table gives the order of the tags.
struct Field {
  std::uint8_t tag;
  std::string Resident::*text = nullptr;
  std::optional<Date> Resident::*date = nullptr;
};
constexpr std::uint8_t kDeadTag = 1;
constexpr std::array kFields = {
    Field{2, &Resident::comune},
    Field{3, &Resident::matricola},
    Field{4, &Resident::household},
    Field{5, &Resident::surname},
    Field{6, &Resident::name},
    Field{7, &Resident::codice_fiscale},
    Field{8, nullptr, &Resident::birth_date},
    Field{9, &Resident::sex},
    Field{10, &Resident::birth_place},
    Field{11, &Resident::birth_place_name},
    Field{12, &Resident::nationality},
    Field{13, &Resident::civil_status},
    Field{14, &Resident::kinship},
    Field{15, &Resident::street_code},
    Field{16, &Resident::number},
    Field{17, &Resident::number_detail},
    Field{18, nullptr, &Resident::resident_from},
    Field{19, nullptr, &Resident::immigrated_on},
    Field{20, &Resident::immigrated_from},
    Field{21, nullptr, &Resident::emigrated_on},
    Field{22, &Resident::emigrated_to},
    Field{23, nullptr, &Resident::death_date},
    Field{24, &Resident::spouse_matricola},
    Field{25, &Resident::spouse_codice_fiscale},
    Field{26, &Resident::spouse_surname},
    Field{27, &Resident::spouse_name},
    Field{28, nullptr, &Resident::spouse_birth_date},
};

void write_field(ByteWriter& writer, std::uint8_t tag, ByteView value) {
  writer.u8(tag);
  writer.u16(static_cast<std::uint16_t>(value.size()));
  writer.raw(value);
}

Error damaged() { return fail(Errc::corrupt, "reference: a resident's record is malformed"); }

Status read_field(Resident& resident, std::uint8_t tag, ByteView value) {
  if (tag == kDeadTag) {
    resident.dead = true;
    return value.empty() ? Status(ok()) : damaged();
  }
  for (const Field& field : kFields) {
    if (field.tag != tag) continue;
    if (field.text != nullptr) {
      resident.*field.text = as_text(value);
      return value.empty() ? damaged() : Status(ok());
    }
    if (value.size() != 4) return damaged();
    resident.*field.date = Date{static_cast<std::int32_t>(load_be32(value.data()))};
    return ok();
  }
  return damaged();
}

}  // namespace

Result<Bytes> encode_resident(const Resident& resident) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u8(kVersion);
  if (resident.dead) write_field(writer, kDeadTag, {});
  for (const Field& field : kFields) {
    if (field.text != nullptr) {
      const std::string& text = resident.*field.text;
      if (text.size() > kResidentFieldBytesMax)
        return fail(Errc::invalid_argument,
                    "reference: field " + std::to_string(field.tag) + " is too long");
      if (!text.empty()) write_field(writer, field.tag, as_bytes(text));
      continue;
    }
    const std::optional<Date>& date = resident.*field.date;
    if (!date) continue;
    std::array<std::uint8_t, 4> days{};
    store_be32(days.data(), static_cast<std::uint32_t>(date->days));
    write_field(writer, field.tag, days);
  }
  return bytes;
}

Result<Resident> decode_resident(ByteView bytes) {
  ByteReader reader(bytes);
  std::uint8_t version = 0;
  if (!reader.u8(version)) return damaged();
  if (version != kVersion)
    return fail(Errc::unsupported, "reference: a resident's record of another version");
  Resident resident;
  std::uint8_t last_tag = 0;
  while (reader.remaining() > 0) {
    std::uint8_t tag = 0;
    std::uint16_t length = 0;
    ByteView value;
    if (!reader.u8(tag) || !reader.u16(length) || length > kResidentFieldBytesMax ||
        !reader.raw(length, value) || tag <= last_tag)
      return damaged();
    CARTELLA_TRY(read_field(resident, tag, value));
    last_tag = tag;
  }
  return resident;
}

}  // namespace cartella::store
