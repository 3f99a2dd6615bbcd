#include <CLI/CLI.hpp>

#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

void add_dir(CLI::App& app, Options& o) {
  path_option(o, app.add_option("DIR", o.directory, "Cartella del testimone"))->required();
}

void add_policy(CLI::App& app, Options& o, const char* help) {
  require_file(path_option(o, app.add_option("--witness-policy", o.witness_policy, help)));
}

void add_time_stamp_ca(CLI::App& app, Options& o) {
  require_file(path_option(
      o, app.add_option("--time-stamp-ca", o.time_stamp_ca,
                        "Certificati (PEM) delle autorità di marcatura temporale fidate")));
}

void add_witness_serve(CLI::App& witness, Options& o) {
  auto* serve = witness.add_subcommand(
      "serve", "Controfirma i checkpoint dei registri seguiti, in HTTPS, fino a SIGTERM");
  add_dir(*serve, o);
  add_policy(*serve, o, "Segue anche i registri delle righe 'neighbour' di questa politica");
  add_listening(*serve, o);
  serve->callback([&o] { o.verb = Verb::witness_serve; });
}

}  // namespace

void add_witness(CLI::App& app, Options& o) {
  auto* witness =
      app.add_subcommand("witness", "Un testimone per i registri di altri ambiti (C2SP)");
  witness->require_subcommand(1);
  auto* init = witness->add_subcommand("init", "Crea un testimone con la sua chiave");
  add_dir(*init, o);
  init->add_option("--name", o.witness_name, "Nome, come comune.example/testimone")->required();
  add_format(*init, o);
  init->callback([&o] { o.verb = Verb::witness_init; });
  auto* follow = witness->add_subcommand("follow", "Segue un registro; vale dal prossimo avvio");
  add_dir(*follow, o);
  follow->add_option("VKEY", o.vkey, "Chiave pubblica del registro, come init la stampa")
      ->required();
  follow->callback([&o] { o.verb = Verb::witness_follow; });
  auto* status = witness->add_subcommand(
      "status", "Fin dove ogni registro è controfirmato, e le prove contro chi si è contraddetto");
  add_dir(*status, o);
  add_policy(*status, o, "Con i registri delle righe 'neighbour' di questa politica");
  add_format(*status, o);
  status->callback([&o] { o.verb = Verb::witness_status; });
  add_witness_serve(*witness, o);
}

void add_anchoring(CLI::App& serve, Options& o) {
  add_policy(serve, o, "Chi controfirma i checkpoint: docs/witnesses.md spiega il file");
  require_file(path_option(
      o, serve.add_option("--witness-ca", o.witness_ca,
                          "Autorità (PEM) dei testimoni in HTTPS; senza: quelle del sistema")));
  serve
      .add_option("--time-stamp-url", o.time_stamp_url,
                  "Autorità di marcatura temporale (RFC 3161) per i checkpoint")
      ->type_name("URL");
  add_time_stamp_ca(serve, o);
  require_file(
      path_option(o, serve.add_option("--time-stamp-tls-ca", o.time_stamp_tls_ca,
                                      "Autorità (PEM) del suo HTTPS; senza: quelle del sistema")));
  serve
      .add_option("--time-stamp-every", o.time_stamp_seconds,
                  "Secondi fra una marca temporale e la seguente")
      ->check(CLI::Range(1u, 86'400u).description("fra 1 e 86400"));
}

void add_anchor_check(CLI::App& verify, Options& o) {
  add_policy(verify, o, "Verifica le controfirme secondo questa politica");
  add_time_stamp_ca(verify, o);
}

}  // namespace cartella::ops
