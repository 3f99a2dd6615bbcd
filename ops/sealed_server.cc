#include "ops/sealed_server.h"

#include <unistd.h>

#include <istream>
#include <mutex>
#include <sstream>

#include "api/problem.h"
#include "ops/exit_code.h"
#include "ops/remote.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

constexpr const char* kSealed =
    "sealed: l'archivio è chiuso; lo apre cartella unseal sulla macchina del server";

// The views are brought up to date while the sealed server still answers.
Result<std::unique_ptr<Workspace>> open_ready(const Options& options, std::istream& line) {
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  CARTELLA_TRY(const auto source, read_root_source(choice, {false, &line}));
  CARTELLA_TRY(auto workspace, open_for_serving(options, source));
  CARTELLA_TRY(workspace->engine().catch_up());
  return workspace;
}

class SealedServer {
 public:
  explicit SealedServer(const Options& serving) : x_serving(serving) {}

  api::Response answer(const api::Request& request) {
    if (request.is_local && request.method == api::Method::post && request.path == kRemoteTarget)
      return answer_verb(request);
    if (request.method == api::Method::get && request.path == "/status") {
      api::Response response;
      response.content_type = "application/json";
      response.body = R"({"status":"sealed"})";
      return response;
    }
    return api::problem(request, 503, "sealed", "Archivio chiuso",
                        "l'archivio è chiuso: chi gestisce il server lo deve aprire");
  }
  // Nothing before somebody unsealed.
  std::unique_ptr<Workspace> take() {
    const std::lock_guard lock(x_mutex);
    return std::move(x_workspace);
  }

 private:
  api::Response answer_verb(const api::Request& request) {
    api::Response response;
    auto call = decode_call(request.body);
    if (!call) {
      response.status = 422;
      return response;
    }
    ViewedText typed(call.value().input.text);
    std::istream in(&typed);
    std::ostringstream out;
    std::ostringstream err;
    Console console{in, out, err, false, nullptr};
    RemoteAnswer answer;
    const auto options =
        parse_options(call.value().words, console, answer.exit_code, call.value().directory);
    if (options) answer.exit_code = run_verb(*options, console);
    answer.out = out.str();
    answer.err = err.str();
    response.content_type = "application/octet-stream";
    response.body = encode_answer(answer);
    return response;
  }

  int run_verb(const Options& options, Console& console) {
    if (options.verb == Verb::seal_now) {
      console.err << "L'archivio è già chiuso.\n";
      return kExitOk;
    }
    if (options.verb != Verb::unseal) return print_error(fail(Errc::unavailable, kSealed), console);
    const std::lock_guard lock(x_mutex);
    if (!x_is_open) {
      // The directory is the server's, whatever the client calls it.
      Options wanted = options;
      wanted.data = x_serving.data;
      if (!wanted.clock_confirmed_by) wanted.clock_confirmed_by = x_serving.clock_confirmed_by;
      auto opened = open_ready(wanted, console.in);
      if (!opened) return print_error(opened.error(), console);
      x_workspace = std::move(opened).value();
      x_is_open = true;
      ::kill(::getpid(), SIGUSR1);
    }
    console.err << "L'archivio è aperto: il server risponde fra pochi istanti.\n";
    return kExitOk;
  }

  const Options& x_serving;
  std::mutex x_mutex;
  // Under x_mutex.
  std::unique_ptr<Workspace> x_workspace;
  bool x_is_open = false;
};

}  // namespace

Result<std::unique_ptr<Workspace>> open_for_serving(const Options& options,
                                                    const crypto::RootSource& source) {
  WorkspaceOptions wanted;
  wanted.with_executor = wanted.with_reference = wanted.with_accounts = true;
  wanted.clock_confirmed_by = options.clock_confirmed_by;
  CARTELLA_TRY(auto workspace, Workspace::open(options.data, source, wanted));
  CARTELLA_TRY(const auto mode, workspace->mode());
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  if (mode != "production") return workspace;
  CARTELLA_TRY(const bool beside, lies_beside_data(choice, options.data));
  if (beside) return beside_data_error(choice);
  return workspace;
}

Result<std::unique_ptr<Workspace>> serve_sealed(const Options& options,
                                                const api::ServerOptions& server,
                                                const sigset_t& signals,
                                                const std::function<void(std::uint16_t)>& listens) {
  SealedServer sealed(options);
  CARTELLA_TRY(auto running, api::Server::start(server, [&sealed](const api::Request& request) {
                 return sealed.answer(request);
               }));
  listens(running->port());
  std::unique_ptr<Workspace> opened;
  for (;;) {
    const int signal = sigwaitinfo(&signals, nullptr);
    if (signal == SIGHUP) static_cast<void>(running->reload_certificate().has_value());
    if (signal == SIGUSR1) opened = sealed.take();  // else a seal-now that came late
    if (opened || signal == SIGTERM || signal == SIGINT) break;
  }
  running->stop();
  return opened;
}

}  // namespace cartella::ops
