// disclosure/pdf.h: HTML to PDF by WeasyPrint, in a child process that can reach nothing.
//
// The child gets the page on its standard input and answers on its standard output; personal data
// never lie in a file. It starts with a minimal environment, no descriptor but those two, no new
// privileges, no network where the system allows a namespace of its own, and limits on CPU time and
// memory; no file that it writes may hold more than four bytes. A deadline and a bound on the
// answer hold whatever it does. Threads: any; the call blocks. Only async-signal-safe work is done
// between fork and exec.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::disclosure {

struct PdfOptions {
  std::filesystem::path program = "/usr/bin/weasyprint";
  std::vector<std::string> arguments = {"-q", "--pdf-variant", "pdf/ua-1", "-", "-"};
  std::chrono::milliseconds timeout{60'000};
  std::size_t pdf_bytes_max = 64u << 20;
  std::size_t memory_bytes_max = 2u << 30;  // of address space; 300 pages took 0.6 GiB
  unsigned cpu_seconds_max = 60;
};

// unavailable: the program is missing, failed, took too long or answered too much; io: no process
// or pipe could be made. Nothing of the page stands in an error.
Result<Bytes> make_pdf(std::string_view html, const PdfOptions& options = {});

}  // namespace cartella::disclosure
