#include "api/http.h"

#include <algorithm>

namespace cartella::api {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::del: return "DELETE";
  }
  return "";
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& field : headers)
    if (same_name(field.name, name)) return field.value;
  return {};
}

std::string_view Request::query_value(std::string_view name) const {
  for (const auto& field : query)
    if (field.name == name) return field.value;
  return {};
}

}  // namespace cartella::api
