// ops/workspace.h: one opened data directory: vault, log, reference, accounts, views, in order.
//
// The vault opens first (its named secrets sign and encrypt the rest), then the log recovers, then
// what the log says about keys is replayed into the vault, then the views. Closing goes backwards.
// Threads: opened and closed by one thread; the parts say what they allow.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "cases/access_log.h"
#include "cases/executor.h"
#include "cases/key_account.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "keeping/log_keys.h"
#include "keeping/server_keys.h"
#include "ops/options.h"
#include "projections/engine.h"
#include "projections/event_source.h"
#include "store/accounts.h"
#include "store/reference.h"
#include "store/store.h"

namespace cartella::ops {

// First line of a file of at most 4 KiB. `what` names it in errors. invalid_input: empty, too long,
// not a regular file, or open to its group or to others; io.
Result<crypto::Passphrase> read_passphrase(const std::filesystem::path& file,
                                           const std::string& what = "della frase di accesso");

// Both lines of such a file: a password and a one-time code.
Result<std::pair<crypto::Passphrase, crypto::Passphrase>> read_credential_lines(
    const std::filesystem::path& file);

struct WorkspaceOptions {
  bool with_views = true;
  bool with_executor = false;
  bool with_reference = false;
  bool with_accounts = false;
  // Who confirms the clock (confirm_clock), zero for the installation itself.
  std::optional<OperatorId> clock_confirmed_by;
  bool verify_files = false;      // of vault, reference, views, accounts, each before it is opened
  bool fast_passphrase = false;   // tests
  bool register_schemas = false;  // upgrade: what this program writes and the log does not know
  bool finish_restore = false;    // restore: before its end, and without the head that is known
  bool finish_era = false;        // accept-older-head: the genesis of the new era may be missing
  bool disk_reserve = true;       // tests turn it off: a small disk must do
};

class Workspace {
 public:
  // What open of Vault, Store, Engine, Reference and Accounts return; refused: an unknown
  // operator confirms the clock. unsupported: with an executor, which writes what the log has no
  // schema of before an upgrade; where nothing else is written, decided erasures wait for it. With
  // views: an erasure that was decided and not carried out to its end is, first; what
  // finish_erasures returns. A log that is older than what is known of it opens read-only
  // (Store::rollback), with its keys as they are.
  static Result<std::unique_ptr<Workspace>> open(const std::filesystem::path& dir,
                                                 const crypto::RootSource& source,
                                                 const WorkspaceOptions& options);
  // Makes an empty, encrypted store. invalid_argument: the directory is not empty.
  static Result<std::unique_ptr<Workspace>> create(const std::filesystem::path& dir,
                                                   const crypto::RootSource& source,
                                                   const Options& options,
                                                   const WorkspaceOptions& workspace);
  ~Workspace();
  // The store is complete: until then open() refuses it, so that nobody works in half a one.
  Status finish_creation();
  // Makes key assignments and views durable; the destructor does it too, but cannot tell of errors.
  Status close();
  // Where the clock is suspect, an event says who accepted which jump; else nothing is written.
  // refused: an unknown operator. What Executor::execute returns.
  Status confirm_clock(const OperatorId& confirmed_by);

  // What the register of erasures beside the log names; nothing where it does not verify.
  cases::KnownErasures known_erasures() const;
  // Of a controller that leaves: residents, streets and civil statuses of its comune are gone on
  // return, whether the reference is open or not. Idempotent. What Reference returns.
  Status forget_registry(const cases::Executor& executor, const ControllerId& controller);
  // For a restore: what the register lists and the log does not tell of goes from its rows, too.
  // Answers how many erasures. What read_erasures and purge_erased return.
  Result<std::size_t> purge_erased();

  const std::filesystem::path& dir() const { return x_dir; }
  const Clock& clock() const { return x_clock; }
  crypto::Vault& vault() { return *x_vault; }
  store::Store& store() { return *x_store; }
  const store::Store& store() const { return *x_store; }
  store::Reference& reference() { return *x_reference; }
  bool has_reference() const { return x_reference != nullptr; }
  bool has_accounts() const { return x_accounts != nullptr; }
  store::Accounts& accounts() { return *x_accounts; }
  projections::Engine& engine() { return *x_engine; }
  cases::Executor& executor() { return *x_executor; }
  cases::AccessLog& access_log() { return *x_access_log; }  // where there is an executor
  const crypto::Signer& log_key() const { return x_log_keys->in_force(); }
  keeping::LogKeys& log_keys() { return *x_log_keys; }
  const crypto::Signer& server_key() const { return x_server_keys->in_force(); }
  keeping::ServerKeys& server_keys() { return *x_server_keys; }
  // Where there is an executor.
  keeping::ServerKeys::On for_rotation();
  // Of the genesis: production, test or training. corrupt, io.
  Result<std::string> mode() const;
  // Held by whoever carries erasures out: one at a time.
  std::mutex& erasing() { return x_erasing; }
  // Held by whoever changes backup.keys: a backup, and who ends the keys of old copies.
  std::mutex& copying() { return x_copying; }
  // Where the register of erasures lies: on the second path where there is one.
  const std::filesystem::path& register_folder() const { return x_register_folder; }
  // What check_register had to say when erasures were to go on at the start, and did not.
  const Status& register_at_start() const { return x_register_at_start; }
  // Signs that register.
  const crypto::Signer& register_key() const { return *x_register_key; }

 private:
  explicit Workspace(std::filesystem::path dir) : x_dir(std::move(dir)) {}
  Status settle_keys(const WorkspaceOptions& options);
  Status open_rest(const WorkspaceOptions& options);
  Status settle_schemas(const WorkspaceOptions& options);
  Status finish_rotations();
  Status resume_erasures();

  std::filesystem::path x_dir;
  std::filesystem::path x_register_folder;
  Status x_register_at_start = ok();
  std::mutex x_erasing;
  std::mutex x_copying;
  SystemClock x_clock;
  bool x_keys_settled = false;
  std::unique_ptr<crypto::Vault> x_vault;
  std::unique_ptr<crypto::Signer> x_register_key;
  std::unique_ptr<keeping::LogKeys> x_log_keys;
  std::unique_ptr<keeping::ServerKeys> x_server_keys;
  std::unique_ptr<cases::BenefitCodes> x_codes;
  std::unique_ptr<store::Store> x_store;
  std::unique_ptr<store::Reference> x_reference;
  std::unique_ptr<store::Accounts> x_accounts;
  std::unique_ptr<projections::StoreSource> x_source;
  std::unique_ptr<projections::Engine> x_engine;
  std::unique_ptr<cases::Executor> x_executor;
  std::unique_ptr<cases::AccessLog> x_access_log;
};

// Of acts of the installation itself: no person acts, the command line does. `basis` is also the
// purpose.
cases::CommandContext installation_context(const Workspace& workspace, const std::string& basis);

}  // namespace cartella::ops
