// ops/options_parts.h: the parts of the command line that options.cc puts together.
//
// The argument parser is told where in `o` each value goes, so `o` must outlive the parsing.
// Threads: the main thread, once.
#pragma once

#include "ops/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cartella::ops {

// What every verb that opens a store takes: --data, --passphrase-file, --format and the like.
void add_store(CLI::App& app, Options& o);
void add_format(CLI::App& app, Options& o);
// --listen, --certificate, --key, --host.
void add_listening(CLI::App& app, Options& o);
// For every option that names a file or a folder: a relative path starts where `o` says. Answers
// the option.
CLI::Option* path_option(const Options& o, CLI::Option* option);
// --purpose of verbs that show people.
void add_purpose(CLI::App& app, Options& o);
// report, timeline, person, case, card, caseload, register, organisation.
void add_queries(CLI::App& app, Options& o);
// erasure dry-run, propose, export, decide, status, certificate.
void add_erasures(CLI::App& app, Options& o);
// --user and --credential-file of verbs that act for a person (ops/acting_person.h).
void add_actor(CLI::App& app, Options& o);
// hold place, lift, list; restriction place, lift, list; retention set, list.
void add_holds(CLI::App& app, Options& o);
void add_read_export(CLI::App& app, Options& o);
// audit-bundle, verify-bundle, disclose-segment.
void add_audit(CLI::App& app, Options& o);
// account create, reset, disable, list, token, tokens, revoke.
void add_accounts(CLI::App& app, Options& o);
// keys list and its rotations, unseal, seal-now.
void add_keys(CLI::App& app, Options& o);

// backup, verify-backup, restore, accept-older-head, upgrade.
void add_backups(CLI::App& app, Options& o);
// witness init, follow, status, serve.
void add_witness(CLI::App& app, Options& o);
// Of serve: who cosigns and time-stamps; of verify: by what these are judged.
void add_anchoring(CLI::App& serve, Options& o);
void add_anchor_check(CLI::App& verify, Options& o);

}  // namespace cartella::ops
