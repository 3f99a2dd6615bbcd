// The question of a published report is asked again exactly as it was.
#include "ops/published_reports.h"

#include <gtest/gtest.h>

namespace cartella::ops {
namespace {

TEST(PublishedReports, AQuestionIsReadBackAsItWasWritten) {
  projections::ReportQuery query;
  query.name = "accesses";
  query.zone = "7";
  query.comune = "E256";
  query.office = "15a6d3bb47a28f12a184c8a79e5df2b1";
  query.from = parse_iso_date("2025-01-01").value();
  query.at = parse_iso_date("2025-12-31").value();
  query.group_by = {"office", "month"};
  const auto read = parse_query(query_text(query));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read.value().name, query.name);
  EXPECT_EQ(read.value().zone, query.zone);
  EXPECT_EQ(read.value().comune, query.comune);
  EXPECT_EQ(read.value().office, query.office);
  EXPECT_EQ(read.value().from, query.from);
  EXPECT_EQ(read.value().to, query.to);
  EXPECT_EQ(read.value().at, query.at);
  EXPECT_EQ(read.value().group_by, query.group_by);
}

TEST(PublishedReports, AQuestionThatWasNotWrittenHereIsRefused) {
  for (const char* text : {"", "{", "[]", R"({"name": 1})", R"({"from": "ieri"})",
                           R"({"group_by": "month"})", R"({"group_by": [1]})"})
    EXPECT_EQ(parse_query(text).error().code, Errc::invalid_input) << text;
}

TEST(PublishedReports, FiguresAreToldApartBySectionAndKey) {
  projections::Report report;
  report.sections.push_back({"needs", "Bisogni", {"Voce", "Numero"}, {}, {}});
  report.sections[0].rows = {{"casa\tlavoro", {"casa"}, 3}, {"casa", {"casa"}, 2}};
  const Figures figures = figures_of(report);
  EXPECT_EQ(figures.at({"needs", "casa lavoro"}), 3);
  EXPECT_EQ(figures.at({"needs", "casa"}), 2);
}

}  // namespace
}  // namespace cartella::ops
