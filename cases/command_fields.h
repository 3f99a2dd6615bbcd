// cases/command_fields.h: reads and lists the fields of a command, from one declaration of them.
//
// Each command has one function `fields(f, command)` that names its members; given a FieldReader it
// fills them from JSON, given a FieldLister it tells what they are. Internal to cases: the areas'
// tables are in command_json_<area>.cc. Threads: one thread an object.
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <type_traits>
#include <utility>

#include "cases/command_json.h"
#include "cases/json_text.h"

namespace cartella::cases {

// invalid_input with the code and "il campo <path> <sentence>".
Error bad_field(std::string_view path, std::string_view sentence);

// The words of an enum, as JSON gives them.
template <class Enum>
using WordList = std::vector<std::pair<std::string_view, Enum>>;
WordList<IdentifierKind> words_of(IdentifierKind);
WordList<CaseStatus> words_of(CaseStatus);
WordList<InCharge> words_of(InCharge);

// ---- reading ------------------------------------------------------------------------------------
class FieldReader {
 public:
  // `object` outlives the reader; `path` stands before the names in messages.
  FieldReader(const JsonValue& object, std::string path);
  template <class T>
  void need(std::string_view name, T& to) {
    take(name, to, true);
  }
  // Absent or null: the member keeps what it has.
  template <class T>
  void may(std::string_view name, T& to) {
    take(name, to, false);
  }
  // The first fault, or the first field that nobody asked for.
  Status finish() const;

 private:
  template <class T>
  void take(std::string_view name, T& to, bool required);
  const JsonValue* find(std::string_view name, bool required);
  std::string path_of(std::string_view name) const;
  void keep(const Error& error);

  const JsonValue& x_object;
  std::string x_path;
  std::vector<std::string_view> x_asked;
  std::vector<Error> x_faults;
};

Result<Bytes> hex_bytes(const JsonValue& value, std::string_view path, std::size_t count);
Result<std::int64_t> whole_number(const JsonValue& value, std::string_view path);
Status read_value(const JsonValue& value, const std::string& path, std::string& to);
Status read_value(const JsonValue& value, const std::string& path, bool& to);
Status read_value(const JsonValue& value, const std::string& path, Date& to);
Status read_value(const JsonValue& value, const std::string& path, TimeUs& to);
Status read_value(const JsonValue& value, const std::string& path, Hash32& to);
Status read_value(const JsonValue& value, const std::string& path, Bytes& to);
Status read_value(const JsonValue& value, const std::string& path, JsonValue& to);

template <class Tag>
Status read_value(const JsonValue& value, const std::string& path, Id16<Tag>& to) {
  CARTELLA_TRY(const auto bytes, hex_bytes(value, path, 16));
  to = Id16<Tag>::from_view(bytes);
  return ok();
}

template <std::integral T>
Status read_value(const JsonValue& value, const std::string& path, T& to) {
  CARTELLA_TRY(const auto number, whole_number(value, path));
  if (!std::in_range<T>(number)) return bad_field(path, "è fuori misura");
  to = static_cast<T>(number);
  return ok();
}

template <class T>
requires std::is_enum_v<T> Status read_value(const JsonValue& value, const std::string& path,
                                             T& to) {
  for (const auto& [word, meaning] : words_of(T{})) {
    if (value.kind != JsonValue::Kind::text || value.text != word) continue;
    to = meaning;
    return ok();
  }
  return bad_field(path, "non è una delle parole previste");
}

template <class T>
Status read_value(const JsonValue& value, const std::string& path, std::optional<T>& to) {
  T one{};
  CARTELLA_TRY(read_value(value, path, one));
  to = std::move(one);
  return ok();
}

template <class T>
Status read_value(const JsonValue& value, const std::string& path, std::vector<T>& to) {
  if (value.kind != JsonValue::Kind::array) return bad_field(path, "non è un elenco");
  std::vector<T> all(value.items.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CARTELLA_TRY(read_value(value.items[i], path, all[i]));
  }
  to = std::move(all);
  return ok();
}

// A value of several fields.
template <class T>
requires(std::is_class_v<T>&& std::is_aggregate_v<T>) Status
    read_value(const JsonValue& value, const std::string& path, T& to) {
  if (value.kind != JsonValue::Kind::object) return bad_field(path, "non è un oggetto");
  FieldReader reader(value, path + '.');
  fields(reader, to);
  return reader.finish();
}

template <class T>
void FieldReader::take(std::string_view name, T& to, bool required) {
  const JsonValue* value = find(name, required);
  if (value == nullptr) return;
  const Status read = read_value(*value, path_of(name), to);
  if (!read) keep(read.error());
}

// ---- listing ------------------------------------------------------------------------------------
class FieldLister {
 public:
  template <class T>
  void need(std::string_view name, T& value) {
    add(name, value, true);
  }
  template <class T>
  void may(std::string_view name, T& value) {
    add(name, value, false);
  }
  std::vector<FieldForm> take() { return std::move(x_fields); }

 private:
  template <class T>
  void add(std::string_view name, T& value, bool required);

  std::vector<FieldForm> x_fields;
};

inline void describe(const std::string&, FieldForm& to) { to.kind = FieldKind::text; }
inline void describe(const bool&, FieldForm& to) { to.kind = FieldKind::flag; }
inline void describe(const Date&, FieldForm& to) { to.kind = FieldKind::date; }
inline void describe(const TimeUs&, FieldForm& to) { to.kind = FieldKind::time; }
inline void describe(const Hash32&, FieldForm& to) { to.kind = FieldKind::hash; }
inline void describe(const Bytes&, FieldForm& to) { to.kind = FieldKind::bytes; }
inline void describe(const JsonValue&, FieldForm& to) { to.kind = FieldKind::object; }
template <class Tag>
void describe(const Id16<Tag>&, FieldForm& to) {
  to.kind = FieldKind::id;
}
template <std::integral T>
void describe(const T&, FieldForm& to) {
  to.kind = FieldKind::whole;
}
template <class T>
requires std::is_enum_v<T>
void describe(const T&, FieldForm& to) {
  to.kind = FieldKind::word;
  for (const auto& [word, meaning] : words_of(T{})) to.words.emplace_back(word);
}
template <class T>
void describe(const std::optional<T>&, FieldForm& to) {
  describe(T{}, to);
}
template <class T>
void describe(const std::vector<T>&, FieldForm& to) {
  describe(T{}, to);
  to.is_list = true;
}
template <class T>
requires(std::is_class_v<T>&& std::is_aggregate_v<T>) void describe(const T&, FieldForm& to) {
  to.kind = FieldKind::object;
  T value{};
  FieldLister lister;
  fields(lister, value);
  to.parts = lister.take();
}

template <class T>
void FieldLister::add(std::string_view name, T& value, bool required) {
  FieldForm form;
  form.name = std::string(name);
  form.is_required = required;
  describe(std::as_const(value), form);
  x_fields.push_back(std::move(form));
}

// ---- one row of a table -------------------------------------------------------------------------
template <class T>
Result<Command> read_fields(const JsonValue& object) {
  T command{};
  FieldReader reader(object, "");
  fields(reader, command);
  CARTELLA_TRY(reader.finish());
  return Command(std::move(command));
}
template <class T>
const std::vector<FieldForm>& list_fields() {
  static const std::vector<FieldForm> kFields = [] {
    T command{};
    FieldLister lister;
    fields(lister, command);
    return lister.take();
  }();
  return kFields;
}
template <class T>
CommandForm form_of(std::string_view name) {
  return {name, Command(T{}).index(), true, &read_fields<T>, &list_fields<T>};
}
// Only imports and the installation itself give it.
template <class T>
CommandForm machine_form(std::string_view name) {
  return {name, Command(T{}).index(), false, nullptr, nullptr};
}

std::vector<CommandForm> person_forms();        // command_json_person.cc
std::vector<CommandForm> card_forms();          // command_json_card.cc
std::vector<CommandForm> case_forms();          // command_json_case.cc
std::vector<CommandForm> benefit_forms();       // command_json_benefit.cc
std::vector<CommandForm> organisation_forms();  // command_json_organisation.cc
std::vector<CommandForm> access_forms();        // command_json_access.cc
std::vector<CommandForm> erasure_forms();       // command_json_erasure.cc

}  // namespace cartella::cases
