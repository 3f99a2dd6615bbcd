// ops/import_source.h: the predecessor's data as typed rows that passed every check of their own.
//
// Reading is separate from writing: what is refused here (an impossible date, an unknown office, a
// missing parent) is known before the first command, and is the same at every run. Rows refer to
// each other by index. A refused row takes its links with it; rows of their own that depend on it
// are refused by name.
// Threads: read by one thread, then immutable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "cases/commands.h"
#include "ops/import_table.h"
#include "ops/rejects.h"

namespace cartella::ops {

using Index = std::size_t;
inline constexpr Index kNoIndex = static_cast<Index>(-1);

// Where a row came from; its external reference and its place in the rejects file.
struct SourceRef {
  std::string_view table;  // a literal
  RowId id = 0;
  std::uint64_t line = 0;
};

struct SourceZone {
  SourceRef ref;
  std::string name;
};
struct SourceEnte {
  SourceRef ref;
  std::string name;
  std::string belfiore;
  Index zone = kNoIndex;
  bool lead = false;
  std::string export_code;
  std::string seat_code;
  bool enabled = true;
};
// One office at one ente: the predecessor relates them through SS_REL_UFF_PCONT_ORG.
struct SourceOffice {
  SourceRef ref;  // of SS_UFFICIO
  std::string name;
  Index ente = kNoIndex;
  bool needs_required = false;
  bool services_required = false;
  std::string contact_point;
  bool enabled = true;
};
struct SourceSector {
  SourceRef ref;
  std::string name;
  Index ente = kNoIndex;
  std::string second_level;
  bool enabled = true;
  std::vector<Index> categories;  // that it manages; empty: every one
};
struct SourceOperator {
  SourceRef ref;
  std::string username;
  bool enabled = true;
  std::optional<Date> from;
  std::optional<Date> to;  // empty: for ever
};
struct SourceAssignment {
  SourceRef ref;
  Index worker = kNoIndex;
  Index sector = kNoIndex;
  std::string role_group;
  std::optional<Date> from;
  std::optional<Date> to;  // empty: for ever
};
// A need, a service or a category.
struct SourceLabel {
  SourceRef ref;
  std::string label;
  std::string group;  // of a need
  bool flag = false;  // a need: economic; a service: external
  bool enabled = true;
};

struct SourcePerson {
  SourceRef ref;
  std::vector<SourceRef> same;  // other rows of the same person
  bool anonymous = false;
  std::string alias;
  std::optional<cases::ParsedIdentifier> identifier;
  cases::IdentityValue identity;
  RowId own_card = 0;  // an anonymous person who shares a row with another: of this card
};

struct SourceCard {
  SourceRef ref;
  std::int64_t number = 0;
  Index person = kNoIndex;
  Index office = kNoIndex;
  Index ente = kNoIndex;
  Index worker = kNoIndex;
  Index author = kNoIndex;  // who wrote the row; of every row below, too
  Date access_date;
  TimeUs occurred_at;
  std::string mode;
  std::string interlocutor;
  std::string motive;
  std::string motive_text;
  std::string contact_point;
  bool informed = false;
  bool homeless = false;
  std::vector<Index> needs;
  std::string needs_text;
  std::vector<Index> services;
  std::string services_text;
  std::optional<cases::ClosingValue> closing;
  SourceRef contact_ref;
  std::string phone;
  std::string mobile;
  std::string email;
};

struct SourceStep {
  SourceRef ref;
  cases::CaseStatus status = cases::CaseStatus::none;
  TimeUs at;
  Index worker = kNoIndex;
  Index author = kNoIndex;
  Index sector = kNoIndex;
  Index ente = kNoIndex;
  Index to_sector = kNoIndex;
  Index to_ente = kNoIndex;
  Index to_worker = kNoIndex;
  std::string note;
};
struct SourceCategory {
  SourceRef ref;
  Index category = kNoIndex;
  Index author = kNoIndex;
  bool prevalent = false;
  std::optional<Date> from;
  std::optional<Date> to;
};
struct SourceInterview {
  SourceRef ref;
  bool reserved = false;
  std::string text;
  std::string with_whom;
  std::string second_level;
  Index worker = kNoIndex;
  Index author = kNoIndex;
  Index sector = kNoIndex;
  TimeUs held_at;
};
// What CS_A_ANAGRAFICA knows of a case's person beside the identity.
struct SourceSubject {
  SourceRef ref;
  std::string phone;
  std::string mobile;
  std::string email;
  std::string note;
};
struct SourceCase {
  SourceRef ref;
  SourceSubject subject;
  std::int64_t number = 0;
  std::string note;
  Index person = kNoIndex;
  Index ente = kNoIndex;
  Index author = kNoIndex;
  TimeUs opened_at;
  std::vector<SourceStep> steps;  // in ID order
  std::vector<SourceCategory> categories;
  std::vector<SourceInterview> interviews;
  Index card = kNoIndex;
  std::string link_state;
  SourceRef link_ref;
  Index link_author = kNoIndex;
};

struct SourceDelivery {
  SourceRef ref;
  Date on;
  TimeUs recorded_at;
  std::int64_t amount = 0;
  std::int64_t user = 0;
  std::int64_t health = 0;
  std::int64_t other = 0;
  Index worker = kNoIndex;
  Index author = kNoIndex;
  Index sector = kNoIndex;
  std::string status;
  std::optional<Date> to;
  std::optional<Date> event_date;
};
struct SourceBenefit {
  SourceRef ref;
  Index person = kNoIndex;
  Index case_index = kNoIndex;
  Index ente = kNoIndex;
  Index sector = kNoIndex;
  Index worker = kNoIndex;
  Index author = kNoIndex;
  TimeUs recorded_at;
  std::string protocol;
  std::optional<Date> protocol_date;
  std::string inps_code;
  std::string inps_name;
  bool periodic = false;
  int means_test = 4;
  std::string dsu_number;
  int dsu_year = 0;
  std::optional<Date> dsu_date;
  std::optional<Date> event_date;   // the first of the deliveries
  std::optional<Date> period_from;  // of the deliveries, when they state one within a year
  std::optional<Date> period_to;
  cases::InCharge in_charge = cases::InCharge::unknown;
  int user_area = 0;
  std::string category;
  std::string beneficiary_kind;
  std::string intervention;         // CS_C_TIPO_INTERVENTO
  std::string custom_intervention;  // CS_C_TIPO_INTERVENTO_CUSTOM
  std::vector<SourceDelivery> deliveries;
};

struct Source {
  Hash32 digest{};  // over all tables, in the order of their names
  std::uint64_t rows = 0;
  std::vector<SourceZone> zones;
  std::vector<SourceEnte> entes;
  std::vector<SourceOffice> offices;
  std::vector<SourceSector> sectors;
  std::vector<SourceOperator> operators;
  std::vector<SourceAssignment> assignments;
  std::vector<SourceLabel> needs;
  std::vector<SourceLabel> services;
  std::vector<SourceLabel> categories;
  std::vector<SourcePerson> persons;
  std::vector<SourceCard> cards;
  std::vector<SourceCase> cases;
  std::vector<SourceBenefit> benefits;
};

// Reads the whole directory. not_found: a table that everything needs is missing. invalid_input: a
// column is missing or the directory holds no predecessor's export. io.
Result<Source> read_source(const std::filesystem::path& dir, Rejects& rejects);

}  // namespace cartella::ops
