// disclosure/report.h: a report of one person as sections of paragraphs and tables, before it is
// laid out.
//
// The renderers (report_html.h, report_data.h) know nothing of the ledger; what is in a section is
// decided where it is gathered (dsar.h). Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace cartella::disclosure {

// Stands on every page and in every file until a review exists.
inline constexpr std::string_view kDraftMark = "BOZZA – NON RILASCIABILE";

struct ReportTable {
  std::string key;                   // machine name, unique in its section
  std::string caption;               // Italian
  std::vector<std::string> columns;  // Italian titles
  std::vector<std::string> keys;     // machine names, one a column
  std::vector<std::vector<std::string>> rows;
};

struct Section {
  int number = 0;
  std::string code;       // machine name: "destinatari"
  std::string title;      // Italian
  bool has_data = false;  // false: it says "nessuno"
  std::vector<std::string> paragraphs;
  std::vector<ReportTable> tables;
};

// What the report does not show, and why; never the content.
struct LeftOut {
  std::uint64_t position = 0;  // of the event
  std::string kind;
  std::string reason;
  std::string article;
  std::string decision;  // "da valutare" in a draft, or the rule that decided
};

struct Report {
  std::string id;  // of the request, hexadecimal
  std::string title;
  std::string controller;
  std::string log_origin;
  std::uint64_t position = 0;     // events [0, position) are in it
  TimeUs as_of;                   // of the last of them
  std::vector<Section> sections;  // sixteen, in order
  std::vector<LeftOut> left_out;
  std::vector<std::uint64_t> events;  // positions of what it tells about, in order
  std::uint64_t request_event = 0;    // position
  std::vector<StreamId> streams;      // that the data come from
};

}  // namespace cartella::disclosure
