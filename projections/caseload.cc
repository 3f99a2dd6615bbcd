#include "projections/caseload.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "projections/apply.h"

namespace cartella::projections {
namespace {

constexpr char kCase = 'c';      // case stream -> CaseRecord
constexpr char kOperator = 'o';  // operator, case stream
constexpr char kSector = 's';    // sector, case stream

std::set<std::string> index_keys(const CaseRecord& record, const StreamId& stream) {
  std::set<std::string> keys;
  for (const CaseOperator& assigned : record.operators)
    keys.insert(RowKey(kOperator).id(assigned.operator_id).id(stream).take());
  if (!record.sector.is_zero()) keys.insert(RowKey(kSector).id(record.sector).id(stream).take());
  return keys;
}

class Caseload final : public Projection {
 public:
  std::string_view name() const override { return kCaseloadView; }
  std::uint32_t version() const override { return 1; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!event.readable || !is_case_event(event.type())) return ok();
    const std::string key = RowKey(kCase).id(event.stream).take();
    CARTELLA_TRY(const auto known, read_row<CaseRecord>(rows, key));
    if (!known && (event.type() != schema::EventType::case_opened || event.has_erased_body()))
      return ok();
    CaseRecord record = known.value_or(CaseRecord{});
    CARTELLA_TRY(fold_case(record, event));
    record.note.clear();
    record.shares.clear();
    // The first step is kept without its note: the fold uses it to know a repeated opening.
    if (record.steps.size() > 1) record.steps.resize(2);
    for (CaseStep& step : record.steps) step.note.clear();
    const auto old_keys = index_keys(known.value_or(CaseRecord{}), event.stream);
    const auto new_keys = index_keys(record, event.stream);
    for (const std::string& old_key : old_keys)
      if (!new_keys.contains(old_key)) rows.erase(old_key);
    for (const std::string& new_key : new_keys)
      if (!old_keys.contains(new_key)) rows.put(new_key, {});
    rows.put(key, encode_row(record));
    return ok();
  }
};

Result<std::vector<CaseloadEntry>> entries_under(const ViewReader& view,
                                                 const std::string& prefix) {
  std::vector<CaseloadEntry> entries;
  CARTELLA_TRY(view.scan(prefix, [&](std::string_view key, std::string_view) -> Status {
    const auto stream = id_in_key<StreamId>(key, 1 + 16);
    CARTELLA_TRY(auto record, read_row<CaseRecord>(view, RowKey(kCase).id(stream).take()));
    if (!record) return fail(Errc::corrupt, "the caseload view names a case it does not hold");
    entries.push_back({stream, std::move(*record), false});
    return ok();
  }));
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.record.number, a.case_stream) < std::tie(b.record.number, b.case_stream);
  });
  return entries;
}

}  // namespace

Result<std::vector<CaseloadEntry>> caseload_of_operator(const Engine& engine,
                                                        const OperatorId& operator_id) {
  CARTELLA_TRY(const auto view, engine.view(kCaseloadView));
  CARTELLA_TRY(auto entries, entries_under(*view, RowKey(kOperator).id(operator_id).take()));
  for (CaseloadEntry& entry : entries)
    for (const CaseOperator& assigned : entry.record.operators)
      entry.responsible |= assigned.responsible && assigned.operator_id == operator_id;
  return entries;
}

Result<std::vector<CaseloadEntry>> caseload_of_sector(const Engine& engine, const UnitId& sector) {
  CARTELLA_TRY(const auto view, engine.view(kCaseloadView));
  return entries_under(*view, RowKey(kSector).id(sector).take());
}

Result<std::vector<CaseloadCount>> caseload_counts(const Engine& engine,
                                                   const PassedOver& passed_over) {
  CARTELLA_TRY(const auto view, engine.view(kCaseloadView));
  std::map<std::tuple<UnitId, OperatorId, CaseState>, std::uint64_t> counts;
  CARTELLA_TRY(view->scan(
      std::string(1, kCase), [&](std::string_view key, std::string_view value) -> Status {
        CARTELLA_TRY(const auto record, decode_row<CaseRecord>(value));
        const auto stream = id_in_key<StreamId>(key, 1);
        if (passed_over && passed_over(record.controller, record.subject, stream)) return ok();
        OperatorId responsible;
        for (const CaseOperator& assigned : record.operators)
          if (assigned.responsible) responsible = assigned.operator_id;
        ++counts[{record.sector, responsible, record.state}];
        return ok();
      }));
  std::vector<CaseloadCount> all;
  all.reserve(counts.size());
  for (const auto& [key, cases] : counts)
    all.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), cases});
  return all;
}

std::unique_ptr<Projection> make_caseload() { return std::make_unique<Caseload>(); }

}  // namespace cartella::projections
