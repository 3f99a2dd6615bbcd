#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "disclosure/package.h"
#include "disclosure/pdf.h"
#include "disclosure/report_data.h"
#include "disclosure/report_html.h"

namespace cartella::disclosure {
namespace {

Report sample(std::size_t rows = 3) {
  Report report;
  report.id = "0123";
  report.title = "Relazione";
  report.controller = "Comune <di> \"Prova\" & C.";
  Section full{1, "dati", "I dati", true, {"Una frase <b>."}, {}};
  ReportTable table{"righe", "Righe", {"Dato", "Valore"}, {"dato", "valore"}, {}};
  for (std::size_t i = 0; i < rows; ++i)
    table.rows.push_back({"riga " + std::to_string(i), i == 0 ? "=1+1" : "perché; \"sì\""});
  full.tables.push_back(table);
  report.sections = {full, {2, "nulla", "Niente", false, {"Nessuno."}, {}}};
  report.left_out.push_back({7, "Nota registrata", "testo riservato", "art. 15", "da valutare"});
  return report;
}

TEST(ReportHtml, EscapesWhatItShowsAndNeedsNothingFromOutside) {
  const std::string html = report_html(sample());
  EXPECT_NE(html.find("<html lang=\"it\">"), std::string::npos);
  EXPECT_NE(html.find("Comune &lt;di&gt; &quot;Prova&quot; &amp; C."), std::string::npos);
  EXPECT_NE(html.find("Una frase &lt;b&gt;."), std::string::npos);
  EXPECT_NE(html.find(kDraftMark), std::string::npos);
  for (const char* outside : {"<script", "http:", "https:", "src=", "url(", "@import", "<link"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  EXPECT_NE(html.find("<caption>Righe</caption>"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"col\">Dato</th>"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"row\">riga 1</th>"), std::string::npos);
}

TEST(ReportData, EveryFileSaysThatItIsADraft) {
  const Report report = sample();
  for (const Section& section : report.sections) {
    EXPECT_NE(section_json(section).find(kDraftMark), std::string::npos);
    EXPECT_NE(section_csv(section).find(kDraftMark), std::string::npos);
  }
  EXPECT_NE(left_out_json(report).find(kDraftMark), std::string::npos);
}

TEST(ReportData, JsonHasTheRowsAndSaysWhatIsEmpty) {
  const Report report = sample();
  const auto full = boost::json::parse(section_json(report.sections[0]));
  EXPECT_EQ(full.at("presenza").as_string(), "dati");
  EXPECT_EQ(full.at("tabelle").at(0).at("righe").at(2).at("valore").as_string(), "perché; \"sì\"");
  const auto empty = boost::json::parse(section_json(report.sections[1]));
  EXPECT_EQ(empty.at("presenza").as_string(), "nessuno");
}

TEST(ReportData, ASpreadsheetReadsNoFormula) {
  const std::string csv = section_csv(sample().sections[0]);
  EXPECT_NE(csv.find(";'=1+1\r\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\"perché; \"\"sì\"\"\""), std::string::npos) << csv;
}

TEST(Package, EqualFilesGiveEqualBytesAndAnotherFileOthers) {
  const PackageFiles files = {{"index.html", {1, 2, 3}}, {"data/01.csv", Bytes(5000, 7)}};
  const auto one = zip_files(files);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(as_text(one.value()).substr(0, 2), "PK");
  EXPECT_LT(one.value().size(), 1000u) << "it is compressed";
  EXPECT_EQ(one.value(), zip_files(files).value());
  EXPECT_NE(one.value(), zip_files({{"index.html", {1, 2, 4}}}).value());
}

// ---- PDF ----------------------------------------------------------------------------------------
std::filesystem::path new_file(const char* name, const std::string& content) {
  const std::filesystem::path path =
      std::filesystem::path(::testing::TempDir()) / (name + std::to_string(::getpid()));
  std::ofstream(path) << content;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(Pdf, TheDraftMarkStandsOnEveryPage) {
  const auto pdf = make_pdf(report_html(sample(300)));
  ASSERT_TRUE(pdf.has_value()) << pdf.error().detail;
  const std::filesystem::path file = new_file("report.pdf", std::string(as_text(pdf.value())));
  const std::string text = file.string() + ".txt";
  ASSERT_EQ(std::system(("pdftotext -layout " + file.string() + " " + text).c_str()), 0);
  std::ifstream in(text);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  std::size_t pages = 0;
  std::size_t start = 0;
  for (std::size_t end = 0; (end = all.find('\f', start)) != std::string::npos; start = end + 1) {
    ++pages;
    EXPECT_NE(all.substr(start, end - start).find(kDraftMark), std::string::npos) << pages;
  }
  EXPECT_GT(pages, 5u);
  std::filesystem::remove(file);
  std::filesystem::remove(text);
}

TEST(Pdf, EqualPagesGiveEqualBytes) {
  const std::string html = report_html(sample());
  EXPECT_EQ(make_pdf(html).value(), make_pdf(html).value());
}

PdfOptions shell(const char* script) {
  PdfOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  return options;
}

TEST(Pdf, TheChildHasNoOtherDescriptorNoPrivilegesAndALeanEnvironment) {
  const int leaked = ::dup(0);
  const auto answer = make_pdf(
      "",
      shell(
          "printf %%PDF-; ls /proc/self/fd | wc -l; env | sort; grep NoNewPrivs "
          "/proc/self/status; (echo a page > /dev/shm/cartella-child) 2>/dev/null; printf wrote=; "
          "cat /dev/shm/cartella-child 2>/dev/null | wc -c"));
  ::close(leaked);
  ASSERT_TRUE(answer.has_value()) << answer.error().detail;
  const std::string text(as_text(answer.value()));
  EXPECT_EQ(text.find("%PDF-4\n"), 0u) << text;  // three, and the one that ls itself opened
  EXPECT_NE(text.find("HOME=/nonexistent\n"), std::string::npos);
  EXPECT_EQ(text.find("USER="), std::string::npos) << text;
  EXPECT_NE(text.find("NoNewPrivs:\t1"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("wrote=4\n") || text.ends_with("wrote=0\n")) << text;
  std::filesystem::remove("/dev/shm/cartella-child");
}

TEST(Pdf, AMissingFailingSlowOrTalkativeProgramIsRefused) {
  PdfOptions missing;
  missing.program = "/nonexistent/weasyprint";
  EXPECT_EQ(make_pdf("", missing).error().code, Errc::unavailable);
  EXPECT_EQ(make_pdf("", shell("printf %%PDF-; exit 3")).error().code, Errc::unavailable);
  EXPECT_EQ(make_pdf("", shell("echo something else")).error().code, Errc::unavailable);
  PdfOptions slow = shell("printf %%PDF-; sleep 60");
  slow.timeout = std::chrono::milliseconds(200);
  EXPECT_EQ(make_pdf("", slow).error().code, Errc::unavailable);
  PdfOptions talkative = shell("printf %%PDF-; cat /dev/zero");
  talkative.pdf_bytes_max = 1 << 20;
  EXPECT_EQ(make_pdf("", talkative).error().code, Errc::unavailable);
}

TEST(Pdf, AProgramThatDoesNotReadItsInputEndsAsItWill) {
  const std::string large(8u << 20, 'x');
  EXPECT_TRUE(make_pdf(large, shell("printf %%PDF-")).has_value());
}

}  // namespace
}  // namespace cartella::disclosure
