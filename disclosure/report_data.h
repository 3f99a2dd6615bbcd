// disclosure/report_data.h: sections of a report for machines: JSON, and CSV for spreadsheets.
//
// Every file says that it is a draft. CSV is UTF-8 with semicolons; a cell that a spreadsheet would
// take for a formula starts with an apostrophe. Threads: free functions.
#pragma once

#include <string>

#include "disclosure/report.h"

namespace cartella::disclosure {

// {"stato", "sezione", "codice", "titolo", "presenza": "dati"|"nessuno", "testo": [...],
//  "tabelle": [{"chiave", "titolo", "colonne": {...}, "righe": [{...}]}]}
std::string section_json(const Section& section);
// One block a table, parted by an empty line; the first two columns are the draft mark and the
// table. A section without tables has its paragraphs as rows of `testo`.
std::string section_csv(const Section& section);
// What was left out, without its content.
std::string left_out_json(const Report& report);

}  // namespace cartella::disclosure
