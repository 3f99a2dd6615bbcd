// The texts about the interface that travel inside the binary.
#include "api/documents.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "disclosure/verifier_page.h"

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

// A build without npm has no page; where there is one, only its own script and style may run.
TEST(Documents, TheVerifierPageRunsItsOwnScriptAndAsksNobody) {
  const std::string_view page = disclosure::verifier_page();
  const std::string built = file_text("/web/dist/verifica.html");
  EXPECT_EQ(page, built) << "npm run build:verifier came after the build";
  const std::string_view policy = disclosure::verifier_policy();
  EXPECT_EQ(policy.empty(), page.empty());
  if (page.empty()) return;
  EXPECT_EQ(policy.find("default-src 'none'; script-src 'sha256-"), 0U) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string_view::npos);
  for (const std::string tag : {"script", "style"}) {
    const std::size_t begin = page.find("<" + tag + ">") + tag.size() + 2;
    const std::size_t end = page.find("</" + tag + ">");
    ASSERT_LT(begin, end);
    EXPECT_EQ(page.find("</" + tag + ">", end + 1), std::string_view::npos);
    const Hash32 hash = crypto::sha256(as_bytes(page.substr(begin, end - begin)));
    EXPECT_NE(policy.find(tag + "-src 'sha256-" + to_base64(hash) + "'"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace cartella::api
