#include "disclosure/verifier_page.h"

#include "base/check.h"

namespace cartella::disclosure {

// Written by cmake/EmbedText.cmake.
extern const std::string_view k_verifier_html;

std::string_view verifier_page() { return k_verifier_html; }

std::string_view verifier_policy() {
  static constexpr std::string_view kBefore = "http-equiv=\"Content-Security-Policy\" content=\"";
  const std::string_view page = verifier_page();
  if (page.empty()) return {};
  const std::size_t at = page.find(kBefore);
  CHECK(at != std::string_view::npos);
  const std::size_t begin = at + kBefore.size();
  return page.substr(begin, page.find('"', begin) - begin);
}

}  // namespace cartella::disclosure
