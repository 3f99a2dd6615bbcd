#include "projections/suppression.h"

#include <algorithm>
#include <map>
#include <set>

namespace cartella::projections {

namespace {

// Coordinates of a row: one value for each dimension of the section.
using Coordinates = std::vector<std::string>;

struct Cell {
  ReportRow* row;
  Coordinates at;
};

std::vector<Cell> cells_of(ReportSection& section) {
  std::vector<Cell> cells;
  for (ReportRow& row : section.rows) cells.push_back({&row, row.labels});
  return cells;
}

// Makes one line safe. True where something more was hidden.
bool protect(const std::vector<Cell*>& line) {
  std::int64_t hidden_sum = 0;
  std::size_t hidden = 0;
  std::vector<Cell*> shown;
  for (Cell* cell : line) {
    if (cell->row->suppressed) {
      hidden_sum += cell->row->value;
      ++hidden;
    } else if (cell->row->value != 0) {
      shown.push_back(cell);
    }
  }
  if (hidden == 0 || (hidden >= 2 && hidden_sum >= kSmallestShown)) return false;
  std::stable_sort(shown.begin(), shown.end(),
                   [](const Cell* a, const Cell* b) { return a->row->value < b->row->value; });
  bool changed = false;
  for (Cell* cell : shown) {
    if (hidden >= 2 && hidden_sum >= kSmallestShown) break;
    cell->row->suppressed = changed = true;
    hidden_sum += cell->row->value;
    ++hidden;
  }
  return changed;
}

// Lines along one axis: all coordinates but that one are the same, and what lies on it belongs to
// the same whole (`group_of`: the zone of a comune), whose sum another table shows.
template <class GroupOf>
bool protect_axis(std::vector<Cell>& cells, std::size_t axis, const GroupOf& group_of) {
  std::map<Coordinates, std::vector<Cell*>> lines;
  for (Cell& cell : cells) {
    Coordinates line = cell.at;
    line[axis] = group_of(cell.at[axis]);
    lines[line].push_back(&cell);
  }
  bool changed = false;
  for (auto& [at, line] : lines) changed = protect(line) || changed;
  return changed;
}

// Where two offices or comuni have one name, they count as one group: more is then hidden.
std::map<std::string, std::string> groups_of(const Organisation& names) {
  std::map<std::string, std::string> groups;
  for (const auto& [id, ente] : names.enti) {
    const auto zone = names.zones.find(ente.zone);
    if (zone != names.zones.end()) groups[ente.name] = "zone/" + zone->second.name;
  }
  for (const auto& [id, office] : names.offices) {
    const auto ente = names.enti.find(office.ente);
    if (ente != names.enti.end()) groups[office.name] = "ente/" + ente->second.name;
  }
  for (const auto& [id, sector] : names.sectors) {
    const auto ente = names.enti.find(sector.ente);
    if (ente != names.enti.end()) groups[sector.name] = "ente/" + ente->second.name;
  }
  return groups;
}

// What a hidden whole leaves: of its parts, too, something is hidden, or their sum would tell it.
void hide_parts(std::vector<Cell>& cells, std::size_t axis,
                const std::map<std::string, std::string>& groups,
                const std::set<std::string>& hidden_wholes) {
  std::map<Coordinates, std::vector<Cell*>> lines;
  for (Cell& cell : cells) {
    const auto group = groups.find(cell.at[axis]);
    if (group == groups.end() || !hidden_wholes.contains(group->second)) continue;
    Coordinates line = cell.at;
    line[axis] = group->second;
    lines[line].push_back(&cell);
  }
  for (auto& [at, line] : lines) {
    const bool is_open = std::none_of(line.begin(), line.end(),
                                      [](const Cell* cell) { return cell->row->suppressed; });
    if (!is_open) continue;
    const auto smallest = std::min_element(
        line.begin(), line.end(), [](auto* a, auto* b) { return a->row->value < b->row->value; });
    (*smallest)->row->suppressed = true;
  }
}

void protect_section(ReportSection& section, const std::map<std::string, std::string>& groups,
                     const std::set<std::string>& hidden_wholes) {
  std::vector<Cell> cells = cells_of(section);
  if (cells.empty()) return;
  const std::size_t axes = cells.front().at.size();
  const auto whole = [](const std::string&) { return std::string(); };
  const auto part_of = [&](const std::string& value) {
    const auto at = groups.find(value);
    return at != groups.end() ? at->second : std::string();
  };
  for (std::size_t axis = 0; axis < axes; ++axis) hide_parts(cells, axis, groups, hidden_wholes);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t axis = 0; axis < axes; ++axis) {
      changed = protect_axis(cells, axis, part_of) || changed;
      changed = protect_axis(cells, axis, whole) || changed;
    }
  }
}

// Zones and enti of which the section hides the number.
void collect_hidden(const ReportSection& section, std::set<std::string>& to) {
  for (const ReportRow& row : section.rows) {
    if (!row.suppressed) continue;
    for (const std::string& label : row.labels) {
      to.insert("zone/" + label);
      to.insert("ente/" + label);
    }
  }
}

// "spend_cents_by_comune" has the rows of "deliveries_by_comune".
std::string counts_of(const std::string& money_section) {
  const std::size_t by = money_section.find("_by_");
  return by == std::string::npos ? std::string() : "deliveries" + money_section.substr(by);
}

void hide_money(const ReportSection& counts, ReportSection& money) {
  std::set<std::string> hidden;
  for (const ReportRow& row : counts.rows)
    if (row.suppressed) hidden.insert(row.key);
  for (ReportRow& row : money.rows)
    if (hidden.contains(row.key)) row.suppressed = true;
}

int depth_of(const ReportSection& section) {
  if (section.name.find("zone") != std::string::npos) return 0;
  if (section.name.find("comune") != std::string::npos) return 1;
  return 2;
}

}  // namespace

Report suppress_small_cells(Report report, const Organisation& names) {
  const auto groups = groups_of(names);
  std::vector<ReportSection*> sections;
  for (ReportSection& section : report.sections) {
    if (section.measure != Measure::count) continue;
    for (ReportRow& row : section.rows)
      row.suppressed = row.value > 0 && row.value < kSmallestShown;
    sections.push_back(&section);
  }
  // Wholes before their parts.
  std::stable_sort(sections.begin(), sections.end(),
                   [](const auto* a, const auto* b) { return depth_of(*a) < depth_of(*b); });
  std::set<std::string> hidden_wholes;
  for (ReportSection* section : sections) {
    protect_section(*section, groups, hidden_wholes);
    collect_hidden(*section, hidden_wholes);
  }
  for (ReportSection& money : report.sections) {
    if (money.measure != Measure::cents) continue;
    for (const ReportSection& counts : report.sections)
      if (counts.name == counts_of(money.name)) hide_money(counts, money);
  }
  for (ReportSection& section : report.sections)
    for (ReportRow& row : section.rows)
      if (row.suppressed) row.value = 0;
  return report;
}

}  // namespace cartella::projections
