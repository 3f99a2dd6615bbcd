// api/page.h: which part of a list is asked for: ?limit and ?cursor.
//
// Threads: values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/service.h"

namespace cartella::api {

inline constexpr std::size_t kPageItemsMax = 100;

struct Page {
  std::string list;  // name and filters, which a cursor is bound to
  std::uint64_t from = 0;
  std::size_t limit = kPageItemsMax;
  std::string cursor_at(const Call& call, std::uint64_t place) const;
};

// invalid_argument: a limit out of range, a cursor of another list or viewer.
Result<Page> page_of(const Call& call, std::string_view list);
// An id or a day of the query; empty where absent. invalid_argument.
template <class Id>
Status id_query(const Request& request, std::string_view name, std::optional<Id>& to) {
  const std::string_view text = request.query_value(name);
  if (text.empty()) return ok();
  const auto id = Id::parse(text);
  if (!id) return fail(Errc::invalid_argument, std::string(name) + " è un id");
  to = id.value();
  return ok();
}
Status day_query(const Request& request, std::string_view name, std::optional<Date>& to);
// A whole number of the query; empty where absent. invalid_argument.
Result<std::optional<std::uint64_t>> number_query(const Request& request, std::string_view name);

}  // namespace cartella::api
