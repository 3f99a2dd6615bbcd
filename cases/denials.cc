#include "cases/denials.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace cartella::cases {

namespace {

struct Flooder {
  ControllerId controller;
  bool administrative = false;
  OperatorId actor;    // zero: nobody is logged in, or everybody who found the table full
  std::string client;  // where there is no actor
  std::string target;  // its kind
  auto operator<=>(const Flooder&) const = default;
};

struct Row {
  std::int64_t window_end_us = 0;
  std::uint32_t singles = 0;
  std::uint32_t counted = 0;  // not written yet
  Viewer viewer;              // of the first that was counted
  Look look;
};
using Table = std::map<Flooder, Row>;

// "case/<id>" is of the kind "case".
std::string kind_of(const std::string& target) { return target.substr(0, target.find('/')); }

Flooder flooder_of(const Viewer& viewer, const Look& look) {
  const bool known = !viewer.operator_id.is_zero();
  return {look.controller, look.administrative, viewer.operator_id,
          known ? std::string() : viewer.client_id, kind_of(look.target)};
}

Look denial_of(const Look& look) {
  Look denial = look;
  denial.operation = Operation::deny;
  if (look.operation == Operation::failed) denial.operation = Operation::failed;
  denial.outcome = LookOutcome::denied;
  denial.repeated = 1;
  return denial;
}

// What everybody shares who found the table full is nobody's in particular.
Flooder shared(const Flooder& flooder) {
  return {flooder.controller, flooder.administrative, {}, {}, {}};
}

Viewer anybody() {
  Viewer viewer;
  viewer.client_id = "vari";
  viewer.auth_context = "vari";
  return viewer;
}

// A count says nothing that holds for one of the refusals alone.
void begin_count(Row& row, const Flooder& flooder, const Viewer& viewer, const Look& denial) {
  const bool of_many = flooder == shared(flooder);
  row.viewer = of_many ? anybody() : viewer;
  row.look = denial;
  row.look.target = of_many ? "vari" : kind_of(denial.target);
  row.look.repeated = 0;
  row.look.subjects.clear();
  row.look.case_stream = {};
  row.look.section.clear();
  row.look.reason.clear();
  row.look.search_terms.clear();
  row.look.resident.clear();
}

void count(Row& row, const Flooder& flooder, const Viewer& viewer, const Look& denial) {
  if (row.counted == 0) begin_count(row, flooder, viewer, denial);
  row.counted += denial.repeated;
  row.look.severity = std::max(row.look.severity, denial.severity);
  for (const SubjectId& subject : denial.subjects) {
    if (row.look.subjects.size() >= kLookSubjectsMax) break;
    if (std::ranges::find(row.look.subjects, subject) == row.look.subjects.end())
      row.look.subjects.push_back(subject);
  }
}

struct Entry {
  Flooder flooder;
  Viewer viewer;
  Look look;
};

// What the row has counted, and nothing is counted any more.
std::optional<Entry> take(const Flooder& flooder, Row& row) {
  if (row.counted == 0) return std::nullopt;
  Entry entry{flooder, row.viewer, std::move(row.look)};
  entry.look.repeated = std::exchange(row.counted, 0);
  row.look = {};
  return entry;
}

}  // namespace

struct Denials::Impl {
  Impl(AccessLog& access_log, const Clock& monotonic_clock, const DenialOptions& given)
      : log(access_log), clock(monotonic_clock), options(given) {}

  Row& row_for(Table& rows, Flooder& flooder) const;
  void drop_idle(Table& rows, std::int64_t now) const;
  void put_back(const Entry& entry);
  Status write(const std::vector<Entry>& entries);
  Status write_rows(std::optional<std::int64_t> ended_by);

  AccessLog& log;
  const Clock& clock;
  const DenialOptions options;
  Mutex<Table> table;
};

// Rows whose window ended and that hold nothing make room.
void Denials::Impl::drop_idle(Table& rows, std::int64_t now) const {
  std::erase_if(rows, [&](const auto& each) {
    return each.second.window_end_us <= now && each.second.counted == 0;
  });
}

// Where the table is full, the row that everybody shares; `flooder` then names it.
Row& Denials::Impl::row_for(Table& rows, Flooder& flooder) const {
  if (const auto at = rows.find(flooder); at != rows.end()) return at->second;
  const std::int64_t now = clock.monotonic_us();
  if (rows.size() >= options.flooders_max) drop_idle(rows, now);
  if (rows.size() >= options.flooders_max) {
    flooder = shared(flooder);
    if (const auto at = rows.find(flooder); at != rows.end()) return at->second;
  }
  Row& row = rows[flooder];
  row.window_end_us = now + options.window_us;
  return row;
}

void Denials::Impl::put_back(const Entry& entry) {
  table.with([&](Table& rows) {
    Flooder flooder = entry.flooder;
    Row& row = row_for(rows, flooder);
    count(row, flooder, entry.viewer, entry.look);
  });
}

// All are tried; the first error is returned.
Status Denials::Impl::write(const std::vector<Entry>& entries) {
  Status result = ok();
  for (const Entry& entry : entries) {
    const auto receipt = log.record(entry.viewer, entry.look);
    if (receipt) continue;
    put_back(entry);
    if (result) result = receipt.error();
  }
  return result;
}

Status Denials::Impl::write_rows(std::optional<std::int64_t> ended_by) {
  std::vector<Entry> entries;
  table.with([&](Table& rows) {
    for (auto& [flooder, row] : rows) {
      if (ended_by && row.window_end_us > *ended_by) continue;
      if (auto entry = take(flooder, row)) entries.push_back(std::move(*entry));
    }
    if (ended_by) drop_idle(rows, *ended_by);
  });
  return write(entries);
}

Denials::Denials(AccessLog& log, const Clock& clock, const DenialOptions& options)
    : x_impl(std::make_unique<Impl>(log, clock, options)) {}
Denials::~Denials() = default;

Status Denials::refuse(const Viewer& viewer, const Look& look) {
  const Look denial = denial_of(look);
  std::vector<Entry> entries;
  x_impl->table.with([&](Table& rows) {
    const std::int64_t now = x_impl->clock.monotonic_us();
    Flooder flooder = flooder_of(viewer, look);
    Row& row = x_impl->row_for(rows, flooder);
    if (row.window_end_us <= now) {
      if (auto ended = take(flooder, row)) entries.push_back(std::move(*ended));
      row.window_end_us = now + x_impl->options.window_us;
      row.singles = 0;
    }
    if (row.singles < x_impl->options.singles_max) {
      ++row.singles;
      entries.push_back({flooder, viewer, denial});
    } else {
      count(row, flooder, viewer, denial);
    }
  });
  return x_impl->write(entries);
}

Status Denials::write_ended() { return x_impl->write_rows(x_impl->clock.monotonic_us()); }

Status Denials::flush() { return x_impl->write_rows(std::nullopt); }

}  // namespace cartella::cases
