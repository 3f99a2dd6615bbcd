// The texts about the interface that travel inside the binary.
#include "api/documents.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace cartella::api {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream in(std::string(CARTELLA_SOURCE_DIR) + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Documents, TheServedDocumentIsTheFileByteForByte) {
  EXPECT_EQ(openapi_document(), file_text("/api/openapi.yaml"));
  EXPECT_EQ(documentation_style(), file_text("/api/page.css"));
}

TEST(Documents, ThePageTellsOfEveryOperation) {
  const std::string_view document = openapi_document();
  const std::string_view page = documentation_page();
  std::size_t operations = 0;
  constexpr std::string_view kMark = "operationId: ";
  for (std::size_t at = document.find(kMark); at != std::string_view::npos;
       at = document.find(kMark, at + 1)) {
    const std::size_t begin = at + kMark.size();
    const std::string name(document.substr(begin, document.find('\n', begin) - begin));
    EXPECT_NE(page.find("id=\"" + name + "\""), std::string_view::npos) << name;
    ++operations;
  }
  EXPECT_GT(operations, 80U);
}

TEST(Documents, ThePageRunsNothingAndAsksNobodyElse) {
  const std::string_view page = documentation_page();
  for (const std::string_view refused :
       {"<script", "style=", " src=", "onclick", "http:", "@import"})
    EXPECT_EQ(page.find(refused), std::string_view::npos) << refused;
  EXPECT_EQ(documentation_style().find("url("), std::string_view::npos);
  EXPECT_NE(page.find("<html lang=\"it\">"), std::string_view::npos);
  // The only thing that it fetches.
  EXPECT_NE(page.find("<link rel=\"stylesheet\" href=\"/docs/style.css\">"),
            std::string_view::npos);
}

}  // namespace
}  // namespace cartella::api
