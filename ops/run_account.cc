#include <map>

#include "base/local_time.h"
#include "cases/access_log.h"
#include "cases/bootstrap.h"
#include "crypto/command_id.h"
#include "crypto/password.h"
#include "ops/console.h"
#include "ops/exit_code.h"
#include "ops/question.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

constexpr std::int32_t kTokenDaysMax = 366;

Result<WorkspaceHandle> open_accounts(const Options& options, const Console& console) {
  WorkspaceOptions workspace_options;
  workspace_options.with_accounts = true;
  workspace_options.with_executor = true;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, workspace_options));
  CARTELLA_TRY(workspace->engine().catch_up());
  return workspace;
}

// The operator of the log with that username, in whatever case it is written there.
Result<OperatorId> operator_named(const projections::Organisation& all, const std::string& name) {
  CARTELLA_TRY(const auto wanted, store::normalise_username(name));
  const OperatorId* found = nullptr;
  bool enabled = false;
  for (const auto& [id, worker] : all.operators) {
    const auto known = store::normalise_username(worker.username);
    if (!known || known.value() != wanted) continue;
    if (found != nullptr) return fail(Errc::refused, "più operatori hanno questo nome utente");
    found = &id;
    enabled = worker.enabled;
  }
  if (found == nullptr)
    return fail(Errc::not_found, "nessun operatore del registro ha questo nome utente");
  if (!enabled) return fail(Errc::refused, "l'operatore non è attivo");
  return *found;
}

// Who may log in is changed by administrators, so it is recorded with the log-ins, and before it is
// done (AT-05): no change goes unrecorded, though a record may tell of one that then failed.
Status record_act(Workspace& workspace, cases::Operation operation, const std::string& target) {
  CARTELLA_TRY(const auto log, cases::AccessLog::open(workspace.store(), workspace.vault(),
                                                      workspace.executor(), workspace.clock()));
  cases::Viewer viewer;
  viewer.operator_id = cases::installation_actor();
  viewer.controller = cases::installation_controller();
  viewer.client_id = "cartella";
  viewer.auth_context = "passphrase";
  cases::Look look;
  look.request_id = cases::RequestId::from_view(crypto::new_command_id(workspace.clock()).view());
  look.operation = operation;
  look.controller = cases::installation_controller();
  look.target = target;
  look.relation = cases::Relation::system;
  look.purpose = "amministrazione delle utenze";
  look.severity = cases::Severity::notice;
  look.administrative = true;
  CARTELLA_TRY(log->record(viewer, look));
  return ok();
}

std::string target_of(const OperatorId& worker) { return "account/" + worker.hex(); }

struct Secrets {
  std::string password_hash;
  crypto::TotpSecret totp;
};

Result<Secrets> read_secrets(const Options& options) {
  Secrets secrets;
  CARTELLA_TRY(const auto password, read_passphrase(options.password_file, "della password"));
  CARTELLA_TRY(crypto::check_new_password(password.text, options.username));
  CARTELLA_TRY(secrets.password_hash,
               crypto::hash_password(password.text, crypto::PasswordCost::standard));
  if (options.totp_secret_file.empty()) {
    secrets.totp = crypto::TotpSecret::random();
  } else {
    CARTELLA_TRY(const auto text, read_passphrase(options.totp_secret_file, "del segreto TOTP"));
    CARTELLA_TRY(secrets.totp, crypto::TotpSecret::from_base32(text.text));
  }
  return secrets;
}

void print_account(const Console& console, const Options& options, const std::string& issuer,
                   const OperatorId& worker, const crypto::TotpSecret& totp) {
  const auto username = store::normalise_username(options.username);
  const Table table{
      "account",
      "Utenza (il segreto non sarà più mostrato)",
      {"Utente", "Operatore", "Indirizzo per l'app dei codici"},
      {"username", "operator_id", "otpauth"},
      {{username.value(), worker.hex(), crypto::otpauth_uri(totp, issuer, username.value())}}};
  print_tables(console.out, {table}, options.format);
}

std::string yes_or_no(bool yes) { return yes ? "sì" : "no"; }

Result<UnitId> unit_option(const std::string& text, const char* option) {
  if (text.empty()) return UnitId{};
  auto id = UnitId::parse(text);
  if (!id) return fail(Errc::invalid_argument, std::string(option) + " vuole 32 cifre esadecimali");
  return id.value();
}

}  // namespace

Result<int> run_account_create(const Options& options, Console& console) {
  CARTELLA_TRY(auto secrets, read_secrets(options));
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  CARTELLA_TRY(const auto all, projections::read_organisation(workspace->engine()));
  store::Account account;
  CARTELLA_TRY(account.operator_id, operator_named(all, options.username));
  account.username = options.username;
  account.password_hash = secrets.password_hash;
  account.totp = secrets.totp.clone();
  account.must_change_password = !options.keep_password;
  account.created = account.password_set = workspace->clock().wall();
  CARTELLA_TRY(const auto own, workspace->accounts().find(account.operator_id));
  if (own) return fail(Errc::conflict, "l'operatore ha già un'utenza");
  CARTELLA_TRY(record_act(*workspace, cases::Operation::grant, target_of(account.operator_id)));
  CARTELLA_TRY(workspace->accounts().create(account));
  print_account(console, options, all.ambito.name, account.operator_id, secrets.totp);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_account_reset(const Options& options, Console& console) {
  CARTELLA_TRY(auto secrets, read_secrets(options));
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  CARTELLA_TRY(const auto all, projections::read_organisation(workspace->engine()));
  CARTELLA_TRY(const auto worker, operator_named(all, options.username));
  store::Accounts& accounts = workspace->accounts();
  CARTELLA_TRY(const auto own, accounts.find(worker));
  if (!own) return fail(Errc::not_found, "l'operatore non ha un'utenza");
  CARTELLA_TRY(record_act(*workspace, cases::Operation::correct, target_of(worker)));
  CARTELLA_TRY(accounts.reset(worker, secrets.password_hash, secrets.totp, !options.keep_password,
                              workspace->clock().wall()));
  CARTELLA_TRY(accounts.note_failed_tries(std::nullopt, {accounts.hash_of(options.username)}));
  print_account(console, options, all.ambito.name, worker, secrets.totp);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

// By the account's own name: the operator may have left the service.
Result<int> run_account_disable(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  CARTELLA_TRY(const auto account, workspace->accounts().find(options.username));
  if (!account) return fail(Errc::not_found, "nessuna utenza con questo nome");
  CARTELLA_TRY(record_act(*workspace, cases::Operation::revoke, target_of(account->operator_id)));
  CARTELLA_TRY(workspace->accounts().set_enabled(account->operator_id, false));
  console.out << "Utenza chiusa.\n";
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_account_list(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  CARTELLA_TRY(const auto accounts, workspace->accounts().list());
  CARTELLA_TRY(const auto failed, workspace->accounts().failed_tries());
  std::map<store::UsernameHash, std::uint32_t> failures;
  for (const auto& each : failed) failures[each.username] = each.count;
  Table table{"accounts",
              "Utenze",
              {"Utente", "Operatore", "Attiva", "Password da cambiare", "Codice usato",
               "Errori di fila", "Creata"},
              {"username", "operator_id", "enabled", "must_change_password", "totp_confirmed",
               "failures", "created_at"},
              {}};
  for (const store::Account& each : accounts) {
    const auto at = failures.find(workspace->accounts().hash_of(each.username));
    const std::int64_t count = at == failures.end() ? 0 : at->second;
    table.rows.push_back({each.username, each.operator_id.hex(), yes_or_no(each.enabled),
                          yes_or_no(each.must_change_password), yes_or_no(each.totp_confirmed),
                          count, format_time(each.created)});
  }
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_account_token(const Options& options, Console& console) {
  CARTELLA_TRY(const Date last, parse_iso_date(options.expires));
  store::MachineToken token;
  token.label = options.label;
  token.scope.role = options.role;
  CARTELLA_TRY(token.scope.ente, unit_option(options.ente, "--ente"));
  CARTELLA_TRY(token.scope.unit, unit_option(options.unit, "--unit"));
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  token.created = workspace->clock().wall();
  const Date today = local_day(token.created);
  if (last < today || last.days - today.days > kTokenDaysMax)
    return fail(Errc::refused, "un gettone vale da oggi al più per un anno");
  token.expires = start_of(Date{last.days + 1});
  CARTELLA_TRY(const auto all, projections::read_organisation(workspace->engine()));
  CARTELLA_TRY(token.operator_id, operator_named(all, options.username));
  token.created_by = cases::installation_actor();
  CARTELLA_TRY(
      record_act(*workspace, cases::Operation::grant, target_of(token.operator_id) + "/token"));
  CARTELLA_TRY(const auto made, workspace->accounts().add_token(token));
  const Table table{"token",
                    "Gettone (la credenziale non sarà più mostrata)",
                    {"Id", "Credenziale", "Ruolo", "Scade"},
                    {"token", "bearer", "role", "expires_at"},
                    {{made.id.hex(), made.text, token.scope.role, format_time(token.expires)}}};
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_account_tokens(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  CARTELLA_TRY(const auto tokens, workspace->accounts().tokens());
  Table table{"tokens",
              "Gettoni",
              {"Id", "Etichetta", "Operatore", "Ruolo", "Creato", "Scade", "Revocato"},
              {"token", "label", "operator_id", "role", "created_at", "expires_at", "revoked"},
              {}};
  for (const store::MachineToken& each : tokens)
    table.rows.push_back({each.id.hex(), each.label, each.operator_id.hex(), each.scope.role,
                          format_time(each.created), format_time(each.expires),
                          yes_or_no(each.revoked)});
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_account_revoke(const Options& options, Console& console) {
  CARTELLA_TRY(const auto id, store::TokenId::parse(options.token_id));
  CARTELLA_TRY(auto workspace, open_accounts(options, console));
  CARTELLA_TRY(record_act(*workspace, cases::Operation::revoke, "token/" + id.hex()));
  CARTELLA_TRY(workspace->accounts().revoke_token(id));
  console.out << "Gettone revocato.\n";
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
