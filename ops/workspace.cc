#include "ops/workspace.h"

#include <sys/stat.h>

#include <algorithm>

#include "cases/bootstrap.h"
#include "cases/key_recovery.h"
#include "cases/log_key.h"
#include "cases/registered_schemas.h"
#include "crypto/command_id.h"
#include "crypto/forget.h"
#include "crypto/table_files.h"
#include "keeping/backup.h"
#include "keeping/backup_keys.h"
#include "keeping/data_version.h"
#include "keeping/erasure.h"
#include "keeping/erasure_register.h"
#include "keeping/older_head.h"
#include "keeping/register_check.h"
#include "keeping/restore.h"
#include "keeping/rollback.h"
#include "ops/second_paths.h"
#include "schema/code_lists.h"
#include "store/file_io.h"
#include "store/log_meta.h"

namespace cartella::ops {

namespace {

constexpr std::size_t kPassphraseBytesMax = 4096;
// Stands in a data directory from the first moment of init to the last.
constexpr const char* kUnfinished = "init.incomplete";

// The national list of INPS codes, as decisions ask for it.
class NationalBenefitCodes final : public cases::BenefitCodes {
 public:
  std::optional<std::string> denomination(std::string_view code, Date on) const override {
    const schema::BenefitCode* found = schema::find_benefit_code(code, on);
    if (found == nullptr) return std::nullopt;
    return std::string(found->label);
  }
};

// "Zona Sociale 7" -> "zona-sociale-7": ASCII letters and digits, one dash for anything between.
std::string slug_of(const std::string& name) {
  std::string slug;
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug.push_back(c);
    } else if (c >= 'A' && c <= 'Z') {
      slug.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if (!slug.empty() && slug.back() != '-') {
      slug.push_back('-');
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

store::StoreOptions store_options(const WorkspaceOptions& options, const SecondPaths& paths) {
  store::StoreOptions result;
  if (!options.disk_reserve) result.space_low_bytes = result.space_critical_bytes = 0;
  if (!options.finish_restore) result.head_copy_dir = paths.head_copy;
  result.journal_mirror_dir = paths.journal_mirror;
  result.open_older = true;  // and read-only
  return result;
}

// What the files of the comune said; that there were files stays known.
Status empty_registry(store::Reference& reference, const std::string& comune) {
  using store::ReferenceKind;
  CARTELLA_TRY(const auto residents, reference.file(ReferenceKind::residents, comune));
  if (residents) {
    CARTELLA_TRY(const auto load, reference.replace_residents(comune));
    CARTELLA_TRY(load->commit({residents->date, {}, 0, 0}));
  }
  for (const auto kind : {ReferenceKind::streets, ReferenceKind::civil_statuses}) {
    CARTELLA_TRY(const auto codes, reference.file(kind, comune));
    if (!codes) continue;
    CARTELLA_TRY(reference.replace_codes(kind, comune, {}, {codes->date, {}, 0, 0}));
  }
  return ok();
}

std::filesystem::path register_folder_of(const std::filesystem::path& dir,
                                         const SecondPaths& paths) {
  return paths.head_copy.empty() ? dir / "head" : paths.head_copy;
}

// All of a file that its owner alone may read.
Result<crypto::Passphrase> read_private(const std::filesystem::path& file,
                                        const std::string& what) {
  const auto from = store::File::open_read(file);
  struct stat status {};
  if (!from || ::fstat(from.value().descriptor(), &status) != 0)
    return fail(Errc::io, "il file " + what + " non si legge: " + file.string());
  if (!S_ISREG(status.st_mode))
    return fail(Errc::invalid_input, "il file " + what + " non è un file: " + file.string());
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(Errc::invalid_input,
                "il file " + what + " è aperto ad altri utenti: chmod 600 " + file.string());
  if (status.st_size > static_cast<off_t>(kPassphraseBytesMax))
    return fail(Errc::invalid_input, "il file " + what + " supera 4096 byte");
  crypto::Passphrase content;
  content.text.resize(static_cast<std::size_t>(status.st_size));
  auto* const bytes = reinterpret_cast<std::uint8_t*>(content.text.data());
  CARTELLA_TRY(store::pread_all(from.value(), 0, {bytes, content.text.size()}));
  return content;
}

void end_at_line(crypto::Passphrase& text) {
  text.text.resize(std::min(text.text.find('\n'), text.text.size()));
  if (text.text.ends_with('\r')) text.text.pop_back();
}

}  // namespace

Result<crypto::Passphrase> read_passphrase(const std::filesystem::path& file,
                                           const std::string& what) {
  CARTELLA_TRY(auto passphrase, read_private(file, what));
  end_at_line(passphrase);
  if (passphrase.text.empty())
    return fail(Errc::invalid_input, "la prima riga del file " + what + " è vuota");
  return passphrase;
}

Result<std::pair<crypto::Passphrase, crypto::Passphrase>> read_credential_lines(
    const std::filesystem::path& file) {
  CARTELLA_TRY(auto first, read_private(file, "della credenziale"));
  const std::size_t end = std::min(first.text.find('\n'), first.text.size());
  crypto::Passphrase second(
      std::string_view(first.text).substr(std::min(end + 1, first.text.size())));
  end_at_line(first);
  end_at_line(second);
  if (first.text.empty() || second.text.empty())
    return fail(Errc::invalid_input,
                "il file della credenziale vuole due righe: la password e il codice a sei cifre");
  return std::pair(std::move(first), std::move(second));
}

Status Workspace::finish_creation() {
  std::error_code error;
  std::filesystem::remove(x_dir / kUnfinished, error);
  if (error) return fail(Errc::io, "il nuovo archivio non si può completare");
  return store::fsync_dir(x_dir);
}

Status Workspace::open_rest(const WorkspaceOptions& options) {
  if (options.with_reference) {
    CARTELLA_TRY(auto secret, x_vault->named_secret("reference"));
    if (options.verify_files) {
      CARTELLA_TRY(store::Reference::verify_files(x_dir, secret));
    }
    CARTELLA_TRY(auto reference, store::Reference::open(x_dir, secret));
    x_reference = std::move(reference);
  }
  if (options.with_accounts) {
    CARTELLA_TRY(auto secret, x_vault->named_secret("accounts"));
    if (options.verify_files) {
      CARTELLA_TRY(store::Accounts::verify_files(x_dir, secret));
    }
    CARTELLA_TRY(auto accounts, store::Accounts::open(x_dir, secret));
    x_accounts = std::move(accounts);
  }
  if (options.with_views) {
    CARTELLA_TRY(auto secret, x_vault->named_secret("views"));
    if (options.verify_files) {
      CARTELLA_TRY(projections::Engine::verify_files(x_dir, secret));
    }
    x_source = std::make_unique<projections::StoreSource>(*x_store);
    CARTELLA_TRY(auto engine, projections::Engine::open(x_dir, *x_source, *x_vault, secret, {}));
    x_engine = std::move(engine);
  }
  if (options.with_executor) {
    CARTELLA_TRY(auto executor,
                 cases::Executor::open(*x_store, *x_vault, server_key(), x_clock, *x_codes, {}));
    x_executor = std::move(executor);
    CARTELLA_TRY(x_access_log, cases::AccessLog::open(*x_store, *x_vault, *x_executor, x_clock));
  }
  return ok();
}

// A clock that is believed needs no confirmation, and then nothing is written.
Status Workspace::confirm_clock(const OperatorId& confirmed_by) {
  CARTELLA_TRY(const auto doubt, x_store->clock_doubt());
  if (!doubt) return ok();
  std::unique_ptr<cases::Executor> opened;
  if (!x_executor) {
    CARTELLA_TRY(opened,
                 cases::Executor::open(*x_store, *x_vault, server_key(), x_clock, *x_codes, {}));
  }
  cases::CommandContext context = installation_context(*this, "integrità");
  if (!confirmed_by.is_zero()) context.actor = confirmed_by;
  cases::Executor& executor = x_executor ? *x_executor : *opened;
  CARTELLA_TRY(executor.execute(context, cases::ConfirmClock{doubt->wall, doubt->head}));
  return ok();
}

// Nothing is written that the log does not say how to read. A clock in doubt is confirmed first:
// under it nothing is registered.
Status Workspace::settle_schemas(const WorkspaceOptions& options) {
  const bool registers = options.register_schemas && x_store->rollback();
  CARTELLA_TRY(const auto doubt, x_store->clock_doubt());
  const bool confirms = options.clock_confirmed_by && doubt && x_store->rollback();
  const bool writes = options.with_executor || confirms;
  if (writes && !registers && x_store->rollback()) {
    const auto checked = cases::check_schemas(*x_store);
    if (!checked && checked.error().code == Errc::unsupported)
      return fail(Errc::unsupported,
                  "l'archivio è di un programma precedente e non conosce gli schemi di questo: "
                  "eseguire cartella upgrade (" +
                      checked.error().detail + ")");
    if (!checked) return checked;
  }
  if (confirms) {
    CARTELLA_TRY(confirm_clock(*options.clock_confirmed_by));
  }
  if (!registers) return ok();
  CARTELLA_TRY(cases::register_schemas(
      *x_store, cases::InstallationCalls(*x_store, *x_vault, server_key(), x_clock)));
  return ok();
}

// Rotations that a kill left half done. A clock in doubt or a full disk puts them off to the next
// start: both keys are good until then.
Status Workspace::finish_rotations() {
  Status finished = x_server_keys->finish(for_rotation());
  if (finished) finished = x_log_keys->finish(for_rotation());
  if (!finished &&
      (finished.error().code == Errc::clock_suspect || finished.error().code == Errc::out_of_space))
    return ok();
  return finished;
}

// What a kill left half done goes on before anybody reads. A clock in doubt or a full disk stops
// the record of the completion, not the forgetting before it; a register that lacks records stops
// the forgetting, and what was decided stays hidden. The next start comes back to it.
Status Workspace::resume_erasures() {
  if (!cases::check_schemas(*x_store)) return ok();  // an upgrade comes first
  // Views of earlier positions, of a run that was killed.
  CARTELLA_TRY(crypto::forget_files(x_dir / "past"));
  std::unique_ptr<cases::Executor> opened;
  if (!x_executor) {
    CARTELLA_TRY(opened,
                 cases::Executor::open(*x_store, *x_vault, server_key(), x_clock, *x_codes, {}));
  }
  const std::lock_guard lock(x_erasing);
  const auto checked =
      keeping::check_register(*x_store, x_register_folder, x_register_key->public_key());
  if (!checked && checked.error().code == Errc::refused) {
    x_register_at_start = checked.error();
    return ok();
  }
  cases::Executor& known = x_executor ? *x_executor : *opened;
  const auto done = keeping::finish_erasures(
      {*x_store, *x_vault, *x_engine, known, register_key(), x_clock, x_register_folder,
       [&](const ControllerId& controller) { return forget_registry(known, controller); }});
  Status ended = done ? Status(ok()) : Status(done.error());
  if (done && done.value() > 0) ended = keeping::ask_for_backup(x_dir);
  if (ended || ended.error().code == Errc::clock_suspect ||
      ended.error().code == Errc::out_of_space)
    return ok();
  return ended;
}

// Keys that only lost events use must not be destroyed before somebody has decided what to do.
Status Workspace::settle_keys(const WorkspaceOptions& options) {
  CARTELLA_TRY(const auto from, x_vault->remembered_through());
  if (from > x_store->size())
    x_store->declare_rollback("the vault knows of " + std::to_string(from) +
                              " events, but the log holds " + std::to_string(x_store->size()));
  CARTELLA_TRY(const auto older, keeping::find_rollback(*x_store, x_dir));
  if (older) x_store->declare_rollback(*older);
  CARTELLA_TRY(const auto meta, store::read_meta(x_dir));
  const bool is_unfinished = keeping::is_unfinished_era(meta, *x_store);
  if (is_unfinished && !options.finish_era)
    x_store->declare_rollback("accept-older-head did not end: repeat it");
  // The genesis of an era enrols it.
  if (!x_server_keys->is_known() && !is_unfinished)
    x_store->declare_rollback("the log does not know the key of the server that the vault has");
  if (!x_store->rollback()) return ok();
  CARTELLA_TRY(cases::recover_keys(*x_store, *x_vault, from, known_erasures()));
  x_keys_settled = true;
  CARTELLA_TRY(const auto folder, keeping_folder(x_dir));
  // A clock that jumped must not end them; nor is a damaged file a reason not to serve.
  CARTELLA_TRY(const auto doubt, x_store->clock_doubt());
  if (!doubt) (void)keeping::expire_vault_keys(folder, x_clock.wall());
  return ok();
}

cases::KnownErasures Workspace::known_erasures() const {
  cases::KnownErasures known;
  const auto folder = keeping_folder(x_dir);
  if (!folder) return known;
  const auto records =
      keeping::read_erasures(folder.value(), x_store->log_id(), x_register_key->public_key());
  // A damaged register answers for nothing: what it would have explained is then told as lost.
  if (!records) return known;
  for (const auto& record : records.value()) {
    known.owner_keys.insert(record.owner_keys.begin(), record.owner_keys.end());
    known.streams.insert(record.streams.begin(), record.streams.end());
    const auto decided = x_store->position_of(record.decision);
    if (!decided && decided.error().code == Errc::not_found) known.beyond_log = true;
  }
  return known;
}

Status Workspace::forget_registry(const cases::Executor& executor, const ControllerId& controller) {
  std::error_code error;
  if (!std::filesystem::exists(x_dir / "reference", error)) return ok();
  std::unique_ptr<store::Reference> opened;
  if (!x_reference) {
    CARTELLA_TRY(const auto secret, x_vault->named_secret("reference"));
    CARTELLA_TRY(opened, store::Reference::open(x_dir, secret));
  }
  store::Reference& reference = x_reference ? *x_reference : *opened;
  const auto organisation = executor.organisation();
  for (const auto& [ente, data] : organisation->entes) {
    if (cases::controller_of(ente) != controller || data.belfiore.empty()) continue;
    CARTELLA_TRY(empty_registry(reference, data.belfiore));
  }
  return ok();
}

Result<std::size_t> Workspace::purge_erased() {
  CARTELLA_TRY(const auto folder, keeping_folder(x_dir));
  CARTELLA_TRY(const auto records,
               keeping::read_erasures(folder, x_store->log_id(), x_register_key->public_key()));
  if (records.empty()) return std::size_t{0};
  CARTELLA_TRY(const auto executor,
               cases::Executor::open(*x_store, *x_vault, server_key(), x_clock, *x_codes, {}));
  return keeping::purge_erased(*x_store, *executor, records, [&](const ControllerId& controller) {
    return forget_registry(*executor, controller);
  });
}

Result<std::unique_ptr<Workspace>> Workspace::open(const std::filesystem::path& dir,
                                                   const crypto::RootSource& source,
                                                   const WorkspaceOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir / "vault", error))
    return fail(Errc::not_found, "nessun archivio in " + dir.string() + " (lo crea cartella init)");
  if (std::filesystem::exists(dir / kUnfinished, error))
    return fail(Errc::refused, "la creazione di " + dir.string() +
                                   " non è finita: togliere la cartella e ripetere init");
  CARTELLA_TRY(keeping::check_data_version(dir));
  if (keeping::is_unfinished_restore(dir) && !options.finish_restore)
    return fail(Errc::refused, "il ripristino di " + dir.string() + " non è finito: ripeterlo");
  if ((options.with_executor || options.register_schemas) && is_drill(dir))
    return fail(Errc::refused, dir.string() +
                                   " è la copia di una prova di ripristino: si verifica, "
                                   "non si usa");
  if (options.verify_files) {
    CARTELLA_TRY(crypto::verify_table_files(dir / "vault", nullptr));
  }
  std::unique_ptr<Workspace> workspace(new Workspace(dir));
  crypto::VaultOptions vault_options;
  vault_options.fast_passphrase = options.fast_passphrase;
  CARTELLA_TRY(auto vault, crypto::Vault::open(dir, source, vault_options));
  workspace->x_vault = std::move(vault);
  CARTELLA_TRY(keeping::remove_snapshot(dir));
  CARTELLA_TRY(const auto log_key, store::Store::log_key_of(dir));
  CARTELLA_TRY(workspace->x_log_keys, keeping::LogKeys::open(*workspace->x_vault, log_key));
  workspace->x_codes = std::make_unique<NationalBenefitCodes>();
  CARTELLA_TRY(workspace->x_register_key, keeping::register_key(*workspace->x_vault));
  CARTELLA_TRY(const auto paths, read_second_paths(dir));
  workspace->x_register_folder = register_folder_of(dir, paths);
  CARTELLA_TRY(auto store, store::Store::open(dir, workspace->log_key(), workspace->x_clock,
                                              store_options(options, paths)));
  workspace->x_store = std::move(store);
  CARTELLA_TRY(workspace->x_server_keys,
               keeping::ServerKeys::open(*workspace->x_vault, *workspace->x_store));
  CARTELLA_TRY(workspace->settle_keys(options));
  CARTELLA_TRY(workspace->open_rest(options));
  CARTELLA_TRY(workspace->settle_schemas(options));
  if (options.with_executor && workspace->x_store->rollback() && !options.finish_era) {
    CARTELLA_TRY(workspace->finish_rotations());
  }
  if (options.with_views && workspace->x_store->rollback() && !is_drill(dir)) {
    CARTELLA_TRY(workspace->resume_erasures());
  }
  return workspace;
}

Result<std::unique_ptr<Workspace>> Workspace::create(const std::filesystem::path& dir,
                                                     const crypto::RootSource& source,
                                                     const Options& options,
                                                     const WorkspaceOptions& workspace_options) {
  cases::AmbitoParameters ambito;
  ambito.name = options.ambito;
  ambito.slug = options.slug.empty() ? slug_of(options.ambito) : options.slug;
  ambito.region_istat = options.region;
  ambito.mode = options.mode;
  CARTELLA_TRY(auto identity, cases::new_log_identity(ambito));
  CARTELLA_TRY(const auto paths, second_paths_for(dir, options.head_copy, options.journal_mirror));
  std::error_code error;
  if (std::filesystem::exists(dir, error) && !std::filesystem::is_empty(dir, error))
    return fail(Errc::invalid_argument, "la cartella " + dir.string() + " non è vuota");
  std::filesystem::create_directories(dir, error);
  if (error) return fail(Errc::io, "la cartella " + dir.string() + " non si può creare");
  std::filesystem::permissions(dir, std::filesystem::perms::owner_all, error);
  if (error)
    return fail(Errc::io, "la cartella " + dir.string() + " non si può chiudere agli altri");
  CARTELLA_TRY(store::replace_file(dir / kUnfinished, {}));
  CARTELLA_TRY(write_second_paths(dir, paths));
  CARTELLA_TRY(keeping::write_data_version(dir));
  std::unique_ptr<Workspace> workspace(new Workspace(dir));
  workspace->x_register_folder = register_folder_of(dir, paths);
  crypto::VaultOptions vault_options;
  vault_options.fast_passphrase = workspace_options.fast_passphrase;
  CARTELLA_TRY(auto vault, crypto::Vault::create(dir, source, vault_options));
  workspace->x_vault = std::move(vault);
  CARTELLA_TRY(workspace->x_log_keys, keeping::LogKeys::open(*workspace->x_vault, std::nullopt));
  workspace->x_codes = std::make_unique<NationalBenefitCodes>();
  CARTELLA_TRY(workspace->x_server_keys, keeping::ServerKeys::begin(*workspace->x_vault));
  CARTELLA_TRY(workspace->x_register_key, keeping::register_key(*workspace->x_vault));
  CARTELLA_TRY(auto store,
               store::Store::create(dir, identity.log, identity.origin, workspace->log_key(),
                                    workspace->x_clock, store_options(workspace_options, paths)));
  workspace->x_store = std::move(store);
  CARTELLA_TRY(cases::initialise(*workspace->x_store, *workspace->x_vault, workspace->log_key(),
                                 workspace->server_key(), workspace->x_clock, ambito));
  workspace->x_keys_settled = true;
  CARTELLA_TRY(workspace->open_rest(workspace_options));
  return workspace;
}

keeping::ServerKeys::On Workspace::for_rotation() {
  return {*x_store, *x_vault, *x_executor, x_clock};
}

Result<std::string> Workspace::mode() const {
  CARTELLA_TRY(const auto genesis, x_store->read(0));
  CARTELLA_TRY(const auto facts, cases::genesis_in(genesis));
  if (!facts) return fail(Errc::corrupt, "position 0 is no genesis");
  return facts->mode;
}

Status Workspace::close() {
  if (x_engine) {
    x_engine->stop();
    CARTELLA_TRY(x_engine->flush());
  }
  // A vault that could not be settled with the log keeps its mark, for the next attempt.
  if (x_keys_settled) {
    CARTELLA_TRY(x_vault->remember(x_store->size()));
  }
  return ok();
}

Workspace::~Workspace() {
  static_cast<void>(close().has_value());
  x_access_log.reset();
  x_executor.reset();
  x_engine.reset();
  x_store.reset();
  x_vault.reset();
}

cases::CommandContext installation_context(const Workspace& workspace, const std::string& basis) {
  cases::CommandContext context;
  context.command_id = crypto::new_command_id(workspace.clock());
  context.actor = cases::installation_actor();
  context.role = "installazione";
  context.controller = cases::installation_controller();
  context.occurred_at = workspace.clock().wall();
  context.source = "installation";
  context.legal_basis = basis;
  context.purpose = basis;
  return context;
}

}  // namespace cartella::ops
