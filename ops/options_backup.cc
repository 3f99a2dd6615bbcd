#include <CLI/CLI.hpp>

#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

void add_target(CLI::App& app, Options& o) {
  path_option(o, app.add_option("TARGET", o.target, "Cartella delle copie, su un altro disco"))
      ->required();
}

CLI::Option* add_second_path(CLI::App& app, Options& o) {
  return path_option(o, app.add_option("--second-path", o.second_path,
                                       "Dove stanno backup.keys, il registro delle cancellazioni "
                                       "e la copia della testa"))
      ->type_name("CARTELLA");
}

void add_number(CLI::App& app, Options& o) {
  app.add_option("--number", o.backup_number, "Numero della copia (senza: la più recente)")
      ->type_name("NUMERO");
}

}  // namespace

void add_backups(CLI::App& app, Options& o) {
  auto* backup = app.add_subcommand(
      "backup", "Copia l'archivio, anche mentre è in uso: cifrato, firmato, solo ciò che è nuovo");
  add_store(*backup, o);
  add_target(*backup, o);
  backup->add_option("--keep", o.keep_days, "Per quanti giorni restano le copie precedenti")
      ->type_name("GIORNI")
      ->check(CLI::Range(1u, 3650u).description("fra 1 e 3650"));
  backup->callback([&o] { o.verb = Verb::backup; });

  auto* verify = app.add_subcommand(
      "verify-backup", "Controlla una copia contro il suo elenco firmato, senza ripristinarla");
  add_target(*verify, o);
  add_second_path(*verify, o)->required();
  add_number(*verify, o);
  add_format(*verify, o);
  verify->callback([&o] { o.verb = Verb::verify_backup; });

  auto* restore = app.add_subcommand(
      "restore", "Ripristina una copia in una cartella vuota e ripete le cancellazioni");
  add_store(*restore, o);
  add_target(*restore, o);
  add_second_path(*restore, o)->required();
  path_option(o,
              restore->add_option("--journal-mirror", o.journal_mirror,
                                  "Dove tenere la copia del giornale dell'archivio ripristinato"))
      ->type_name("CARTELLA");
  add_number(*restore, o);
  auto* drill = restore->add_flag("--drill", o.drill,
                                  "Prova di ripristino: la copia si può verificare, non usare");
  restore
      ->add_flag("--register-from-copy", o.register_from_copy,
                 "Solo se il registro delle cancellazioni è perduto: prende quello della copia più "
                 "recente")
      ->excludes(drill);
  restore->callback([&o] { o.verb = Verb::restore; });

  auto* accept = app.add_subcommand("accept-older-head",
                                    "Accetta un archivio più vecchio di quanto è noto: comincia "
                                    "un'era con origine e chiave nuove");
  add_store(*accept, o);
  accept->add_option("--size", o.accepted_size, "Quanti eventi ha l'archivio che si accetta")
      ->type_name("EVENTI")
      ->required();
  accept->add_option("--reason", o.reason, "Perché, come resta scritto nel registro")
      ->type_name("MOTIVO")
      ->required()
      ->check(CLI::Validator(
          [](const std::string& text) {
            return text.size() >= 10 && text.size() <= 500 ? std::string()
                                                           : std::string("fra 10 e 500 byte");
          },
          "fra 10 e 500 byte"));
  accept->callback([&o] { o.verb = Verb::accept_older_head; });

  auto* upgrade = app.add_subcommand(
      "upgrade", "Prepara l'archivio per questo programma: controlla, copia, poi converte");
  add_store(*upgrade, o);
  path_option(o,
              upgrade->add_option("TARGET", o.target, "Cartella delle copie, su un altro disco"));
  upgrade->add_flag("--check", o.check_only, "Solo i controlli: non cambia nulla");
  upgrade->callback([&o] { o.verb = Verb::upgrade; });
}

}  // namespace cartella::ops
