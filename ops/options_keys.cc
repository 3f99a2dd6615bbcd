#include <CLI/CLI.hpp>

#include "ops/options_parts.h"

namespace cartella::ops {

namespace {

void add_verb(CLI::App& app, Options& o, const char* name, const char* what, Verb verb) {
  auto* command = app.add_subcommand(name, what);
  add_store(*command, o);
  command->callback([&o, verb] { o.verb = verb; });
}

}  // namespace

void add_keys(CLI::App& app, Options& o) {
  auto* keys = app.add_subcommand("keys", "Le chiavi dell'archivio: elenco e rotazione");
  keys->require_subcommand(1);
  add_verb(*keys, o, "list", "Elenca le chiavi, senza i segreti", Verb::keys_list);
  auto* root = keys->add_subcommand("rotate-root", "Mette una chiave radice al posto dell'altra");
  add_store(*root, o);
  root->add_option("--new-root-key", o.new_root_key,
                   "Da dove viene la nuova, come per --root-key; prompt la chiede due volte")
      ->required()
      ->type_name("FONTE");
  root->callback([&o] { o.verb = Verb::keys_rotate_root; });
  add_verb(*keys, o, "rotate-shards", "Nuove chiavi che avvolgono tutte le altre",
           Verb::keys_rotate_shards);
  add_verb(
      *keys, o, "rotate-owners",
      "Da ora ogni persona, mese e operatore usa una chiave nuova; le vecchie leggono soltanto",
      Verb::keys_rotate_owners);
  add_verb(*keys, o, "rotate-signing",
           "Nuova chiave con cui il server firma; la vecchia è revocata e distrutta",
           Verb::keys_rotate_signing);
  add_verb(*keys, o, "rotate-log",
           "Nuova chiave che firma i checkpoint; stampa quella da dare a chi verifica",
           Verb::keys_rotate_log);
  add_verb(app, o, "unseal", "Dà la chiave radice a un server partito chiuso", Verb::unseal);
  add_verb(app, o, "seal-now",
           "Chiude subito l'archivio di un server: le chiavi lasciano la memoria", Verb::seal_now);
}

}  // namespace cartella::ops
