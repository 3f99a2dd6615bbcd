#include "disclosure/report_data.h"

#include <boost/json.hpp>

namespace cartella::disclosure {

namespace {

std::string csv_cell(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text.insert(text.begin(), '\'');
  if (text.find_first_of(";\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void add_csv_row(std::string& out, const std::string& first, const std::string& second,
                 const std::vector<std::string>& cells) {
  out += csv_cell(first) + ";" + csv_cell(second);
  for (const std::string& cell : cells) out += ";" + csv_cell(cell);
  out += "\r\n";
}

boost::json::object json_table(const ReportTable& table) {
  boost::json::object columns;
  for (std::size_t i = 0; i < table.keys.size(); ++i) columns[table.keys[i]] = table.columns[i];
  boost::json::array rows;
  for (const auto& row : table.rows) {
    boost::json::object object;
    for (std::size_t i = 0; i < row.size(); ++i) object[table.keys[i]] = row[i];
    rows.push_back(std::move(object));
  }
  return {{"chiave", table.key},
          {"titolo", table.caption},
          {"colonne", std::move(columns)},
          {"righe", std::move(rows)}};
}

}  // namespace

std::string section_json(const Section& section) {
  boost::json::array text;
  for (const std::string& paragraph : section.paragraphs)
    text.emplace_back(boost::json::string(paragraph));
  boost::json::array tables;
  for (const ReportTable& table : section.tables) tables.push_back(json_table(table));
  const boost::json::object object = {{"stato", kDraftMark},
                                      {"sezione", section.number},
                                      {"codice", section.code},
                                      {"titolo", section.title},
                                      {"presenza", section.has_data ? "dati" : "nessuno"},
                                      {"testo", std::move(text)},
                                      {"tabelle", std::move(tables)}};
  return boost::json::serialize(object) + "\n";
}

std::string section_csv(const Section& section) {
  const std::string mark(kDraftMark);
  std::string out;
  for (const ReportTable& table : section.tables) {
    if (!out.empty()) out += "\r\n";
    add_csv_row(out, "stato", "tabella", table.columns);
    for (const auto& row : table.rows) add_csv_row(out, mark, table.key, row);
  }
  if (!out.empty()) return out;
  add_csv_row(out, "stato", "tabella", {"testo"});
  for (const std::string& paragraph : section.paragraphs)
    add_csv_row(out, mark, section.code, {paragraph});
  return out;
}

std::string left_out_json(const Report& report) {
  boost::json::array all;
  for (const LeftOut& one : report.left_out)
    all.push_back(boost::json::object{{"posizione", one.position},
                                      {"elemento", one.kind},
                                      {"motivo", one.reason},
                                      {"articolo", one.article},
                                      {"decisione", one.decision}});
  const boost::json::object object = {{"stato", kDraftMark}, {"omissioni", std::move(all)}};
  return boost::json::serialize(object) + "\n";
}

}  // namespace cartella::disclosure
