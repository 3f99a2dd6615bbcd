#include "api/peer_network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <iterator>

namespace cartella::api {

namespace {
constexpr std::size_t kPrefixBytes = 8;
constexpr std::size_t kMappedBytes = 12;  // before the IPv4 address
}  // namespace

std::string peer_network(std::string_view address) {
  const std::string text(address.substr(0, INET6_ADDRSTRLEN));
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  char shown[INET6_ADDRSTRLEN] = {};
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    inet_ntop(AF_INET, std::begin(six.s6_addr) + kMappedBytes, shown, sizeof shown);
    return shown;
  }
  std::fill(std::begin(six.s6_addr) + kPrefixBytes, std::end(six.s6_addr), std::uint8_t{0});
  inet_ntop(AF_INET6, &six, shown, sizeof shown);
  return std::string(shown) + "/64";
}

}  // namespace cartella::api
