// What programs read from standard output: CSV and JSON of one table and of several.
#include "ops/output.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cartella::ops {
namespace {

Table table_named(const std::string& name) {
  return {name, "Titolo", {"Voce", "Quanti"}, {"name", "count"}, {{std::string("a;b"), 2}}};
}

std::string printed(const std::vector<Table>& tables, Format format) {
  std::ostringstream to;
  print_tables(to, tables, format);
  return to.str();
}

TEST(Output, ASingleTableIsPlainCsv) {
  EXPECT_EQ(printed({table_named("cards")}, Format::csv), "Voce;Quanti\r\n\"a;b\";2\r\n");
}

TEST(Output, EachRowOfSeveralCsvTablesNamesItsSection) {
  EXPECT_EQ(printed({table_named("cards"), table_named("cases")}, Format::csv),
            "sezione;Voce;Quanti\r\ncards;\"a;b\";2\r\n"
            "\r\n"
            "sezione;Voce;Quanti\r\ncases;\"a;b\";2\r\n");
}

TEST(Output, AnEmptySectionStillShowsItsHeading) {
  Table empty = table_named("cases");
  empty.rows.clear();
  EXPECT_EQ(printed({table_named("cards"), empty}, Format::csv),
            "sezione;Voce;Quanti\r\ncards;\"a;b\";2\r\n\r\nsezione;Voce;Quanti\r\n");
}

TEST(Output, ACellThatASpreadsheetWouldRunIsDisarmed) {
  Table table = table_named("cards");
  table.rows = {{std::string("=1+1"), -3}};
  EXPECT_EQ(printed({table}, Format::csv), "Voce;Quanti\r\n'=1+1;-3\r\n");
}

TEST(Output, JsonKeepsSectionsAndNumbers) {
  EXPECT_EQ(printed({table_named("cards"), table_named("cases")}, Format::json),
            R"({"cards":[{"name":"a;b","count":2}],"cases":[{"name":"a;b","count":2}]})"
            "\n");
}

}  // namespace
}  // namespace cartella::ops
