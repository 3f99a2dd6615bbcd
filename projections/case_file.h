// projections/case_file.h: the view of each case: state, categories, operators, steps, and what
// belongs to it (cards, interviews, notes, benefits).
//
// The record is a fold of the case's stream, so the same fold gives the case as it was at any
// position (history.h). Texts of interviews and notes are not copied into the view: an item names
// its stream and position, and whoever may read it reads it from the log. Threads: free functions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kCaseFileView = "case_file";

// schema::CaseState, for callers that do not read Cap'n Proto.
enum class CaseState : std::uint16_t {
  none = 0,
  aperto = 1,
  chiuso = 2,
  preso_in_carico = 3,
  segnalato = 4,
  riaperto = 6,
  segnalato_ente = 10,
  segnalato_operatore = 11
};
// What a user reads: "Aperto", "Preso in carico", ...; the number for a state unknown here.
std::string case_state_label(CaseState state);

struct CaseCategory {
  std::string category;  // code
  bool prevalent = false;
  std::int32_t since = 0;  // days since 1970
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.category, self.prevalent, self.since);
  }
};
struct CaseOperator {
  OperatorId operator_id;
  UnitId sector;
  bool responsible = false;
  std::int32_t since = 0;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.operator_id, self.sector, self.responsible, self.since);
  }
};
struct CaseStep {
  std::uint64_t position = 0;
  CaseState state = CaseState::none;
  CaseState from = CaseState::none;
  std::int64_t occurred_at_us = 0;
  std::int64_t administrative_date_us = INT64_MIN;  // absent
  OperatorId operator_id;
  UnitId sector;
  UnitId ente;
  OperatorId to_operator;
  UnitId to_sector;
  UnitId to_ente;
  std::string note;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.position, self.state, self.from, self.occurred_at_us, self.administrative_date_us,
      self.operator_id, self.sector, self.ente, self.to_operator, self.to_sector, self.to_ente,
      self.note);
  }
};
struct CaseShare {
  UnitId unit;
  std::vector<std::string> sections;
  std::string reason;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.unit, self.sections, self.reason);
  }
};

struct CaseRecord {
  std::int64_t number = 0;
  SubjectId subject;
  StreamId person_stream;
  StreamId card;
  ControllerId controller;
  UnitId ente;
  UnitId sector;  // that holds the case now: the last one it was sent to or worked by
  CaseState state = CaseState::none;
  std::int64_t opened_at_us = 0;
  std::string note;
  std::uint64_t state_changes = 0;  // the opening included
  std::vector<CaseCategory> categories;
  std::vector<CaseOperator> operators;
  std::vector<CaseShare> shares;
  std::vector<CaseStep> steps;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.number, self.subject, self.person_stream, self.card, self.controller, self.ente,
      self.sector, self.state, self.opened_at_us, self.note, self.state_changes, self.categories,
      self.operators, self.shares, self.steps);
  }
};

// Folds one event of a case stream; events of other types change nothing. invalid_input.
Status fold_case(CaseRecord& record, const DecodedEvent& event);
bool is_case_event(schema::EventType type);
// Code of the prevalent category; empty where none is.
std::string prevalent_category(const CaseRecord& record);

// Something that belongs to a case and has a stream of its own.
struct CaseItem {
  StreamId stream;
  schema::EventType type{};  // of the event that brought it
  std::uint64_t position = 0;
  std::int64_t occurred_at_us = 0;
  bool withheld = false;  // a reserved interview or a private note
  OperatorId operator_id;
  std::string second_level;  // an interview that only one second level may read
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.stream, self.type, self.position, self.occurred_at_us, self.withheld, self.operator_id,
      self.second_level);
  }
};
// The case that an event's item belongs to: interview, note, benefit, linked card; zero for others.
Result<StreamId> case_of_item(const DecodedEvent& event);

struct CaseFile {
  StreamId stream;
  CaseRecord record;
  std::vector<CaseItem> items;  // in the order of the log
  std::uint64_t position = 0;   // events [0, position) are in it
};

// The case without its items, which may be thousands: for who asks only whether it may be seen.
// not_found, unavailable, io, corrupt.
Result<CaseRecord> read_case_record(const Engine& engine, const StreamId& case_stream);
// not_found, unavailable, io, corrupt.
Result<CaseFile> read_case_file(const Engine& engine, const StreamId& case_stream);
// Cases of a person, oldest first.
Result<std::vector<StreamId>> cases_of_subject(const Engine& engine, const SubjectId& subject);
// Cases with the number that people know them by; several when enti count apart.
Result<std::vector<StreamId>> cases_by_number(const Engine& engine, std::uint64_t number);

// Every case, and every item of every case, for reports.
Status each_case(const ViewReader& view,
                 const std::function<Status(const StreamId&, const CaseRecord&)>& each);
Status each_case_item(
    const ViewReader& view,
    const std::function<Status(const StreamId& case_stream, const CaseItem&)>& each);

std::unique_ptr<Projection> make_case_file();

}  // namespace cartella::projections
