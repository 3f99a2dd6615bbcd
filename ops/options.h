// ops/options.h: the command line as values.
//
// Identifiers of the people in care are never arguments, since a process list is public: they are
// read from standard input or from a file, and so are passwords. Names of users are arguments.
// Threads: values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "api/connections.h"
#include "base/ids.h"
#include "ops/output.h"

namespace cartella::ops {

struct Console;

enum class Verb {
  none,
  init,
  registry_enable,
  registry_disable,
  import_registry,
  import_predecessor,
  import_close,
  report,
  timeline,
  replay,
  dsar,
  person,
  case_file,
  card,
  caseload,
  intake_register,
  organisation,
  record,
  published,
  verify,
  checkpoint,
  prove,
  rebuild,
  demo_data,
  stats,
  serve,
  check,
  erasure_dry_run,
  erasure_propose,
  erasure_decide,
  erasure_status,
  erasure_certificate,
  erasure_rewrite_register,
  erasure_export,
  hold_place,
  hold_lift,
  hold_list,
  restriction_place,
  restriction_lift,
  restriction_list,
  retention_set,
  retention_list,
  read_export,
  backup,
  verify_backup,
  restore,
  accept_older_head,
  upgrade,
  witness_init,
  witness_follow,
  witness_status,
  witness_serve,
  audit_bundle,
  verify_bundle,
  disclose_segment,
  account_create,
  account_reset,
  account_disable,
  account_list,
  account_token,
  account_tokens,
  account_revoke,
  keys_list,
  keys_rotate_root,
  keys_rotate_shards,
  keys_rotate_owners,
  keys_rotate_signing,
  keys_rotate_log,
  unseal,
  seal_now,
};

struct Options {
  Verb verb = Verb::none;
  std::filesystem::path data;
  std::filesystem::path passphrase_file;
  std::string root_key;  // ops/root_key_choice.h; empty without passphrase_file: asked for
  Format format = Format::table;
  bool quiet = false;
  std::filesystem::path working_directory;  // relative paths start here; empty: the process's own
  // init
  std::string ambito;
  std::string slug;
  std::string region;  // ISTAT code, two digits; empty only outside of production
  std::string mode = "production";
  std::filesystem::path head_copy;
  std::filesystem::path journal_mirror;
  // COMUNE[,COMUNE...]:ACT:YYYY-MM-DD; of tests and training, which no act orders.
  std::vector<std::string> enable_registry;
  // registry
  std::vector<std::string> comuni;  // Belfiore
  std::string act;
  std::string expires;  // YYYY-MM-DD
  // imports
  std::vector<std::filesystem::path> files;
  std::filesystem::path directory;
  std::filesystem::path rejects;
  bool new_migration = false;
  // report, register
  std::string report;
  std::string by;
  std::vector<std::string> group_by;
  std::string zone;
  std::string comune;
  std::string office;
  std::string sector;
  std::string category;
  std::string since;
  std::string until;
  std::uint32_t rows_max = 1000;
  // queries; a day for the ages of a report
  std::filesystem::path from;
  std::string purpose = "amministrazione del sistema";  // of a look, as it stands in its record
  std::string as_of;
  std::string valid_at;
  bool details = false;              // person
  std::vector<std::string> compare;  // replay: two moments
  bool proofs = false;               // replay
  bool names = false;                // replay: user names of those who acted
  int birth_year = 0;                // person; 0: any
  bool counts = false;               // caseload
  bool publish = false;              // report
  bool all_cells = false;            // report: small cells too
  std::string published;             // stream of a published report
  // dsar
  std::string rights_kind;  // gdpr15, l241, giudice, difensore
  std::string requester;
  std::string title;
  std::filesystem::path out;
  // erasure
  std::string proposal;  // its event
  std::string basis;
  std::string outcome;
  std::string ground;
  std::vector<std::uint64_t> kept_mentions;
  std::vector<std::uint64_t> erased_mentions;
  bool keep_all_mentions = false;
  bool whole_comune = false;                       // the controller leaves
  std::filesystem::path receiver_passphrase_file;  // erasure export, read-export
  std::filesystem::path export_folder;             // erasure decide, read-export
  bool with_events = false;                        // read-export
  // hold, restriction
  std::vector<std::string> items;  // streams of the person; none: everything
  std::string placed;              // the event that is lifted
  std::string authority;
  std::string notice;
  std::uint64_t months = 0;  // retention set
  // verify, prove
  bool tree_only = false;
  std::filesystem::path against;
  std::uint64_t memory_mib = 1024;
  std::string event_id;
  std::optional<std::uint64_t> consistency;  // the older tree size
  // serve
  std::string listen = "127.0.0.1:8443";
  std::filesystem::path certificate;  // PEM; empty: one that signs itself, for localhost
  std::filesystem::path certificate_key;
  std::filesystem::path ocsp_response;  // DER; empty: none
  api::ConnectionLimits connections;
  std::vector<std::string> hosts;           // that requests may name, besides localhost
  std::uint32_t requests_per_second = 100;  // of one principal
  bool sealed = false;                      // serve: start without a key
  std::string new_root_key;                 // keys rotate-root
  std::filesystem::path witness_policy;     // verify too
  std::filesystem::path witness_ca;         // PEM; empty: the system's
  std::string time_stamp_url;
  std::filesystem::path time_stamp_ca;      // PEM; verify, verify-bundle too
  std::filesystem::path time_stamp_tls_ca;  // PEM; empty: the system's
  std::uint32_t time_stamp_seconds = 600;
  std::string vkey;          // check, witness follow, verify-bundle
  std::string witness_name;  // witness init
  // audit-bundle
  std::uint64_t from_position = 0;
  std::optional<std::uint64_t> to_position;
  // verify-bundle
  std::filesystem::path bundle;
  std::filesystem::path segment;
  // disclose-segment
  std::uint64_t segment_position = 0;
  std::uint64_t segment_index = 0;
  std::uint32_t requests_in_flight = 32;  // of one principal
  std::uint32_t streams = 16;             // of one principal
  // rebuild
  std::string view;
  // account
  std::string username;
  std::filesystem::path password_file;
  std::filesystem::path totp_secret_file;
  std::filesystem::path credential_file;  // of verbs that act for a person: password and code
  bool keep_password = false;  // the person chose it: it need not be changed at the first log-in
  std::string role;
  std::string ente;
  std::string unit;
  std::string label;
  std::string token_id;
  // backup, verify-backup, restore
  std::filesystem::path target;
  std::filesystem::path second_path;           // backup.keys, erasure register, head copy
  std::optional<std::uint64_t> backup_number;  // the newest where none is named
  std::uint32_t keep_days = 30;
  bool drill = false;
  bool register_from_copy = false;
  // accept-older-head
  std::uint64_t accepted_size = 0;
  std::string reason;
  bool check_only = false;  // upgrade
  // demo-data
  std::uint64_t seed = 1;
  std::uint32_t people = 0;
  std::optional<OperatorId> clock_confirmed_by;  // zero: the installation itself
};

// Parses the words after the program's name; prints help or the error itself. Empty where the run
// should end with `exit_code`. Paths among the words start in `directory`; empty: the process's
// own.
std::optional<Options> parse_options(const std::vector<std::string>& words, const Console& console,
                                     int& exit_code, const std::filesystem::path& directory = {});

}  // namespace cartella::ops
