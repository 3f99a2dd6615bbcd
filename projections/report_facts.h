// projections/report_facts.h: what reports count, and the dimensions they count it by.
//
// A fact is one access, one need of one access, one case, one delivery and so on, with everything
// that any dimension asks of it. Ages are taken on the report's day, never by a clock.
// Threads: values and free functions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "projections/case_file.h"
#include "projections/engine.h"
#include "projections/organisation.h"
#include "projections/person_index.h"

namespace cartella::projections {

enum class FactKind { people, accesses, needs, services, cases, interviews, deliveries };

struct Fact {
  SubjectId subject;
  UnitId ente;
  UnitId office;
  UnitId sector;
  std::optional<std::int32_t> day;  // access, opening, interview, delivery
  std::string mode;
  bool anonymous = false;
  UnitId label;      // need or service
  std::string code;  // INPS code
  std::string code_name;
  std::string category;  // code of the prevalent category, or of the benefit
  CaseState state = CaseState::none;
  bool reserved = false;  // interview
  std::int64_t state_changes = 0;
  std::int64_t cents = 0;
};

// What a report knows of a person who was met, over all controllers.
struct PersonTraits {
  std::string sex;
  std::int32_t birth_date = kNoDate;
  std::optional<IdentifierKind> identifier;  // the strongest: cf, cf_provisional, stp, eni, ...
};

struct ReportContext {
  Organisation organisation;
  std::map<SubjectId, PersonTraits> people;
  Date at;
  std::uint64_t position = 0;
};

struct ReportFacts {
  ReportContext context;
  std::vector<Fact> facts;
};
// Reads all views at one position. `at` empty: the day of the last event. An interview goes with
// its case. unavailable, io, corrupt.
Result<ReportFacts> read_facts(const Engine& engine, FactKind kind, std::optional<Date> at,
                               const PassedOver& passed_over);

struct DimensionValue {
  std::string key;
  std::string label;
};
struct Dimension {
  std::string_view name;   // "comune"
  std::string_view title;  // "Comune"
  DimensionValue (*value)(const ReportContext& context, const Fact& fact);
};
// nullptr for a name that is no dimension.
const Dimension* find_dimension(std::string_view name);

// Code of the zone, Belfiore code of the ente; empty where not known.
std::string zone_code(const ReportContext& context, const Fact& fact);
std::string comune_code(const ReportContext& context, const Fact& fact);

}  // namespace cartella::projections
