// ops/run.h: what each verb of the command line does.
//
// Every function answers an exit code (ops/exit_code.h) or the error that print_error words.
// Results go to the console's `out`, messages to `err`, in Italian and without personal data in
// errors. Threads: one at a time on one store.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "ops/console.h"
#include "ops/options.h"

namespace cartella::ops {

// What a verb needs of the data directory.
enum class Place : std::uint8_t {
  anywhere,   // nothing
  store,      // a store that it opens, or the server's
  exclusive,  // that no other process holds it
};
Place place_of(Verb verb);
// What a run reads from `in`.
enum class Input : std::uint8_t { none, line, whole };
Input input_of(const Options& options);

// in_use: the verb is exclusive and the console has the server's store.
Result<int> run(const Options& options, Console& console);
// Runs, and prints the error if there is one. Answers the exit code.
int run_to_exit(const Options& options, Console& console);
// One line on `err`: the code in Italian, then the detail. Answers the exit code.
int print_error(const Error& error, const Console& console);
// in_use: of a verb whose place is exclusive, where a server holds the store.
Error wants_store_alone();

Result<int> run_init(const Options& options, Console& console);
Result<int> run_registry_enable(const Options& options, Console& console);
Result<int> run_registry_disable(const Options& options, Console& console);
Result<int> run_import_registry(const Options& options, Console& console);
Result<int> run_import_predecessor(const Options& options, Console& console);
Result<int> run_import_close(const Options& options, Console& console);
Result<int> run_report(const Options& options, Console& console);
Result<int> run_timeline(const Options& options, Console& console);
Result<int> run_replay(const Options& options, Console& console);
Result<int> run_dsar(const Options& options, Console& console);
Result<int> run_person(const Options& options, Console& console);
Result<int> run_case(const Options& options, Console& console);
Result<int> run_card(const Options& options, Console& console);
Result<int> run_caseload(const Options& options, Console& console);
Result<int> run_register(const Options& options, Console& console);
Result<int> run_organisation(const Options& options, Console& console);
Result<int> run_record(const Options& options, Console& console);
Result<int> run_published(const Options& options, Console& console);
Result<int> run_verify(const Options& options, Console& console);
Result<int> run_checkpoint(const Options& options, Console& console);
Result<int> run_prove(const Options& options, Console& console);
Result<int> run_rebuild(const Options& options, Console& console);
Result<int> run_check(const Options& options, Console& console);
Result<int> run_audit_bundle(const Options& options, Console& console);
Result<int> run_verify_bundle(const Options& options, Console& console);
Result<int> run_disclose_segment(const Options& options, Console& console);
Result<int> run_serve(const Options& options, Console& console);
Result<int> run_backup(const Options& options, Console& console);
Result<int> run_verify_backup(const Options& options, Console& console);
Result<int> run_restore(const Options& options, Console& console);
Result<int> run_accept_older_head(const Options& options, Console& console);
Result<int> run_upgrade(const Options& options, Console& console);
Result<int> run_witness_init(const Options& options, Console& console);
Result<int> run_witness_follow(const Options& options, Console& console);
Result<int> run_witness_status(const Options& options, Console& console);
Result<int> run_witness_serve(const Options& options, Console& console);
Result<int> run_stats(const Options& options, Console& console);
Result<int> run_demo_data(const Options& options, Console& console);
Result<int> run_erasure_dry_run(const Options& options, Console& console);
Result<int> run_erasure_propose(const Options& options, Console& console);
Result<int> run_erasure_decide(const Options& options, Console& console);
Result<int> run_erasure_status(const Options& options, Console& console);
Result<int> run_erasure_certificate(const Options& options, Console& console);
Result<int> run_erasure_rewrite_register(const Options& options, Console& console);
Result<int> run_erasure_export(const Options& options, Console& console);
Result<int> run_hold_place(const Options& options, Console& console);
Result<int> run_hold_lift(const Options& options, Console& console);
Result<int> run_hold_list(const Options& options, Console& console);
Result<int> run_restriction_place(const Options& options, Console& console);
Result<int> run_restriction_lift(const Options& options, Console& console);
Result<int> run_restriction_list(const Options& options, Console& console);
Result<int> run_retention_set(const Options& options, Console& console);
Result<int> run_retention_list(const Options& options, Console& console);
Result<int> run_read_export(const Options& options, Console& console);
Result<int> run_account_create(const Options& options, Console& console);
Result<int> run_account_reset(const Options& options, Console& console);
Result<int> run_account_disable(const Options& options, Console& console);
Result<int> run_account_list(const Options& options, Console& console);
Result<int> run_account_token(const Options& options, Console& console);
Result<int> run_account_tokens(const Options& options, Console& console);
Result<int> run_account_revoke(const Options& options, Console& console);
Result<int> run_keys_list(const Options& options, Console& console);
Result<int> run_keys_rotate_root(const Options& options, Console& console);
Result<int> run_keys_rotate_shards(const Options& options, Console& console);
Result<int> run_keys_rotate_owners(const Options& options, Console& console);
Result<int> run_keys_rotate_signing(const Options& options, Console& console);
Result<int> run_keys_rotate_log(const Options& options, Console& console);
Result<int> run_unseal(const Options& options, Console& console);
Result<int> run_seal_now(const Options& options, Console& console);

}  // namespace cartella::ops
