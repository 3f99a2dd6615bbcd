// keeping/key_names.h: names in the vault of keys that follow one another. Threads: free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cartella::keeping {

// "key", "key/2", "key/3"; the number is from 1.
std::string numbered_name(std::string_view first, std::uint32_t number);
// 0: not one of them.
std::uint32_t number_in_name(std::string_view first, std::string_view name);

}  // namespace cartella::keeping
