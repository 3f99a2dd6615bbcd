// projections/reports.h: the reports that an ambito reads: tables of counts and sums.
//
// A report counts the rows of the register, case, benefit and person views, with the labels of the
// organisation view, all at one position of the log; nothing in it names a person. Who is being
// erased or restricted is not counted (GDPR 18, RE-06), nor is what is known of them used. Each
// section has a machine name ("accesses_by_comune") and rows with a machine key ("E256", "2025-07",
// "D108 Affido"), so that tests and exports map them one to one, and Italian titles and labels for
// people.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "projections/passed_over.h"

namespace cartella::projections {

class Engine;

// Raised whenever a report would count the same events differently; a published report names the
// rules that counted.
inline constexpr std::uint32_t kReportRules = 2;

struct ReportQuery {
  std::string name;  // people, accesses, needs, services, cases, interviews, deliveries
  // Filters; empty = all.
  std::string zone;          // code of the zone, "7"
  std::string comune;        // Belfiore code of the ente
  std::string office;        // id, hexadecimal
  std::string sector;        // id, hexadecimal
  std::string category;      // code of the social category
  std::optional<Date> from;  // first day of the access, interview or delivery, or case opening
  std::optional<Date> to;    // last day
  // Ages are taken on this day; empty: the day of the last event in the view.
  std::optional<Date> at;
  // Dimensions of one table instead of the standard sections. people: identifier, comune, zone,
  // office, month, sex, age_band; accesses: comune, zone, office, month, mode, anonymous; needs and
  // services: label and the dimensions of accesses; cases: state, category, comune, zone, sector,
  // age_band, sex, month; interviews: kind, comune, zone, sector, month; deliveries: prestazione,
  // comune, zone, category, month.
  std::vector<std::string> group_by;
};

enum class Measure { count, cents };

struct ReportRow {
  std::string key;                  // machine form, parts joined by one space
  std::vector<std::string> labels;  // one for each column but the last
  std::int64_t value = 0;
  bool suppressed = false;  // the value is hidden: suppression.h
};

struct ReportSection {
  std::string name;                  // "accesses_by_comune"
  std::string title;                 // "Accessi per comune"
  std::vector<std::string> columns;  // Italian titles; the last is the value's
  Measure measure = Measure::count;
  std::vector<ReportRow> rows;  // sorted by key
};

struct Report {
  std::string name;
  std::string title;
  std::uint64_t position = 0;  // events [0, position) are in it
  std::vector<ReportSection> sections;
};

std::vector<std::string> report_names();
// Standard sections, named as the samples' expected.json names them:
//   people      people_known_by_identifier, people_met_by_comune, _zone, _office, _month, _sex,
//               _age_band
//   accesses    accesses_total, accesses_by_comune, _zone, _office, _month, _mode, cards_anonymous
//   needs       needs, needs_by_comune, needs_by_zone, needs_by_month, needs_by_office
//   services    services_requested, services_by_comune, _zone, _month, _office
//   cases       cases_total, cases_by_state, _category, _comune, _sector, _age_band, _sex,
//               state_changes
//   interviews  interviews, interviews_by_comune, interviews_by_month
//   deliveries  deliveries_by_prestazione, spend_cents_by_prestazione, deliveries_by_comune,
//               spend_cents_by_comune
// invalid_argument: unknown report, dimension or filter. unavailable: a view is faulted.
Result<Report> make_report(const Engine& engine, const ReportQuery& query,
                           const PassedOver& passed_over);

}  // namespace cartella::projections
