#include <algorithm>

#include "api/route.h"

namespace cartella::api {

namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

bool is_value(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }

// The last value of a template may span several parts of a path: "{index...}" of a tile.
bool takes_rest(std::string_view part) { return is_value(part) && part.ends_with("...}"); }

bool matches(const std::vector<std::string_view>& pattern,
             const std::vector<std::string_view>& parts) {
  const bool open_ended = !pattern.empty() && takes_rest(pattern.back());
  if (open_ended ? parts.size() < pattern.size() : parts.size() != pattern.size()) return false;
  // From the end: most paths begin alike.
  for (std::size_t i = pattern.size(); i-- > 0;)
    if (is_value(pattern[i]) ? parts[i].empty() : pattern[i] != parts[i]) return false;
  return true;
}

struct Compiled {
  const Route* route;
  std::vector<std::string_view> pattern;
};

// Fixed words before values: /v1/sessions/current is no session's id.
const std::vector<Compiled>& compiled_routes() {
  static const std::vector<Compiled> all = [] {
    std::vector<Compiled> made;
    for (const Route& route : routes()) made.push_back({&route, parts_of(route.path)});
    std::stable_sort(made.begin(), made.end(), [](const Compiled& a, const Compiled& b) {
      const auto values = [](const Compiled& one) {
        return std::count_if(one.pattern.begin(), one.pattern.end(), is_value);
      };
      return values(a) < values(b);
    });
    return made;
  }();
  return all;
}

PathValues values_of(const std::vector<std::string_view>& pattern,
                     const std::vector<std::string_view>& parts) {
  PathValues values;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!is_value(pattern[i])) continue;
    std::string_view name = pattern[i].substr(1, pattern[i].size() - 2);
    std::string value(parts[i]);
    if (takes_rest(pattern[i])) {
      name.remove_suffix(3);
      for (std::size_t j = i + 1; j < parts.size(); ++j) value.append("/").append(parts[j]);
    }
    values.emplace_back(name, std::move(value));
  }
  return values;
}

}  // namespace

RouteMatch match_route(Method method, std::string_view path) {
  RouteMatch match;
  if (!path.starts_with('/')) return match;
  const auto parts = parts_of(path);
  const std::vector<std::string_view>* fixed = nullptr;
  for (const Compiled& each : compiled_routes()) {
    if (!matches(each.pattern, parts)) continue;
    // A path that fits a template with fewer values is that path alone.
    if (fixed != nullptr && each.pattern != *fixed) continue;
    fixed = &each.pattern;
    if (each.route->method != method) {
      match.allowed.push_back(each.route->method);
      continue;
    }
    match.route = each.route;
    match.values = values_of(each.pattern, parts);
    return match;
  }
  return match;
}

}  // namespace cartella::api
