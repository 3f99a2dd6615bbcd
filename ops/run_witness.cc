#include <ostream>

#include "api/server.h"
#include "base/log.h"
#include "crypto/cosignature.h"
#include "ops/exit_code.h"
#include "ops/listening.h"
#include "ops/run.h"
#include "ops/witnessing.h"
#include "proofs/witness.h"

namespace cartella::ops {

namespace {

constexpr const char* kPlain = "text/plain; charset=utf-8";
// A log asks once a second; each answer may wait for a sync of its own.
constexpr unsigned kWitnessWorkers = 8;

api::Response plain(unsigned status, std::string text) {
  api::Response response;
  response.status = status;
  response.content_type = kPlain;
  response.body = std::move(text);
  return response;
}

// Until somebody looks at it, nothing of that log is cosigned.
void log_unusable(const Logger& logger, std::size_t log) {
  logger.write(LogLevel::error, "witness_state_unusable", {{"log", log}});
}

void log_answer(const Logger& logger, const proofs::WitnessAnswer& answer) {
  using Verdict = proofs::WitnessVerdict;
  if (answer.verdict == Verdict::fork) {
    logger.write(LogLevel::error, "log_forked", {{"log", answer.log}, {"size", answer.size}});
  } else if (answer.verdict == Verdict::unproved) {
    logger.write(LogLevel::warning, "checkpoint_unproved",
                 {{"log", answer.log}, {"size", answer.size}});
  } else if (answer.verdict == Verdict::failed) {
    logger.write(LogLevel::error, "checkpoint_not_kept", {{"log", answer.log}});
  } else if (answer.verdict == Verdict::unusable) {
    log_unusable(logger, answer.log);
  } else {
    logger.write(LogLevel::info, "checkpoint",
                 {{"status", answer.status}, {"log", answer.log}, {"size", answer.size}});
  }
}

api::Response handle(proofs::Witness& witness, const Logger& logger, const api::Request& request) {
  const bool is_question = request.path == "/newest-checkpoint";
  if (request.path != "/add-checkpoint" && !is_question)
    return plain(404, "only /add-checkpoint and /newest-checkpoint are here\n");
  if (request.method != api::Method::post) {
    api::Response refused = plain(405, "POST it\n");
    refused.headers.push_back({"Allow", "POST"});
    return refused;
  }
  proofs::WitnessAnswer answer =
      is_question ? witness.newest_checkpoint(request.body) : witness.add_checkpoint(request.body);
  log_answer(logger, answer);
  api::Response response;
  response.status = answer.status;
  response.content_type = std::move(answer.content_type);
  response.body = std::move(answer.body);
  return response;
}

Result<std::vector<crypto::VerifierKey>> neighbours_of(const Options& options) {
  CARTELLA_TRY(auto policy, read_witness_policy(options));
  if (!policy) return std::vector<crypto::VerifierKey>{};
  return std::move(policy->neighbours);
}

// Until a signal ends it.
void wait_for_end(api::Server& server, const Logger& logger, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0 || signal != SIGHUP) return;
    if (const Status reloaded = server.reload_certificate(); !reloaded)
      logger.write(LogLevel::error, "certificate_refused", {{"error", reloaded.error().code}});
  }
}

}  // namespace

Result<int> run_witness_init(const Options& options, Console& console) {
  CARTELLA_TRY(proofs::Witness::create(options.directory, options.witness_name));
  CARTELLA_TRY(const auto cosigner, proofs::Witness::read_cosigner(options.directory));
  const Table created{"witness",
                      "Testimone creato",
                      {"Nome", "Chiave del testimone (vkey)"},
                      {"name", "vkey"},
                      {{cosigner.name, crypto::cosigner_key(cosigner)}}};
  print_tables(console.out, {created}, options.format);
  return static_cast<int>(kExitOk);
}

Result<int> run_witness_follow(const Options& options, Console& console) {
  CARTELLA_TRY(const std::size_t keys, proofs::Witness::follow(options.directory, options.vkey));
  console.err << "Il registro è seguito dal prossimo avvio di 'cartella witness serve'.\n";
  if (keys > 1)
    console.err << "Per questo registro valgono ora " << keys
                << " chiavi: se è una rotazione, togliete la riga della vecchia da "
                << (options.directory / "logs").string()
                << " appena il registro firma con la nuova.\n";
  return static_cast<int>(kExitOk);
}

Result<int> run_witness_status(const Options& options, Console& console) {
  CARTELLA_TRY(const auto neighbours, neighbours_of(options));
  CARTELLA_TRY(const auto statuses, proofs::Witness::read_statuses(options.directory, neighbours));
  Table followed{"logs",
                 "Registri seguiti",
                 {"Origine", "Controfirmato fino a", "Biforcazione", "Senza prova", "Illeggibile"},
                 {"origin", "size", "fork", "unproved", "unusable"},
                 {}};
  Table keys{"keys",
             "Chiavi accettate",
             {"Origine", "Chiave del registro (vkey)"},
             {"origin", "vkey"},
             {}};
  const auto yes = [](bool is_there) { return std::string(is_there ? "sì" : "no"); };
  bool has_fork = false;
  bool is_unusable = false;
  for (const proofs::FollowedStatus& each : statuses) {
    has_fork |= each.fork.has_value();
    is_unusable |= each.is_unusable;
    followed.rows.push_back({each.origin, static_cast<std::int64_t>(each.size),
                             yes(each.fork.has_value()), yes(each.unproved.has_value()),
                             yes(each.is_unusable)});
    for (const crypto::PublicKey& key : each.keys)
      keys.rows.push_back({each.origin, crypto::verifier_key(each.origin, key)});
  }
  print_tables(console.out, {followed, keys}, options.format);
  if (is_unusable)
    console.err << "L'ultimo checkpoint controfirmato di un registro non si legge: quel registro "
                   "non è più controfirmato. Non cancellate il file: docs/witnesses.md\n";
  if (has_fork)
    console.err << "Un registro ha due storie: la prova, firmata da lui, sta in "
                << (options.directory / "evidence").string() << "\n";
  return static_cast<int>(has_fork || is_unusable ? kExitCorrupt : kExitOk);
}

Result<int> run_witness_serve(const Options& options, Console& console) {
  const sigset_t signals = block_signals();
  CARTELLA_TRY(const auto listen, parse_listen(options.listen));
  CARTELLA_TRY(const auto neighbours, neighbours_of(options));
  const SystemClock clock;
  const Logger logger{clock, LogLevel::info};
  CARTELLA_TRY(auto witness, proofs::Witness::open(options.directory, neighbours, clock));
  if (witness->log_count() == 0)
    return fail(Errc::invalid_argument,
                "nessun registro da seguire: 'cartella witness follow' ne aggiunge");
  for (const std::size_t log : witness->unusable_logs()) log_unusable(logger, log);
  CARTELLA_TRY(const auto files, certificate_files(options, options.directory / "tls"));
  api::ServerOptions server;
  server.address = listen.address;
  server.port = listen.port;
  server.hosts = options.hosts;
  server.connections = options.connections;
  for (const char* host : {"localhost", "127.0.0.1", "[::1]"}) server.hosts.emplace_back(host);
  server.certificate_file = files.first;
  server.key_file = files.second;
  server.ocsp_response_file = options.ocsp_response.string();
  server.worker_threads = kWitnessWorkers;
  server.clock = &clock;
  server.logger = &logger;
  CARTELLA_TRY(auto serving, api::Server::start(server, [&](const api::Request& request) {
                 return handle(*witness, logger, request);
               }));
  console.out << "{\"address\":\"" << listen.address << "\",\"port\":" << serving->port() << "}"
              << std::endl;
  wait_for_end(*serving, logger, signals);
  serving->stop();
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
