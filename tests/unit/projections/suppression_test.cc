#include "projections/suppression.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace cartella::projections {
namespace {

UnitId unit_of(std::uint8_t n) {
  UnitId id;
  id.bytes[15] = n;
  return id;
}

// Two zones; the first has comuni A, B and C, the second D and E.
Organisation two_zones() {
  Organisation all;
  all.zones[unit_of(1)] = {"Zona 1", "1"};
  all.zones[unit_of(2)] = {"Zona 2", "2"};
  for (std::uint8_t i = 0; i < 5; ++i) {
    Ente ente;
    ente.name = std::string(1, static_cast<char>('A' + i));
    ente.zone = unit_of(i < 3 ? 1 : 2);
    all.enti[unit_of(static_cast<std::uint8_t>(10 + i))] = ente;
  }
  return all;
}

ReportSection section_of(std::string name, const std::map<std::string, std::int64_t>& cells) {
  ReportSection section;
  section.name = std::move(name);
  section.columns = {"Voce", "Casi"};
  for (const auto& [label, value] : cells) section.rows.push_back({label, {label}, value});
  return section;
}

std::map<std::string, ReportRow> rows_of(const ReportSection& section) {
  std::map<std::string, ReportRow> rows;
  for (const ReportRow& row : section.rows) rows[row.key] = row;
  return rows;
}

// What somebody can compute who knows the sum of a line: how many of its cells are hidden, and what
// those count together.
struct Line {
  std::size_t hidden = 0;
  std::int64_t sum = 0;
};
Line hidden_line(const ReportSection& shown, const std::map<std::string, std::int64_t>& truth,
                 const std::vector<std::string>& members) {
  Line line;
  for (const ReportRow& row : shown.rows)
    if (row.suppressed && std::find(members.begin(), members.end(), row.key) != members.end()) {
      ++line.hidden;
      line.sum += truth.at(row.key);
    }
  return line;
}

TEST(Suppression, RE03_HidesCountsBelowFiveAndShowsTheOthers) {
  Report report;
  report.sections.push_back(
      section_of("cases_by_state", {{"x", 3}, {"y", 50}, {"z", 2}, {"n", 0}}));

  const auto rows = rows_of(suppress_small_cells(report, two_zones()).sections[0]);

  EXPECT_TRUE(rows.at("x").suppressed);
  EXPECT_EQ(rows.at("x").value, 0);
  EXPECT_TRUE(rows.at("z").suppressed);
  EXPECT_FALSE(rows.at("y").suppressed);
  EXPECT_EQ(rows.at("y").value, 50);
  EXPECT_FALSE(rows.at("n").suppressed);
}

TEST(Suppression, RE03_HidesASecondCellWhereTheSumWouldGiveTheFirstBack) {
  Report report;
  report.sections.push_back(section_of("cases_by_state", {{"x", 3}, {"y", 50}, {"z", 20}}));

  const auto rows = rows_of(suppress_small_cells(report, two_zones()).sections[0]);

  EXPECT_TRUE(rows.at("x").suppressed);
  EXPECT_TRUE(rows.at("z").suppressed);  // the smallest of the others
  EXPECT_FALSE(rows.at("y").suppressed);
}

TEST(Suppression, RE03_HidesTheSpendingOfARowWhoseCountIsHidden) {
  Report report;
  report.sections.push_back(section_of("deliveries_by_comune", {{"A", 2}, {"B", 9}, {"C", 40}}));
  auto money = section_of("spend_cents_by_comune", {{"A", 100}, {"B", 200}, {"C", 300}});
  money.measure = Measure::cents;
  report.sections.push_back(money);

  const auto rows = rows_of(suppress_small_cells(report, two_zones()).sections[1]);

  EXPECT_TRUE(rows.at("A").suppressed);
  EXPECT_TRUE(rows.at("B").suppressed);
  EXPECT_FALSE(rows.at("C").suppressed);
}

// The zones' table and the comuni's together, with the whole known from elsewhere.
RC_GTEST_PROP(SuppressionProperty, RE03_NoSumOfALineGivesASmallCellBack, ()) {
  const std::vector<std::string> comuni{"A", "B", "C", "D", "E"};
  std::map<std::string, std::int64_t> by_comune;
  for (const std::string& comune : comuni) by_comune[comune] = *rc::gen::inRange(0, 30);
  const std::map<std::string, std::int64_t> by_zone{
      {"Zona 1", by_comune["A"] + by_comune["B"] + by_comune["C"]},
      {"Zona 2", by_comune["D"] + by_comune["E"]}};
  Report report;
  report.sections.push_back(section_of("cases_by_comune", by_comune));
  report.sections.push_back(section_of("cases_by_zone", by_zone));

  const Report shown = suppress_small_cells(report, two_zones());

  for (const ReportSection& section : shown.sections)
    for (const ReportRow& row : section.rows)
      RC_ASSERT(row.suppressed || row.value == 0 || row.value >= kSmallestShown);
  // A line is safe when nothing is hidden, when at least two cells are that count five together, or
  // when all that is not zero is hidden: then its sum is hidden, or small and hidden with it.
  const auto is_safe = [](const Line& line, std::int64_t sum, std::int64_t shown_sum) {
    return line.hidden == 0 || (line.hidden >= 2 && line.sum >= kSmallestShown) ||
           (shown_sum == 0 && sum == line.sum);
  };
  const auto shown_sum_of = [&](const std::vector<std::string>& members) {
    std::int64_t sum = 0;
    for (const ReportRow& row : shown.sections[0].rows)
      if (!row.suppressed && std::find(members.begin(), members.end(), row.key) != members.end())
        sum += row.value;
    return sum;
  };
  const auto zones = rows_of(shown.sections[1]);
  const std::vector<std::pair<std::string, std::vector<std::string>>> lines{
      {"Zona 1", {"A", "B", "C"}}, {"Zona 2", {"D", "E"}}};
  for (const auto& [zone, members] : lines) {
    const Line line = hidden_line(shown.sections[0], by_comune, members);
    RC_ASSERT(is_safe(line, by_zone.at(zone), shown_sum_of(members)));
    // A zone that is hidden cannot be summed from its comuni.
    if (zones.at(zone).suppressed) RC_ASSERT(line.hidden > 0 || by_zone.at(zone) == 0);
  }
}

}  // namespace
}  // namespace cartella::projections
