// ops/listening.h: what a verb needs that serves HTTPS until a signal ends it.
//
// Threads: the main thread, before it starts others.
#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "base/result.h"
#include "ops/options.h"

namespace cartella::ops {

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};
// "127.0.0.1:8443", "[::1]:8443". invalid_argument.
Result<Listen> parse_listen(const std::string& text);

// SIGTERM, SIGINT, SIGHUP and SIGUSR1 are taken by the thread that waits for them, whichever thread
// they reach; SIGPIPE is ignored.
sigset_t block_signals();

// Certificate and key as the options name them; where they name none, a certificate that signs
// itself for localhost, made in `folder`. invalid_argument: only one of the two; io.
Result<std::pair<std::string, std::string>> certificate_files(const Options& options,
                                                              const std::filesystem::path& folder);

}  // namespace cartella::ops
