#include "api/page.h"

#include <charconv>

namespace cartella::api {

Status day_query(const Request& request, std::string_view name, std::optional<Date>& to) {
  const std::string_view text = request.query_value(name);
  if (text.empty()) return ok();
  const auto day = parse_iso_date(text);
  if (!day) return fail(Errc::invalid_argument, std::string(name) + " è una data AAAA-MM-GG");
  to = day.value();
  return ok();
}

Result<std::optional<std::uint64_t>> number_query(const Request& request, std::string_view name) {
  const std::string_view text = request.query_value(name);
  if (text.empty()) return std::optional<std::uint64_t>{};
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.begin(), text.end(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.end() || value > INT64_MAX)
    return fail(Errc::invalid_argument, std::string(name) + " è un numero intero");
  return std::optional<std::uint64_t>(value);
}

std::string Page::cursor_at(const Call& call, std::uint64_t place) const {
  return call.service.tokens.cursor(call.viewer.operator_id, list, place);
}

Result<Page> page_of(const Call& call, std::string_view list) {
  Page page;
  page.list = std::string(list) + call.request.path;
  for (const Field& each : call.request.query)
    if (each.name != "cursor" && each.name != "limit" && each.name != "min_position")
      page.list += '&' + each.name + '=' + each.value;
  CARTELLA_TRY(const auto limit, number_query(call.request, "limit"));
  if (limit && (*limit == 0 || *limit > kPageItemsMax))
    return fail(Errc::invalid_argument, "limit va da 1 a 100");
  if (limit) page.limit = static_cast<std::size_t>(*limit);
  const std::string_view cursor = call.request.query_value("cursor");
  if (!cursor.empty()) {
    CARTELLA_TRY(page.from, call.service.tokens.place(call.viewer.operator_id, page.list, cursor));
  }
  return page;
}

}  // namespace cartella::api
