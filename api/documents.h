// api/documents.h: the texts about the interface that the program serves as they are.
//
// They are made when the program is built: the page from the document by api/page.py, so they
// cannot disagree. Ownership: static storage. Threads: constants.
#pragma once

#include <string_view>

namespace cartella::api {

std::string_view openapi_document();     // api/openapi.yaml: application/yaml
std::string_view documentation_page();   // Italian HTML without scripts: text/html; charset=utf-8
std::string_view documentation_style();  // api/page.css, which the page asks for: text/css

}  // namespace cartella::api
