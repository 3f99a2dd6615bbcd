// api/local_client.h: asks the server of this machine one thing, over its Unix socket.
//
// The command line does so while a server holds the data directory. The socket lies in that
// directory, which only its owner may enter. There is no deadline: an import takes minutes, and
// who waits may interrupt. Threads: free functions; they block.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cartella::api {

// ops/remote.h lets the server print 60 MiB.
inline constexpr std::size_t kLocalAnswerBytesMax = std::size_t{64} << 20;

// Whether a server takes connections there. io: it cannot be told.
Result<bool> local_server_listens(const std::filesystem::path& socket);

struct LocalAnswer {
  unsigned status = 0;
  std::string body;
};

// POSTs `body` to `target`. unavailable: nobody listens there, no more connections are taken, or
// the server went before the answer was whole: what it did is then unknown. invalid_input: the
// answer is no HTTP or longer than kLocalAnswerBytesMax. io.
Result<LocalAnswer> local_call(const std::filesystem::path& socket, std::string_view target,
                               std::string_view body);

}  // namespace cartella::api
