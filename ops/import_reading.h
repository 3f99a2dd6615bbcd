// ops/import_reading.h: what the readers of the predecessor's tables share; internal to the import.
//
// Threads: one.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "ops/import_source.h"

namespace cartella::ops {

using IndexOf = std::unordered_map<RowId, Index>;

inline Index find_index(const IndexOf& map, const Field<RowId>& id) {
  if (!id.value) return kNoIndex;
  const auto at = map.find(*id.value);
  return at == map.end() ? kNoIndex : at->second;
}

// State of one reading: the result under construction and the keys of what was accepted.
struct Reading {
  Reading(const std::filesystem::path& from, Rejects& to) : dir(from), rejects(to) {}

  const std::filesystem::path& dir;
  Rejects& rejects;
  Source source;
  // The newest day on which a card was written: stands for the day of the export, which no table
  // tells. Known after the cards.
  std::optional<Date> newest;

  IndexOf zones;
  IndexOf entes;
  std::unordered_map<std::string, Index> offices;  // "office/ente"
  IndexOf sectors;
  IndexOf operators;
  std::unordered_map<std::string, Index> operators_by_name;
  IndexOf needs;
  IndexOf services;
  IndexOf categories;
  struct Assigned {
    Index worker = kNoIndex;
    Index sector = kNoIndex;
  };
  std::unordered_map<RowId, Assigned> assigned;  // CS_O_OPERATORE_SETTORE

  IndexOf access_people;                              // SS_ANAGRAFICA -> persons
  IndexOf case_people;                                // CS_A_ANAGRAFICA -> persons
  std::unordered_map<RowId, SourceSubject> subjects;  // the same rows
  std::unordered_map<std::string, Index> by_identifier;
  IndexOf cards;
  IndexOf cases;
  IndexOf cases_by_subject;  // CS_A_ANAGRAFICA -> cases

  // Who wrote a row; the operator whom the row is about where that is not told or not known.
  Index author(const ImportTable& table, ImportTable::Row row, Index worker) const {
    const auto at = operators_by_name.find(std::string(table.text(row, "USER_INS")));
    return at == operators_by_name.end() ? worker : at->second;
  }

  void refuse(const SourceRef& ref, std::string_view reason) {
    add(ref, Severity::rejected, reason);
  }
  void warn(const SourceRef& ref, std::string_view reason) { add(ref, Severity::warning, reason); }
  Result<ImportTable> load(std::string_view name, std::string_view key,
                           std::initializer_list<std::string_view> columns, bool optional = false);

 private:
  void add(const SourceRef& ref, Severity severity, std::string_view reason) {
    const std::string table(ref.table);
    rejects.add({table + ".csv", ref.line, table, ref.id == 0 ? "" : std::to_string(ref.id),
                 severity, std::string(reason)});
  }
};

Status read_organisation(Reading& reading);  // import_reading_organisation.cc
Status read_people(Reading& reading);        // import_reading_people.cc
void warn_of_codes(Reading& reading);        // the same; after the cards
Status read_cards(Reading& reading);         // import_reading_cards.cc
Status read_cases(Reading& reading);         // import_reading_cases.cc
Status read_benefits(Reading& reading);      // import_reading_benefits.cc

// An open end is written as the last day of the calendar.
inline std::optional<Date> end_date(const Field<Date>& cell) {
  if (!cell.value || civil(*cell.value).year == 9999) return std::nullopt;
  return cell.value;
}

}  // namespace cartella::ops
