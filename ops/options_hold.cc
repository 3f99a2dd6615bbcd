#include <CLI/CLI.hpp>

#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

CLI::App& add_verb(CLI::App& app, Options& o, Verb verb, const char* name, const char* what) {
  auto* one = app.add_subcommand(name, what);
  add_store(*one, o);
  one->callback([&o, verb] { o.verb = verb; });
  return *one;
}

void add_whom(CLI::App& app, Options& o) {
  app.add_option("--comune", o.comune, "Codice Belfiore dell'ente titolare")->required();
  path_option(o, app.add_option("--from", o.from,
                                "File con la domanda: 'cf CODICE' (senza: standard input)"));
  app.add_option("--item", o.items,
                 "Flusso di un elemento della persona, 32 cifre esadecimali (ripetibile; senza: "
                 "tutto ciò che è suo)");
}

void add_act(CLI::App& app, Options& o) {
  app.add_option("--act", o.act, "Atto, poche parole senza dati personali")->required();
}

void add_placed(CLI::App& app, Options& o, const char* name) {
  app.add_option(name, o.placed, "Evento, 32 cifre esadecimali")->required();
}

CLI::App& add_group(CLI::App& app, const char* name, const char* what) {
  auto* group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  return *group;
}

void add_hold(CLI::App& app, Options& o) {
  CLI::App& hold = add_group(app, "hold", "Vincoli legali: finché valgono nulla si cancella");
  CLI::App& place = add_verb(hold, o, Verb::hold_place, "place",
                             "Pone un vincolo su una persona o sui suoi dati");
  add_whom(place, o);
  add_actor(place, o);
  add_act(place, o);
  place.add_option("--authority", o.authority, "Autorità che lo chiede, senza dati personali")
      ->required();
  place.add_option("--until", o.until, "Ultimo giorno, AAAA-MM-GG (senza: finché non è tolto)");
  CLI::App& lift = add_verb(hold, o, Verb::hold_lift, "lift", "Toglie un vincolo");
  add_placed(lift, o, "VINCOLO");
  add_actor(lift, o);
  add_act(lift, o);
  add_verb(hold, o, Verb::hold_list, "list", "I vincoli non tolti");
}

void add_restriction(CLI::App& app, Options& o) {
  CLI::App& restriction =
      add_group(app, "restriction", "Limitazioni del trattamento (art. 18 GDPR)");
  CLI::App& place = add_verb(restriction, o, Verb::restriction_place, "place",
                             "Limita il trattamento dei dati di una persona");
  add_whom(place, o);
  add_actor(place, o);
  place.add_option("--ground", o.ground, "Motivo, poche parole senza dati personali")->required();
  CLI::App& lift = add_verb(restriction, o, Verb::restriction_lift, "lift",
                            "Revoca una limitazione, dopo avere avvisato la persona");
  add_placed(lift, o, "LIMITAZIONE");
  add_actor(lift, o);
  lift.add_option("--notice", o.notice,
                  "Come e quando la persona è stata avvisata, senza dati personali")
      ->required();
  lift.add_option("--reason", o.reason, "Motivo, poche parole senza dati personali")->required();
  add_verb(restriction, o, Verb::restriction_list, "list", "Le limitazioni non revocate");
}

void add_retention(CLI::App& app, Options& o) {
  CLI::App& retention = add_group(app, "retention", "Quanto si conserva ogni categoria di dati");
  CLI::App& set = add_verb(retention, o, Verb::retention_set, "set",
                           "Stabilisce per quanti mesi si conserva una categoria");
  set.add_option("--category", o.category, "Categoria di conservazione")->required();
  auto* months = set.add_option("--months", o.months, "Mesi dall'inizio del termine, da 0 a 2400");
  months->required();
  require_size(months);
  add_actor(set, o);
  add_act(set, o);
  add_verb(retention, o, Verb::retention_list, "list", "Le categorie e le regole in vigore");
}

}  // namespace

void add_holds(CLI::App& app, Options& o) {
  add_hold(app, o);
  add_restriction(app, o);
  add_retention(app, o);
}

}  // namespace cartella::ops
