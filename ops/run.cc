#include "ops/run.h"

#include <algorithm>
#include <ostream>

#include "ops/exit_code.h"

namespace cartella::ops {

namespace {

struct Rule {
  Verb verb;
  Place place;
  Input input;  // where no file is named by --from
  Result<int> (*run)(const Options& options, Console& console);
};

// A new verb has its line here.
constexpr Rule kRules[] = {
    {Verb::init, Place::exclusive, Input::none, run_init},
    {Verb::registry_enable, Place::store, Input::none, run_registry_enable},
    {Verb::registry_disable, Place::store, Input::none, run_registry_disable},
    {Verb::import_registry, Place::store, Input::none, run_import_registry},
    {Verb::import_predecessor, Place::store, Input::none, run_import_predecessor},
    {Verb::import_close, Place::store, Input::none, run_import_close},
    {Verb::report, Place::store, Input::none, run_report},
    {Verb::timeline, Place::store, Input::line, run_timeline},
    {Verb::dsar, Place::store, Input::line, run_dsar},
    {Verb::person, Place::store, Input::line, run_person},
    {Verb::case_file, Place::store, Input::line, run_case},
    {Verb::card, Place::store, Input::line, run_card},
    {Verb::caseload, Place::store, Input::line, run_caseload},
    {Verb::intake_register, Place::store, Input::none, run_register},
    {Verb::organisation, Place::store, Input::none, run_organisation},
    {Verb::record, Place::store, Input::whole, run_record},
    {Verb::published, Place::store, Input::none, run_published},
    {Verb::verify, Place::store, Input::none, run_verify},
    {Verb::checkpoint, Place::store, Input::none, run_checkpoint},
    {Verb::prove, Place::store, Input::none, run_prove},
    {Verb::rebuild, Place::exclusive, Input::none, run_rebuild},
    {Verb::stats, Place::store, Input::none, run_stats},
    {Verb::replay, Place::store, Input::line, run_replay},
    {Verb::serve, Place::exclusive, Input::none, run_serve},
    {Verb::check, Place::anywhere, Input::none, run_check},
    {Verb::backup, Place::store, Input::none, run_backup},
    {Verb::verify_backup, Place::anywhere, Input::none, run_verify_backup},
    {Verb::restore, Place::exclusive, Input::none, run_restore},
    {Verb::accept_older_head, Place::exclusive, Input::none, run_accept_older_head},
    {Verb::upgrade, Place::exclusive, Input::none, run_upgrade},
    {Verb::witness_init, Place::anywhere, Input::none, run_witness_init},
    {Verb::witness_follow, Place::anywhere, Input::none, run_witness_follow},
    {Verb::witness_status, Place::anywhere, Input::none, run_witness_status},
    {Verb::witness_serve, Place::anywhere, Input::none, run_witness_serve},
    {Verb::audit_bundle, Place::store, Input::none, run_audit_bundle},
    {Verb::verify_bundle, Place::anywhere, Input::none, run_verify_bundle},
    {Verb::disclose_segment, Place::store, Input::none, run_disclose_segment},
    {Verb::demo_data, Place::anywhere, Input::none, run_demo_data},
    {Verb::erasure_dry_run, Place::store, Input::line, run_erasure_dry_run},
    {Verb::erasure_propose, Place::store, Input::line, run_erasure_propose},
    {Verb::erasure_decide, Place::store, Input::none, run_erasure_decide},
    {Verb::erasure_status, Place::store, Input::none, run_erasure_status},
    {Verb::erasure_certificate, Place::store, Input::none, run_erasure_certificate},
    {Verb::erasure_rewrite_register, Place::store, Input::none, run_erasure_rewrite_register},
    {Verb::erasure_export, Place::store, Input::none, run_erasure_export},
    {Verb::hold_place, Place::store, Input::line, run_hold_place},
    {Verb::hold_lift, Place::store, Input::none, run_hold_lift},
    {Verb::hold_list, Place::store, Input::none, run_hold_list},
    {Verb::restriction_place, Place::store, Input::line, run_restriction_place},
    {Verb::restriction_lift, Place::store, Input::none, run_restriction_lift},
    {Verb::restriction_list, Place::store, Input::none, run_restriction_list},
    {Verb::retention_set, Place::store, Input::none, run_retention_set},
    {Verb::retention_list, Place::store, Input::none, run_retention_list},
    {Verb::read_export, Place::anywhere, Input::none, run_read_export},
    {Verb::account_create, Place::exclusive, Input::none, run_account_create},
    {Verb::account_reset, Place::exclusive, Input::none, run_account_reset},
    {Verb::account_disable, Place::exclusive, Input::none, run_account_disable},
    {Verb::account_list, Place::exclusive, Input::none, run_account_list},
    {Verb::account_token, Place::exclusive, Input::none, run_account_token},
    {Verb::account_tokens, Place::exclusive, Input::none, run_account_tokens},
    {Verb::account_revoke, Place::exclusive, Input::none, run_account_revoke},
    {Verb::keys_list, Place::store, Input::none, run_keys_list},
    {Verb::keys_rotate_root, Place::store, Input::none, run_keys_rotate_root},
    {Verb::keys_rotate_shards, Place::store, Input::none, run_keys_rotate_shards},
    {Verb::keys_rotate_owners, Place::store, Input::none, run_keys_rotate_owners},
    {Verb::keys_rotate_signing, Place::store, Input::none, run_keys_rotate_signing},
    {Verb::keys_rotate_log, Place::store, Input::none, run_keys_rotate_log},
    {Verb::unseal, Place::store, Input::none, run_unseal},
    {Verb::seal_now, Place::store, Input::none, run_seal_now},
};

const Rule* find_rule(Verb verb) {
  const auto* const found = std::ranges::find(kRules, verb, &Rule::verb);
  return found == std::end(kRules) ? nullptr : found;
}

// The sentence a user reads before the detail; the code stands behind it for the manual.
std::string_view italian(Errc code) {
  switch (code) {
    case Errc::in_use: return "un altro processo sta usando questa cartella dei dati";
    case Errc::wrong_passphrase: return "la frase di accesso non apre questo archivio";
    case Errc::not_found: return "non trovato";
    case Errc::corrupt: return "dati danneggiati";
    case Errc::rollback: return "l'archivio è più vecchio di quanto si sa per certo";
    case Errc::io: return "errore del disco o del sistema";
    case Errc::out_of_space: return "spazio su disco insufficiente";
    case Errc::clock_suspect: return "l'orologio della macchina è sospetto: usare --confirm-clock";
    case Errc::invalid_argument:
    case Errc::invalid_input: return "richiesta non valida";
    case Errc::unavailable: return "servizio momentaneamente non disponibile";
    default: return "rifiutato";
  }
}

}  // namespace

Place place_of(Verb verb) {
  const Rule* const rule = find_rule(verb);
  return rule == nullptr ? Place::anywhere : rule->place;
}

Input input_of(const Options& options) {
  const Rule* const rule = find_rule(options.verb);
  if (rule == nullptr || !options.from.empty() || options.counts || options.whole_comune)
    return Input::none;
  return rule->input;
}

Result<int> run(const Options& options, Console& console) {
  const Rule* const rule = find_rule(options.verb);
  if (rule == nullptr) return static_cast<int>(kExitUsage);
  if (rule->place == Place::exclusive && console.served != nullptr) return wants_store_alone();
  return rule->run(options, console);
}

Error wants_store_alone() {
  return fail(Errc::in_use,
              "questo comando vuole l'archivio per sé solo: fermare il server e ripetere");
}

int print_error(const Error& error, const Console& console) {
  console.err << "cartella: " << italian(error.code) << " (" << errc_name(error.code)
              << "): " << error.detail << "\n";
  return exit_code_of(error.code);
}

int run_to_exit(const Options& options, Console& console) {
  const auto outcome = run(options, console);
  return outcome ? outcome.value() : print_error(outcome.error(), console);
}

}  // namespace cartella::ops
