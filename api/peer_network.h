// api/peer_network.h: which peers are counted together.
//
// Threads: free functions.
#pragma once

#include <string>
#include <string_view>

namespace cartella::api {

// An IPv4 address as it is, also where IPv6 maps it; "2001:db8:0:1::/64" for every address of an
// IPv6 network of 64 bits, which a single household or machine has. What is neither, as it is.
std::string peer_network(std::string_view address);

}  // namespace cartella::api
