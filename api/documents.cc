#include "api/documents.h"

namespace cartella::api {

// Written by cmake/EmbedText.cmake.
extern const std::string_view k_openapi_yaml;
extern const std::string_view k_page_html;
extern const std::string_view k_page_css;

std::string_view openapi_document() { return k_openapi_yaml; }
std::string_view documentation_page() { return k_page_html; }
std::string_view documentation_style() { return k_page_css; }

}  // namespace cartella::api
