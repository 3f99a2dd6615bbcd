// projections/benefits.h: the view of benefits and their deliveries, in integer cents.
//
// A delivery that supersedes another takes its place: the earlier one stays in the list, marked,
// and no longer counts. A benefit that supersedes another corrects it: INPS is told to cancel the
// earlier one and then given the later (siuss.md 3.5, PS-23), so of the two only the later counts.
// Threads: free functions, any thread.
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

inline constexpr std::string_view kBenefitsView = "benefits";

struct BenefitRecord {
  SubjectId subject;
  StreamId case_stream;
  ControllerId controller;
  UnitId paying_ente;
  std::string protocol;
  std::int32_t protocol_date = INT32_MIN;
  std::string inps_code;
  std::string inps_name;
  bool periodic = false;
  std::uint8_t means_test = 0;
  std::string dsu_number;  // with its year and date, or none of them
  std::uint16_t dsu_year = 0;
  std::int32_t dsu_date = INT32_MIN;
  std::int32_t event_date = INT32_MIN;
  std::int32_t period_from = INT32_MIN;
  std::int32_t period_to = INT32_MIN;
  std::uint16_t in_charge = 0;
  std::uint8_t user_area = 0;
  std::string category;
  std::string beneficiary_kind;
  UnitId sector;
  OperatorId operator_id;
  bool closed = false;
  std::int32_t closed_on = INT32_MIN;
  std::string closing_reason;
  StreamId supersedes;               // the earlier benefit that this one corrects
  StreamId superseded_by;            // zero: this one counts
  std::uint64_t delivery_count = 0;  // that count
  std::int64_t delivered_cents = 0;  // sum of their amounts
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.subject, self.case_stream, self.controller, self.paying_ente, self.protocol,
      self.protocol_date, self.inps_code, self.inps_name, self.periodic, self.means_test,
      self.dsu_number, self.dsu_year, self.dsu_date, self.event_date, self.period_from,
      self.period_to, self.in_charge, self.user_area, self.category, self.beneficiary_kind,
      self.sector, self.operator_id, self.closed, self.closed_on, self.closing_reason,
      self.supersedes, self.superseded_by, self.delivery_count, self.delivered_cents);
  }
};

struct Delivery {
  StreamId benefit;
  EventId event_id;
  std::int32_t delivered_on = 0;
  std::int64_t amount_cents = 0;
  std::int64_t ente_cents = 0;
  std::int64_t user_cents = 0;
  std::int64_t health_cents = 0;
  std::int64_t other_cents = 0;
  std::uint32_t minutes = 0;
  OperatorId operator_id;
  EventId supersedes;
  std::string status;
  bool superseded = false;
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.benefit, self.event_id, self.delivered_on, self.amount_cents, self.ente_cents,
      self.user_cents, self.health_cents, self.other_cents, self.minutes, self.operator_id,
      self.supersedes, self.status, self.superseded);
  }
};

// invalid_input.
Status fold_benefit(BenefitRecord& benefit,
                    const DecodedEvent& event);           // granted, closed, superseded
Result<Delivery> delivery_of(const DecodedEvent& event);  // delivered

struct BenefitFile {
  StreamId stream;
  BenefitRecord benefit;
  std::vector<Delivery> deliveries;  // in the order of the log, superseded ones marked
};
// not_found.
Result<BenefitFile> read_benefit(const Engine& engine, const StreamId& benefit_stream);
Result<std::vector<BenefitFile>> benefits_of_subject(const Engine& engine,
                                                     const SubjectId& subject);

// Every benefit, and every delivery that no other delivery superseded, for reports: whoever sums
// leaves out those of a benefit that was superseded.
Status each_benefit(const ViewReader& view,
                    const std::function<Status(const StreamId&, const BenefitRecord&)>& each);
Status each_delivery(const ViewReader& view, const std::function<Status(const Delivery&)>& each);

std::unique_ptr<Projection> make_benefits();

}  // namespace cartella::projections
