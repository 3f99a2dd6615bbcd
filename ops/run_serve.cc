#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <ostream>

#include "api/router.h"
#include "api/server.h"
#include "base/log.h"
#include "cases/denials.h"
#include "keeping/backup_keys.h"
#include "keeping/certificate.h"
#include "ops/afterwards.h"
#include "ops/erasing.h"
#include "ops/exit_code.h"
#include "ops/listening.h"
#include "ops/metrics.h"
#include "ops/remote.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"
#include "ops/sealed_server.h"
#include "ops/witnessing.h"

namespace cartella::ops {

namespace {

// How often the server looks whether the log has stopped (fail-stop), and at its signals.
constexpr long kWatchSeconds = 1;

// How often it looks for months of accesses past their term, and when again after an error.
constexpr std::int64_t kRetentionUs = 86'400'000'000;
constexpr std::int64_t kRetentionRetryUs = 3'600'000'000;
constexpr std::int64_t kErasureRetryUs = 60'000'000;

constexpr std::int64_t kAlarmUs = 600'000'000;

constexpr rlim_t kFilesWanted = 16'384;  // 4096 connections, and the store's files

// As many files as connections need: a login shell gives 1024, and a server without files left
// accepts nobody.
void allow_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kFilesWanted) return;
  limit.rlim_cur =
      limit.rlim_max == RLIM_INFINITY ? kFilesWanted : std::min(limit.rlim_max, kFilesWanted);
  static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
}

// Everything that answers while the store is open, in the order in which it is made; it goes in the
// other one.
struct Serving {
  explicit Serving(Workspace& on) : workspace(on) {}
  Status open(const Options& options);
  api::Response handle(const api::Request& request);

  Workspace& workspace;
  Logger logger{workspace.clock(), LogLevel::info};
  std::unique_ptr<proofs::Anchoring> anchoring;  // where witnesses or an authority are named
  Metrics metrics;
  std::unique_ptr<cases::Denials> denials;
  std::unique_ptr<api::Sessions> sessions;
  std::unique_ptr<api::Login> login;
  std::unique_ptr<RemoteVerbs> remote;
  std::unique_ptr<api::Service> service;  // the threads of the hub and of `afterwards` ask it
  std::unique_ptr<api::ChangeHub> changes;
  std::unique_ptr<api::OrganisationNames> names;
  std::unique_ptr<api::OpaqueTokens> tokens;
  std::timed_mutex heavy;
  Afterwards afterwards;
  std::atomic<bool> is_erasing{false};
  std::atomic<bool> is_stopping{false};
  std::atomic<std::int64_t> erase_again_at{0};  // by the monotonic clock
  std::unique_ptr<api::Router> router;
  std::unique_ptr<api::Server> server;
};

Status Serving::open(const Options& options) {
  const Clock& clock = workspace.clock();
  denials = std::make_unique<cases::Denials>(workspace.access_log(), clock, cases::DenialOptions{});
  sessions = std::make_unique<api::Sessions>(clock);
  CARTELLA_TRY(login, api::Login::start(workspace.accounts(), *sessions, clock, {}));
  remote = std::make_unique<RemoteVerbs>(workspace, *login, RemoteLimits{},
                                         [] { ::kill(::getpid(), SIGUSR1); });
  changes = std::make_unique<api::ChangeHub>(workspace.store(), workspace.vault(), clock,
                                             api::ChangeHubOptions{});
  names = std::make_unique<api::OrganisationNames>(workspace.store(), workspace.engine(),
                                                   workspace.executor());
  CARTELLA_TRY(const auto key, workspace.vault().named_secret("api-tokens"));
  tokens = std::make_unique<api::OpaqueTokens>(key);
  const auto metrics_text = [this] {
    return metrics.text({workspace.store(), workspace.engine(), *changes,
                         server ? &server->counters() : nullptr, anchoring.get()});
  };
  service = std::make_unique<api::Service>(api::Service{
      workspace.store(), workspace.vault(), workspace.engine(), workspace.executor(),
      workspace.access_log(), *denials, workspace.accounts(), *sessions, *login, *changes, *names,
      *tokens, clock, &workspace.reference(), &heavy,
      [this](std::function<void()> job) { afterwards.run(std::move(job)); }, metrics_text});
  CARTELLA_TRY(anchoring, start_anchoring(options, workspace, logger));
  if (anchoring) service->checkpoint = [this] { return anchoring->checkpoint(); };
  service->hosts = options.hosts;
  service->limits.requests_per_second = options.requests_per_second;
  service->limits.requests_burst = 2 * options.requests_per_second;
  service->limits.requests_in_flight = options.requests_in_flight;
  service->limits.streams = options.streams;
  router = std::make_unique<api::Router>(*service, [this](const api::Answered& answered) {
    metrics.count(answered);
    logger.write(LogLevel::info, "request",
                 {{"request", answered.request_id},
                  {"operation", answered.route != nullptr ? LogValue(answered.route->operation_id)
                                                          : LogValue("unknown")},
                  {"status", answered.status},
                  {"us", answered.duration_us}});
  });
  return ok();
}

api::Response Serving::handle(const api::Request& request) {
  if (request.is_local) return remote->answer(request);
  return router->handle(request);
}

// Where backups fail for weeks nobody else would: what a certificate promises does not wait for the
// next one. A clock that jumped must not end them.
void end_vault_copies(Serving& serving) {
  const auto doubt = serving.workspace.store().clock_doubt();
  if (!doubt || doubt.value()) return;
  const std::unique_lock lock(serving.workspace.copying(), std::try_to_lock);
  if (!lock.owns_lock()) return;  // a backup under way ends them itself
  const Status ended = keeping::expire_vault_keys(serving.workspace.register_folder(),
                                                  serving.workspace.clock().wall());
  if (!ended)
    serving.logger.write(LogLevel::error, "vault_copies_not_ended",
                         {{"error", ended.error().code}});
}

// At the start and once a day; answers when to look again, by the monotonic clock.
std::int64_t keep_terms(Serving& serving) {
  if (!serving.workspace.store().rollback())
    return serving.workspace.clock().monotonic_us() + kRetentionUs;
  end_vault_copies(serving);
  const auto count = end_access_months(serving.workspace);
  const std::int64_t now = serving.workspace.clock().monotonic_us();
  if (!count) {
    serving.logger.write(LogLevel::error, "access_months_not_ended",
                         {{"error", count.error().code}});
    return now + kRetentionRetryUs;
  }
  if (count.value() > 0)
    serving.logger.write(LogLevel::info, "access_months_ended", {{"months", count.value()}});
  return now + kRetentionUs;
}

// An erasure that ended: from when on no lawful copy can bring anything back.
void tell_completed(Serving& serving, const EventId& proposal) {
  const auto erasure = known_erasure(serving.workspace.executor(), proposal);
  if (!erasure) return;
  const auto certificate =
      keeping::read_certificate(serving.workspace.store(), proposal, erasure.value());
  if (!certificate) return;
  serving.logger.write(LogLevel::info, "erasure_completed",
                       {{"proposal", proposal},
                        {"position", certificate.value().position},
                        {"final_at_us", certificate.value().final_at.us}});
}

// One erasure after the other, where nobody waits for it; a stop leaves the rest to the next start.
void carry_out_erasures(Serving& serving) {
  const auto done = finish_erasures(
      serving.workspace, [&](const EventId& proposal, keeping::ErasureStep step) -> Status {
        serving.logger.write(LogLevel::info, "erasure_step",
                             {{"proposal", proposal}, {"step", static_cast<int>(step)}});
        if (step == keeping::ErasureStep::completed) tell_completed(serving, proposal);
        if (serving.is_stopping.load()) return fail(Errc::unavailable, "the server stops");
        return ok();
      });
  if (!done) {
    serving.erase_again_at = serving.workspace.clock().monotonic_us() + kErasureRetryUs;
    if (!serving.is_stopping.load())
      serving.logger.write(LogLevel::error, "erasure_not_ended", {{"error", done.error().code}});
  }
  serving.is_erasing = false;
}

void erase_what_was_decided(Serving& serving) {
  if (!serving.workspace.store().rollback()) return;
  if (serving.workspace.executor().organisation()->erasing.empty()) return;
  if (serving.workspace.clock().monotonic_us() < serving.erase_again_at.load()) return;
  if (serving.is_erasing.exchange(true)) return;
  serving.afterwards.run([&serving] { carry_out_erasures(serving); });
}

// Once: a disk that lost bytes loses more.
void tell_healed(Serving& serving) {
  if (const std::uint64_t healed = serving.workspace.store().healed_records(); healed > 0)
    serving.logger.write(LogLevel::warning, "journal_healed", {{"records", healed}});
}

// The alarms, as often as somebody should look: a log that is older than what is known of it, and
// a register of erasures that was not the right one at the start and still is not: nothing is
// erased.
std::int64_t tell_alarms(Serving& serving) {
  const std::int64_t now = serving.workspace.clock().monotonic_us();
  if (const Status older = serving.workspace.store().rollback(); !older)
    serving.logger.write(LogLevel::error, "log_rolled_back",
                         {{"events", serving.workspace.store().size()}});
  if (!serving.workspace.register_at_start() && !check_register(serving.workspace))
    serving.logger.write(LogLevel::error, "erasure_register_refused");
  return now + kAlarmUs;
}

enum class Ended : std::uint8_t { whole, to_sealed };

// New keys are made durable by thousands, before the first is handed out: here for the first
// command too, so that it does not wait for them. The stream that is taken for it is used by
// nobody.
void make_keys_ready(Serving& serving) {
  if (!serving.workspace.store().rollback()) return;
  serving.afterwards.run([&serving] {
    const auto taken = serving.workspace.vault().new_stream();
    if (!taken)
      serving.logger.write(LogLevel::error, "keys_not_made", {{"error", taken.error().code}});
  });
}

// Until a signal ends it, seal-now does, or the log has stopped.
Result<Ended> watch(Serving& serving, const sigset_t& signals) {
  std::int64_t alarm_at = serving.workspace.clock().monotonic_us();
  std::int64_t terms_at = serving.workspace.clock().monotonic_us();
  for (;;) {
    if (serving.workspace.clock().monotonic_us() >= alarm_at) alarm_at = tell_alarms(serving);
    if (serving.workspace.clock().monotonic_us() >= terms_at) terms_at = keep_terms(serving);
    erase_what_was_decided(serving);
    const timespec wait{kWatchSeconds, 0};
    const int signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal == SIGHUP) {
      const Status reloaded = serving.server->reload_certificate();
      if (!reloaded)
        serving.logger.write(LogLevel::error, "certificate_refused",
                             {{"error", reloaded.error().code}});
    } else if (signal == SIGUSR1) {
      return Ended::to_sealed;
    } else if (signal > 0) {
      return Ended::whole;
    }
    CARTELLA_TRY(serving.workspace.store().health());
    static_cast<void>(serving.denials->write_ended().has_value());
  }
}

// Where the server listens, in both of its states.
Result<api::ServerOptions> server_options(const Options& options, const Listen& listen,
                                          const Clock& clock) {
  CARTELLA_TRY(const auto files, certificate_files(options, options.data / "tls"));
  api::ServerOptions server;
  server.address = listen.address;
  server.port = listen.port;
  server.hosts = options.hosts;
  server.connections = options.connections;
  server.certificate_file = files.first;
  server.key_file = files.second;
  server.ocsp_response_file = options.ocsp_response.string();
  server.unix_socket = (options.data / kSocketName).string();
  server.clock = &clock;
  return server;
}

Result<Ended> serve_open(const Options& options, Workspace& workspace, api::ServerOptions server,
                         const sigset_t& signals,
                         const std::function<void(std::uint16_t)>& listens) {
  CARTELLA_TRY(workspace.engine().catch_up());
  workspace.engine().start();
  Serving serving(workspace);
  CARTELLA_TRY(serving.open(options));
  server.logger = &serving.logger;
  CARTELLA_TRY(serving.server, api::Server::start(server, [&serving](const api::Request& request) {
                 return serving.handle(request);
               }));
  make_keys_ready(serving);
  tell_healed(serving);
  listens(serving.server->port());
  const auto ended = watch(serving, signals);
  serving.server->stop();
  serving.changes->stop();
  serving.anchoring.reset();
  serving.is_stopping = true;
  // Its jobs append, and the workspace settles its keys with the log after the last one.
  serving.afterwards.finish();
  const Status flushed = serving.denials->flush();
  if (workspace.store().rollback()) {  // else nothing can be recorded, refusals neither
    CARTELLA_TRY(Status(flushed));
  }
  return ended;
}

// A start without anybody at the machine must not try a PIN again and again, which locks the token.
Result<std::unique_ptr<Workspace>> open_or_stay_sealed(const Options& options,
                                                       const Console& console) {
  if (options.sealed) return std::unique_ptr<Workspace>();
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  const auto source = read_root_source(choice);
  auto opened = source ? open_for_serving(options, source.value())
                       : Result<std::unique_ptr<Workspace>>(source.error());
  const bool is_token = choice.token.has_value();
  if (opened || !is_token) return opened;
  print_error(opened.error(), console);
  console.err << "cartella: il server parte chiuso; lo apre cartella unseal\n" << std::flush;
  return std::unique_ptr<Workspace>();
}

}  // namespace

Result<int> run_serve(const Options& options, Console& console) {
  const sigset_t signals = block_signals();
  allow_files();
  CARTELLA_TRY(const auto listen, parse_listen(options.listen));
  std::error_code error;
  if (!std::filesystem::is_directory(options.data / "vault", error))
    return fail(Errc::not_found, "nessun archivio in " + options.data.string());
  CARTELLA_TRY(auto workspace, open_or_stay_sealed(options, console));
  Options known = options;
  for (const char* host : {"localhost", "127.0.0.1", "[::1]"}) known.hosts.emplace_back(host);
  const SystemClock clock;
  CARTELLA_TRY(auto server, server_options(known, listen, clock));
  bool is_told = false;
  const auto listens = [&](std::uint16_t port) {
    server.port = port;  // the same in both states
    if (std::exchange(is_told, true)) return;
    console.out << "{\"address\":\"" << listen.address << "\",\"port\":" << port << "}"
                << std::endl;
  };
  for (;;) {
    if (!workspace) {
      CARTELLA_TRY(workspace, serve_sealed(known, server, signals, listens));
      if (!workspace) return static_cast<int>(kExitOk);
    }
    CARTELLA_TRY(const auto ended, serve_open(known, *workspace, server, signals, listens));
    CARTELLA_TRY(workspace->close());
    workspace.reset();
    if (ended == Ended::whole) return static_cast<int>(kExitOk);
  }
}

}  // namespace cartella::ops
