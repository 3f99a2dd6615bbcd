#include "schema/code_lists.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/check.h"

namespace cartella::schema {

extern const std::string_view k_comuni_csv;
extern const std::string_view k_states_csv;
extern const std::string_view k_citizenships_csv;
extern const std::string_view k_benefits_csv;
extern const std::string_view k_lists_csv;

namespace {

constexpr std::size_t kColumnsMax = 8;
using Row = std::array<std::string_view, kColumnsMax>;

// The lists are our own and hold no quotes, so a split is enough; a malformed one is our bug. Lines
// that start with # say what the source does not give.
template <class Each>
void each_row(std::string_view text, std::size_t columns, Each each) {
  bool header = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line.front() == '#' || std::exchange(header, false)) continue;
    Row row;
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t cut = line.find(';');
      CHECK((cut == std::string_view::npos) == (i + 1 == columns));
      row[i] = line.substr(0, cut);
      line = cut == std::string_view::npos ? std::string_view{} : line.substr(cut + 1);
    }
    each(row);
  }
}

Validity validity(std::string_view from, std::string_view to) {
  Validity result;
  if (!from.empty()) {
    auto date = parse_compact_date(from);
    CHECK(date.has_value());
    result.from = date.value();
  }
  if (!to.empty()) {
    auto date = parse_compact_date(to);
    CHECK(date.has_value());
    result.to = date.value();
  }
  return result;
}

struct ComuniTable {
  std::vector<Comune> by_belfiore;
  std::vector<std::uint32_t> by_istat;  // indices, ordered by ISTAT code
};

ComuniTable load_comuni() {
  ComuniTable table;
  table.by_belfiore.reserve(20000);
  each_row(k_comuni_csv, 7, [&](const Row& r) {
    table.by_belfiore.push_back({r[0], r[1], r[2], r[3], validity(r[4], r[5]), r[6]});
  });
  std::stable_sort(
      table.by_belfiore.begin(), table.by_belfiore.end(), [](const Comune& a, const Comune& b) {
        return std::tie(a.belfiore, a.validity.from) < std::tie(b.belfiore, b.validity.from);
      });
  for (std::uint32_t i = 0; i < table.by_belfiore.size(); ++i)
    if (!table.by_belfiore[i].istat.empty()) table.by_istat.push_back(i);
  std::stable_sort(table.by_istat.begin(), table.by_istat.end(), [&](auto a, auto b) {
    return table.by_belfiore[a].istat < table.by_belfiore[b].istat;
  });
  return table;
}

const ComuniTable& comuni_table() {
  static const ComuniTable table = load_comuni();
  return table;
}

// The rows whose key is that value, of rows that are sorted by it. Two searches, for clang 14 does
// not compile the range that std::ranges::equal_range returns in this library.
template <class T, class Value, class Key>
std::span<const T> rows_of(std::span<const T> all, const Value& value, Key key) {
  const auto first = std::ranges::lower_bound(all, value, {}, key);
  return {first, std::ranges::upper_bound(first, all.end(), value, {}, key)};
}
template <class T, class Value, class Key>
std::span<const T> rows_of(const std::vector<T>& all, const Value& value, Key key) {
  return rows_of(std::span<const T>(all), value, key);
}

template <class T>
const T* valid_at(std::span<const T> rows, Date at) {
  for (const T& row : rows)
    if (row.validity.covers(at)) return &row;
  return nullptr;
}

std::vector<ForeignState> load_states() {
  std::vector<ForeignState> rows;
  each_row(k_states_csv, 6, [&](const Row& r) {
    rows.push_back({r[0], r[1], r[2], validity(r[3], r[4]), r[5]});
  });
  std::ranges::stable_sort(rows, {}, &ForeignState::belfiore);
  return rows;
}

std::vector<BenefitCode> load_benefits() {
  std::vector<BenefitCode> rows;
  each_row(k_benefits_csv, 8, [&](const Row& r) {
    rows.push_back({r[0], r[1], r[2], r[3] == "1", r[4] == "1", validity(r[5], r[6]), r[7]});
  });
  std::ranges::stable_sort(rows, {}, &BenefitCode::code);
  return rows;
}

constexpr std::array<std::pair<std::string_view, CodeList>, 14> kListNames = {{
    {"sex", CodeList::sex},
    {"civil_status", CodeList::civil_status},
    {"citizenship", CodeList::citizenship},
    {"case_state", CodeList::case_state},
    {"card_mode", CodeList::card_mode},
    {"card_motive", CodeList::card_motive},
    {"card_interlocutor", CodeList::card_interlocutor},
    {"social_category", CodeList::social_category},
    {"in_charge", CodeList::in_charge},
    {"benefit_character", CodeList::benefit_character},
    {"beneficiary", CodeList::beneficiary},
    {"user_area", CodeList::user_area},
    {"kinship", CodeList::kinship},
    {"means_test", CodeList::means_test},
}};

CodeList list_named(std::string_view name) {
  const auto* const at =
      std::ranges::find(kListNames, name, &std::pair<std::string_view, CodeList>::first);
  CHECK(at != kListNames.end());
  return at->second;
}

std::vector<Code> load_codes() {
  std::vector<Code> rows;
  each_row(k_lists_csv, 6, [&](const Row& r) {
    rows.push_back({list_named(r[0]), r[1], r[2], validity(r[3], r[4]), r[5]});
  });
  each_row(k_citizenships_csv, 6, [&](const Row& r) {
    rows.push_back({CodeList::citizenship, r[0], r[2], validity(r[3], r[4]), r[5]});
  });
  std::ranges::stable_sort(rows, [](const Code& a, const Code& b) {
    return std::tie(a.list, a.code) < std::tie(b.list, b.code);
  });
  return rows;
}

const std::vector<ForeignState>& states_table() {
  static const std::vector<ForeignState> rows = load_states();
  return rows;
}
const std::vector<BenefitCode>& benefits_table() {
  static const std::vector<BenefitCode> rows = load_benefits();
  return rows;
}
const std::vector<Code>& codes_table() {
  static const std::vector<Code> rows = load_codes();
  return rows;
}

// The row valid on that day, or the nearest before it, or the first.
template <class T>
const T* nearest(std::span<const T> rows, Date at) {
  if (rows.empty()) return nullptr;
  const T* best = &rows.front();
  for (const T& row : rows)
    if (row.validity.from <= at) best = &row;
  return best;
}

}  // namespace

std::span<const Comune> comune_history(std::string_view belfiore) {
  return rows_of(comuni_table().by_belfiore, belfiore, &Comune::belfiore);
}

const Comune* find_comune(std::string_view belfiore, Date at) {
  return valid_at(comune_history(belfiore), at);
}

const Comune* find_comune_by_istat(std::string_view istat, Date at) {
  const ComuniTable& table = comuni_table();
  const auto istat_of = [&](std::uint32_t i) { return table.by_belfiore[i].istat; };
  for (const std::uint32_t i : rows_of(table.by_istat, istat, istat_of))
    if (table.by_belfiore[i].validity.covers(at)) return &table.by_belfiore[i];
  return nullptr;
}

const ForeignState* find_state(std::string_view belfiore, Date at) {
  return valid_at(rows_of(states_table(), belfiore, &ForeignState::belfiore), at);
}

const BenefitCode* find_benefit_code(std::string_view code, Date at) {
  return valid_at(rows_of(benefits_table(), code, &BenefitCode::code), at);
}

const Code* find_code(CodeList list, std::string_view code, Date at) {
  return valid_at(rows_of(codes(list), code, &Code::code), at);
}

std::string_view place_name(std::string_view belfiore, Date at) {
  if (const Comune* comune = nearest(comune_history(belfiore), at)) return comune->name;
  const auto rows = rows_of(states_table(), belfiore, &ForeignState::belfiore);
  if (const ForeignState* state = nearest(rows, at)) return state->name;
  return {};
}

std::span<const Comune> comuni() { return comuni_table().by_belfiore; }
std::span<const ForeignState> states() { return states_table(); }
std::span<const BenefitCode> benefit_codes() { return benefits_table(); }
std::span<const Code> codes(CodeList list) { return rows_of(codes_table(), list, &Code::list); }

}  // namespace cartella::schema
