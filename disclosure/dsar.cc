#include "disclosure/dsar.h"

#include <algorithm>

#include "disclosure/dsar_parts.h"

namespace cartella::disclosure {

SectionBuilder::SectionBuilder(int number, const char* code, const char* title) {
  x_section.number = number;
  x_section.code = code;
  x_section.title = title;
}

SectionBuilder& SectionBuilder::say(std::string paragraph) {
  x_section.paragraphs.push_back(std::move(paragraph));
  return *this;
}

SectionBuilder& SectionBuilder::table(ReportTable table) {
  if (table.rows.empty()) return say(table.caption + ": nessuno.");
  x_section.has_data = true;
  x_section.tables.push_back(std::move(table));
  return *this;
}

Section SectionBuilder::finish(const std::string& nothing) {
  if (!x_section.has_data)
    x_section.paragraphs.insert(x_section.paragraphs.begin(),
                                nothing.empty() ? std::string("Nessuno.") : nothing);
  return std::move(x_section);
}

Result<Report> make_dsar(const DsarSources& sources, const DsarQuery& query) {
  CARTELLA_TRY(const Gathered all, gather(sources, query));
  const std::string& origin = sources.log_origin;
  Report report;
  report.id = query.request.hex();
  report.title = "Relazione sui dati personali di una persona";
  report.controller = controller_words(all.words(), all.person.controller);
  report.log_origin = origin;
  report.position = all.end;
  report.as_of = all.as_of;
  report.request_event = all.request.position;
  report.sections = {cover_section(all),      confirmation_section(all, origin),
                     purposes_section(all),   categories_section(all),
                     recipients_section(all), retention_section(all),
                     rights_section(),        complaint_section(),
                     sources_section(all),    decisions_section(all),
                     data_section(all),       accesses_section(all),
                     requests_section(all),   left_out_section(all),
                     code_lists_section(all), manifest_section(all, origin)};
  report.left_out = all.left_out;
  for (const HistoryEntry& entry : all.entries) {
    report.events.push_back(entry.position);
    if (std::find(report.streams.begin(), report.streams.end(), entry.stream) ==
        report.streams.end())
      report.streams.push_back(entry.stream);
  }
  return report;
}

}  // namespace cartella::disclosure
