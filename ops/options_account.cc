#include <CLI/CLI.hpp>

#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

void add_secrets(CLI::App& app, Options& o) {
  add_store(app, o);
  app.add_option("USERNAME", o.username, "Nome utente di un operatore del registro")->required();
  require_file(app.add_option("--password-file", o.password_file,
                              "File con la password (prima riga, 12 caratteri o più)")
                   ->required());
  require_file(app.add_option("--totp-secret-file", o.totp_secret_file,
                              "File con il segreto dei codici a tempo in Base32 (senza: ne fa uno "
                              "nuovo)"));
  app.add_flag(
      "--keep-password", o.keep_password,
      "La password l'ha scelta la persona: non va cambiata al primo accesso; senza, vale sette "
      "giorni");
}

void add_tokens(CLI::App& account, Options& o) {
  auto* token = account.add_subcommand(
      "token", "Crea un gettone per una macchina e lo mostra, una volta sola");
  add_store(*token, o);
  token->add_option("USERNAME", o.username, "Operatore che ne risponde e nel cui nome agisce")
      ->required();
  token->add_option("--role", o.role, "Il solo ruolo in cui agisce")
      ->required()
      ->check(CLI::IsMember({"operatore", "coordinatore", "segretariato", "addetto_diritti",
                             "auditor", "dpo", "referente_applicativo", "amministratore_sistema"}));
  token->add_option("--ente", o.ente, "Id dell'ente (senza: tutto l'ambito)")->type_name("ID");
  token->add_option("--unit", o.unit, "Id del settore o dell'ufficio (senza: l'ente intero)")
      ->type_name("ID");
  token->add_option("--label", o.label, "A che cosa serve, senza dati personali")->required();
  token->add_option("--expires", o.expires, "Ultimo giorno in cui vale, entro un anno (AAAA-MM-GG)")
      ->required()
      ->type_name("GIORNO");
  token->callback([&o] { o.verb = Verb::account_token; });

  auto* tokens = account.add_subcommand("tokens", "Elenca i gettoni, senza le credenziali");
  add_store(*tokens, o);
  tokens->callback([&o] { o.verb = Verb::account_tokens; });

  auto* revoke = account.add_subcommand("revoke", "Revoca un gettone");
  add_store(*revoke, o);
  revoke->add_option("TOKEN_ID", o.token_id, "Id del gettone, 32 cifre esadecimali")->required();
  revoke->callback([&o] { o.verb = Verb::account_revoke; });
}

}  // namespace

void add_accounts(CLI::App& app, Options& o) {
  auto* account = app.add_subcommand(
      "account", "Utenze degli operatori e gettoni delle macchine, a server fermo");
  account->require_subcommand(1);
  auto* create = account->add_subcommand(
      "create", "Dà un'utenza a un operatore e mostra, una volta sola, l'indirizzo otpauth");
  add_secrets(*create, o);
  create->callback([&o] { o.verb = Verb::account_create; });

  auto* reset = account->add_subcommand(
      "reset", "Nuova password e nuovo segreto dei codici; riapre un'utenza chiusa");
  add_secrets(*reset, o);
  reset->callback([&o] { o.verb = Verb::account_reset; });

  auto* disable = account->add_subcommand("disable", "Chiude un'utenza");
  add_store(*disable, o);
  disable->add_option("USERNAME", o.username, "Nome utente")->required();
  disable->callback([&o] { o.verb = Verb::account_disable; });

  auto* list = account->add_subcommand("list", "Elenca le utenze, senza i segreti");
  add_store(*list, o);
  list->callback([&o] { o.verb = Verb::account_list; });
  add_tokens(*account, o);
}

}  // namespace cartella::ops
