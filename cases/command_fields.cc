#include "cases/command_fields.h"

#include <algorithm>

namespace cartella::cases {

namespace {

constexpr std::size_t kHexBytesMax = 4096;  // a proof has 64; nothing longer is given as digits

Result<std::string_view> text_in(const JsonValue& value, std::string_view path,
                                 std::string_view sentence) {
  if (value.kind != JsonValue::Kind::text) return bad_field(path, sentence);
  return std::string_view(value.text);
}

}  // namespace

Error bad_field(std::string_view path, std::string_view sentence) {
  return fail(Errc::invalid_input, "bad_field: " + shown_name(path) + ' ' + std::string(sentence));
}

WordList<IdentifierKind> words_of(IdentifierKind) {
  WordList<IdentifierKind> words;
  for (const auto kind : {IdentifierKind::cf, IdentifierKind::cf_provisional, IdentifierKind::stp,
                          IdentifierKind::eni, IdentifierKind::internal, IdentifierKind::alias})
    words.emplace_back(identifier_kind_name(kind), kind);
  return words;
}
WordList<CaseStatus> words_of(CaseStatus) {
  return {{"aperto", CaseStatus::aperto},
          {"chiuso", CaseStatus::chiuso},
          {"preso_in_carico", CaseStatus::preso_in_carico},
          {"segnalato", CaseStatus::segnalato},
          {"riaperto", CaseStatus::riaperto},
          {"segnalato_ente", CaseStatus::segnalato_ente},
          {"segnalato_operatore", CaseStatus::segnalato_operatore}};
}
WordList<InCharge> words_of(InCharge) {
  return {{"unknown", InCharge::unknown}, {"yes", InCharge::yes}, {"no", InCharge::no}};
}

// ---- values -------------------------------------------------------------------------------------
Result<Bytes> hex_bytes(const JsonValue& value, std::string_view path, std::size_t count) {
  const std::string sentence = count == 0
                                   ? "non è fatto di cifre esadecimali"
                                   : "non ha " + std::to_string(2 * count) + " cifre esadecimali";
  CARTELLA_TRY(const auto text, text_in(value, path, sentence));
  if (text.size() > 2 * kHexBytesMax) return bad_field(path, sentence);
  auto bytes = from_hex(text);
  if (!bytes || (count != 0 && bytes.value().size() != count)) return bad_field(path, sentence);
  return bytes;
}

Result<std::int64_t> whole_number(const JsonValue& value, std::string_view path) {
  if (value.kind != JsonValue::Kind::whole) return bad_field(path, "non è un numero intero");
  return value.whole;
}

Status read_value(const JsonValue& value, const std::string& path, std::string& to) {
  CARTELLA_TRY(const auto text, text_in(value, path, "non è un testo"));
  to = std::string(text);
  return ok();
}

Status read_value(const JsonValue& value, const std::string& path, bool& to) {
  if (value.kind != JsonValue::Kind::flag) return bad_field(path, "non è true o false");
  to = value.flag;
  return ok();
}

Status read_value(const JsonValue& value, const std::string& path, Date& to) {
  constexpr std::string_view kSentence = "non è una data AAAA-MM-GG";
  CARTELLA_TRY(const auto text, text_in(value, path, kSentence));
  const auto date = parse_iso_date(text);
  if (!date) return bad_field(path, kSentence);
  to = date.value();
  return ok();
}

Status read_value(const JsonValue& value, const std::string& path, TimeUs& to) {
  constexpr std::string_view kSentence = "non è un istante AAAA-MM-GGThh:mm:ssZ";
  CARTELLA_TRY(const auto text, text_in(value, path, kSentence));
  const auto time = parse_timestamp(text);
  if (!time) return bad_field(path, kSentence);
  to = time.value();
  return ok();
}

Status read_value(const JsonValue& value, const std::string& path, Hash32& to) {
  CARTELLA_TRY(const auto bytes, hex_bytes(value, path, to.size()));
  std::copy(bytes.begin(), bytes.end(), to.begin());
  return ok();
}

Status read_value(const JsonValue& value, const std::string& path, Bytes& to) {
  CARTELLA_TRY(to, hex_bytes(value, path, 0));
  return ok();
}

Status read_value(const JsonValue& value, const std::string& path, JsonValue& to) {
  if (value.kind != JsonValue::Kind::object) return bad_field(path, "non è un oggetto");
  to = value;
  return ok();
}

// ---- reader -------------------------------------------------------------------------------------
FieldReader::FieldReader(const JsonValue& object, std::string path)
    : x_object(object), x_path(std::move(path)) {}

std::string FieldReader::path_of(std::string_view name) const { return x_path + std::string(name); }

void FieldReader::keep(const Error& error) { x_faults.push_back(error); }

const JsonValue* FieldReader::find(std::string_view name, bool required) {
  x_asked.push_back(name);
  const JsonValue* value = x_object.find(name);
  if (value != nullptr && value->kind != JsonValue::Kind::null) return value;
  if (required)
    keep(fail(Errc::invalid_input, "missing_field: manca " + shown_name(path_of(name))));
  return nullptr;
}

Status FieldReader::finish() const {
  for (const std::string& name : x_object.names)
    if (std::find(x_asked.begin(), x_asked.end(), name) == x_asked.end())
      return fail(Errc::invalid_input,
                  "unknown_field: " + shown_name(x_path + name) + " non è previsto");
  if (!x_faults.empty()) return x_faults.front();
  return ok();
}

}  // namespace cartella::cases
