// projections/intake_register.h: the view of the cards of the segretariato sociale, by office and
// date.
//
// The reporter is a disclosure unit of its own and is not copied into the view.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/passed_over.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kIntakeRegisterView = "intake_register";

struct CardRecord {
  std::int64_t number = 0;
  SubjectId subject;
  bool anonymous = false;
  std::int32_t access_date = 0;  // days since 1970
  std::string mode;
  std::string interlocutor;
  std::string motive;
  std::string motive_text;
  bool informed = false;
  UnitId office;
  std::string contact_point;
  UnitId ente;
  OperatorId operator_id;
  bool homeless = false;
  std::vector<UnitId> needs;     // ids of NeedDefined
  std::vector<UnitId> services;  // ids of ServiceDefined
  std::string needs_text;
  std::string services_text;
  bool closed = false;
  std::string card_type;
  bool taken_in_charge = false;
  bool municipal_only = false;
  bool complete = false;
  StreamId case_stream;
  std::string link_state;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.number, self.subject, self.anonymous, self.access_date, self.mode, self.interlocutor,
      self.motive, self.motive_text, self.informed, self.office, self.contact_point, self.ente,
      self.operator_id, self.homeless, self.needs, self.services, self.needs_text,
      self.services_text, self.closed, self.card_type, self.taken_in_charge, self.municipal_only,
      self.complete, self.case_stream, self.link_state);
  }
};

// Folds one event of a card stream; events of other types change nothing. invalid_input.
Status fold_card(CardRecord& card, const DecodedEvent& event);
bool is_card_event(schema::EventType type);

struct CardEntry {
  StreamId stream;
  CardRecord card;
};
struct CardQuery {
  std::optional<UnitId> office;  // empty: every office
  std::optional<Date> from;
  std::optional<Date> to;
  std::size_t cards_max = 1000;
  PassedOver passed_over = {};
};
// By office, then date. unavailable, io, corrupt.
Result<std::vector<CardEntry>> find_cards(const Engine& engine, const CardQuery& query);
// not_found.
Result<CardRecord> read_card(const Engine& engine, const StreamId& card_stream);

// Cards with the number that people know them by; several when offices count apart.
Result<std::vector<StreamId>> cards_by_number(const Engine& engine, std::uint64_t number);

// Every card, in no meaningful order, for reports.
Status each_card(const ViewReader& view,
                 const std::function<Status(const StreamId&, const CardRecord&)>& each);

std::unique_ptr<Projection> make_intake_register();

}  // namespace cartella::projections
