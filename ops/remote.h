// ops/remote.h: a verb of the command line, run by the server that holds the data directory.
//
// The client sends its words, its working directory and, where the verb reads it, its standard
// input; never the passphrase. The server reads and writes files by the paths that the words name:
// it runs on the same machine. What the verb printed comes back with its exit code
// (docs/command_line.md). Who may open the socket may do what the server's account may.
// Threads: RemoteVerbs from any thread; one verb runs at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "base/result.h"
#include "crypto/root_key.h"
#include "ops/console.h"
#include "ops/options.h"

namespace cartella::api {
class Login;
}

namespace cartella::ops {

inline constexpr std::string_view kSocketName = "cartella.sock";  // in the data directory
inline constexpr std::string_view kRemoteTarget = "/cli";
inline constexpr std::size_t kRemoteCallBytesMax = std::size_t{1} << 20;  // of any request's body

struct RemoteCall {
  std::vector<std::string> words;  // after the program's name
  std::filesystem::path directory;
  crypto::Passphrase input;  // wiped: a secret that somebody typed may be in it
};
// Wiped by the caller.
std::string encode_call(const RemoteCall& call);
// invalid_input: not what encode_call writes.
Result<RemoteCall> decode_call(std::string_view bytes);

// Reads what it is given, without a copy.
class ViewedText final : public std::streambuf {
 public:
  explicit ViewedText(std::string& text) {
    setg(text.data(), text.data(), text.data() + text.size());
  }
};

struct RemoteAnswer {
  int exit_code = 0;
  std::string out;
  std::string err;
};
std::string encode_answer(const RemoteAnswer& answer);
// invalid_input: not what encode_answer writes.
Result<RemoteAnswer> decode_answer(std::string_view bytes);

// The client: answers the exit code after printing what came back; nothing where no server holds
// the data directory, and then the verb runs here. invalid_input: the input is too long for a call.
// What local_call returns.
Result<std::optional<int>> run_at_server(const Options& options,
                                         const std::vector<std::string>& words, Console& console);

struct RemoteLimits {
  std::chrono::milliseconds turn_wait_max{10'000};  // for the verb before it
  // Of out and err together. A register of 100,000 cards as JSON has 20 MiB.
  std::size_t output_bytes_max = std::size_t{60} << 20;
};

// The server's side.
class RemoteVerbs {
 public:
  // The workspace has views, reference, accounts and executor. It and `login`, that of the people
  // at the interface, outlive it.
  // `seal`: what seal-now does; it returns at once.
  RemoteVerbs(Workspace& workspace, api::Login& login, RemoteLimits limits = {},
              std::function<void()> seal = nullptr)
      : x_workspace(workspace), x_login(login), x_limits(limits), x_seal(std::move(seal)) {}
  // Runs it as the command line would. Where the verb before it does not end in time, the answer is
  // that of `unavailable`; where it prints too much, that of `refused`, and nothing of it.
  RemoteAnswer run(RemoteCall call);
  // POST /cli over the Unix socket; to anything else it answers 404.
  api::Response answer(const api::Request& request);

 private:
  Workspace& x_workspace;
  api::Login& x_login;
  RemoteLimits x_limits;
  const std::function<void()> x_seal;
  std::timed_mutex x_running;
};

}  // namespace cartella::ops
