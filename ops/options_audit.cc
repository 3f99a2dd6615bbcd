#include <CLI/CLI.hpp>
#include <map>

#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

// A verdict is told to people or to machines; it is no table.
const std::map<std::string, Format> kFormats = {{"table", Format::table}, {"json", Format::json}};

void add_write(CLI::App& app, Options& o) {
  auto* write = app.add_subcommand(
      "audit-bundle",
      "Scrive il fascicolo per chi controlla da fuori: foglie, firme, chiavi, checkpoint; nessun "
      "dato personale");
  add_store(*write, o);
  require_size(
      write->add_option("--from", o.from_position, "Prima posizione (senza: dall'inizio)"));
  require_size(write->add_option("--to", o.to_position,
                                 "Posizione a cui fermarsi, esclusa (senza: tutto ciò che è "
                                 "firmato)"));
  path_option(o, write->add_option("--output", o.out,
                                   "File da creare (senza: standard output, al più 60 MiB se un "
                                   "server tiene l'archivio)"))
      ->type_name("FILE");
  require_file(path_option(o, write->add_option("--witness-policy", o.witness_policy,
                                                "Politica dei testimoni, da mettere nel "
                                                "fascicolo")));
  write->callback([&o] { o.verb = Verb::audit_bundle; });
}

void add_verify(CLI::App& app, Options& o) {
  auto* verify = app.add_subcommand("verify-bundle",
                                    "Controlla un fascicolo senza archivio né chiavi segrete, e "
                                    "dice che cosa prova e che cosa no");
  require_file(path_option(o, verify->add_option("FILE", o.bundle, "Il fascicolo"))->required());
  verify
      ->add_option("--log-key", o.vkey,
                   "Chiave pubblica del registro, avuta da altra via (senza: quella che il "
                   "fascicolo dice, che così non è provata)")
      ->type_name("CHIAVE");
  require_file(path_option(
      o, verify->add_option("--witness-policy", o.witness_policy,
                            "Politica dei testimoni, avuta da altra via (senza: quella che il "
                            "fascicolo dice)")));
  require_file(path_option(
      o, verify->add_option("--time-stamp-ca", o.time_stamp_ca,
                            "Certificati delle autorità di marcatura temporale (PEM)")));
  require_file(path_option(
      o, verify->add_option("--segment", o.segment,
                            "Un segmento comunicato (disclose-segment): prova che fu registrato "
                            "proprio quel testo")));
  verify->add_option("--format", o.format, "table (a parole) o json")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->type_name("FORMATO");
  verify->callback([&o] { o.verb = Verb::verify_bundle; });
}

void add_disclose(CLI::App& app, Options& o) {
  auto* disclose = app.add_subcommand(
      "disclose-segment",
      "Stampa un segmento di un evento con quanto serve a provarlo; l'accesso resta registrato");
  add_store(*disclose, o);
  require_size(
      disclose->add_option("POSIZIONE", o.segment_position, "Posizione dell'evento")->required());
  require_size(disclose
                   ->add_option("INDICE", o.segment_index,
                                "Quale segmento: 0 è l'intestazione, 1 il primo corpo")
                   ->required());
  add_purpose(*disclose, o);
  disclose->callback([&o] { o.verb = Verb::disclose_segment; });
}

}  // namespace

void add_audit(CLI::App& app, Options& o) {
  add_write(app, o);
  add_verify(app, o);
  add_disclose(app, o);
}

}  // namespace cartella::ops
