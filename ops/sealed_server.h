// ops/sealed_server.h: a server that has no key yet: it answers for its health, and to unseal.
//
// Everything else is told 503 with the problem `sealed`, and over the Unix socket `unavailable`.
// The data directory is not held meanwhile. Whoever may open the socket may try a root key, one try
// at a time; a wrong one changes nothing, and a token counts its own.
// Threads: one thread waits; requests are answered by the server's workers.
#pragma once

#include <csignal>
#include <memory>

#include "api/server.h"
#include "base/result.h"
#include "ops/options.h"
#include "ops/workspace.h"

namespace cartella::ops {

// The workspace of a server, with all it needs. refused: production, and the passphrase lies in
// clear on the disk of the data. What Workspace::open returns.
Result<std::unique_ptr<Workspace>> open_for_serving(const Options& options,
                                                    const crypto::RootSource& source);

// Answers until somebody unseals or one of `signals` comes, then stops; without a workspace then.
// `port_out` is where it listens; `listens` is called once it does. What Server::start returns.
Result<std::unique_ptr<Workspace>> serve_sealed(const Options& options,
                                                const api::ServerOptions& server,
                                                const sigset_t& signals,
                                                const std::function<void(std::uint16_t)>& listens);

}  // namespace cartella::ops
