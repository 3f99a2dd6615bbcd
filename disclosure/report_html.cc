#include "disclosure/report_html.h"

#include <fmt/format.h>

#include "disclosure/words.h"

namespace cartella::disclosure {

namespace {

// Colours have a contrast of at least 7:1 on their ground (WCAG 2.1 AAA).
constexpr std::string_view kStyle = R"css(
:root { color-scheme: light; }
body { font: 1rem/1.5 "Titillium Web", "DejaVu Sans", sans-serif; color: #17324d; background: #fff;
  max-width: 62rem; margin: 0 auto; padding: 0 1rem 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1.5rem 0 .25rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .5rem; border-bottom: 2px solid #0059b3;
  padding-bottom: .2rem; }
p { margin: .5rem 0; }
a { color: #004d99; }
.mark { background: #7a0b16; color: #fff; font-weight: 700; padding: .6rem 1rem; text-align: center;
  letter-spacing: .04em; }
.about { color: #3d4f60; margin: 0 0 1rem; }
nav ol { columns: 2; padding-left: 2rem; }
nav li { break-inside: avoid; margin: .15rem 0; }
.none { color: #3d4f60; }
table { border-collapse: collapse; width: 100%; margin: 1.25rem 0; font-size: .92rem; }
caption { text-align: left; font-weight: 700; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem;
  border-bottom: 1px solid #c5d1dc; overflow-wrap: anywhere; }
thead th { background: #e8eff6; border-bottom: 2px solid #8ba3ba; }
tbody th { font-weight: 600; width: 30%; }
.wide { font-size: .8rem; }
footer { margin-top: 3rem; color: #3d4f60; }
@page { size: A4; margin: 24mm 16mm 20mm;
  @top-center { content: "BOZZA – NON RILASCIABILE"; font: 700 10pt "DejaVu Sans", sans-serif;
    color: #7a0b16; border: 1.2pt solid #7a0b16; padding: 1.5mm 4mm; margin: 6mm 0 3mm; }
  @bottom-left { content: "Relazione sui dati personali"; font: 8pt "DejaVu Sans", sans-serif;
    color: #3d4f60; }
  @bottom-right { content: "pagina " counter(page) " di " counter(pages);
    font: 8pt "DejaVu Sans", sans-serif; color: #3d4f60; } }
@media print {
  body { font-size: 9.5pt; line-height: 1.4; max-width: none; padding: 0; }
  h1 { font-size: 19pt; } h2 { font-size: 13pt; margin-top: 8mm; break-after: avoid; }
  caption { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; }
  table { font-size: 8.5pt; margin: 4mm 0; } .wide { font-size: 7pt; }
  .wide th, .wide td { padding: .8mm 1mm; }
  .mark { display: none; } nav { break-after: page; } a { color: inherit; text-decoration: none; }
}
)css";

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\n': out += "<br>"; break;
      default:
        // Other control characters have no place in HTML.
        if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') out += c;
    }
  }
  return out;
}

std::string anchor(const Section& section) { return fmt::format("sezione-{:02}", section.number); }

void add_table(std::string& out, const ReportTable& table) {
  // A list of names and values is read row by row: its first column heads the row.
  const bool is_pairs = table.columns.size() == 2;
  out += table.columns.size() > 5 ? "<table class=\"wide\">" : "<table>";
  out += fmt::format("\n<caption>{}</caption>\n<thead><tr>", escaped(table.caption));
  for (const std::string& column : table.columns)
    out += fmt::format("<th scope=\"col\">{}</th>", escaped(column));
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      out += is_pairs && i == 0 ? fmt::format("<th scope=\"row\">{}</th>", escaped(row[i]))
                                : fmt::format("<td>{}</td>", escaped(row[i]));
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n";
}

void add_section(std::string& out, const Section& section) {
  out += fmt::format("<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}. {2}</h2>\n",
                     anchor(section), section.number, escaped(section.title));
  for (const std::string& paragraph : section.paragraphs)
    out += fmt::format("<p>{}</p>\n", escaped(paragraph));
  for (const ReportTable& table : section.tables) add_table(out, table);
  out += "</section>\n";
}

}  // namespace

std::string report_html(const Report& report) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"it\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n<title>{} – {}</title>\n<style>{}</style>\n</head>\n<body>\n",
      escaped(kDraftMark), escaped(report.title), kStyle);
  out += fmt::format("<header>\n<p class=\"mark\">{}</p>\n<h1>{}</h1>\n", escaped(kDraftMark),
                     escaped(report.title));
  out += fmt::format(
      "<p class=\"about\">{}. Richiesta {}. Quanto era registrato fino al {} (posizione {}).</p>\n"
      "</header>\n",
      escaped(report.controller), escaped(report.id), time_words(report.as_of), report.position);
  out += "<nav aria-label=\"Indice\">\n<h2>Indice</h2>\n<ol>\n";
  for (const Section& section : report.sections)
    out +=
        fmt::format("<li><a href=\"#{}\">{}</a>{}</li>\n", anchor(section), escaped(section.title),
                    section.has_data ? "" : " <span class=\"none\">(nessuno)</span>");
  out += "</ol>\n</nav>\n<main>\n";
  for (const Section& section : report.sections) add_section(out, section);
  out +=
      fmt::format("</main>\n<footer><p>{}</p></footer>\n</body>\n</html>\n", escaped(kDraftMark));
  return out;
}

}  // namespace cartella::disclosure
