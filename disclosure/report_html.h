// disclosure/report_html.h: a report as one accessible HTML page, for the screen and for print.
//
// No script, no external resource: it opens offline, and the child that makes the PDF has nothing
// to fetch. Headings in order, tables with caption and scope, the draft mark on every printed page.
// Threads: free functions.
#pragma once

#include <string>

#include "disclosure/report.h"

namespace cartella::disclosure {

// UTF-8, lang=it.
std::string report_html(const Report& report);

}  // namespace cartella::disclosure
