#include "keeping/key_names.h"

#include <charconv>

namespace cartella::keeping {

std::string numbered_name(std::string_view first, std::uint32_t number) {
  std::string name(first);
  return number == 1 ? name : name + "/" + std::to_string(number);
}

std::uint32_t number_in_name(std::string_view first, std::string_view name) {
  if (!name.starts_with(first)) return 0;
  name.remove_prefix(first.size());
  if (name.empty()) return 1;
  std::uint32_t number = 0;
  if (!name.starts_with('/')) return 0;
  name.remove_prefix(1);
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() && number > 1 ? number : 0;
}

}  // namespace cartella::keeping
