#include "tests/fault/installation.h"

#include "cases/bootstrap.h"
#include "cases/key_recovery.h"
#include "crypto/command_id.h"
#include "keeping/erasure_register.h"

namespace cartella::fault {
namespace {

Status add_organisation(Installation& made, const Clock& clock) {
  CARTELLA_TRY(made.executor,
               cases::Executor::open(*made.log, *made.vault, made.server_keys->in_force(), clock,
                                     made.codes, {}));
  for (const cases::Command& command : cases::organisation_commands()) {
    cases::CommandContext context;
    context.command_id = crypto::new_command_id(clock);
    context.actor = cases::kWorker;
    context.controller = cases::controller_of(cases::kEnte);
    context.occurred_at = clock.wall();
    CARTELLA_TRY(made.executor->execute(context, command));
  }
  return ok();
}

// What the register beside the head copy answers for.
Result<cases::KnownErasures> known_erasures(const Installation& place) {
  cases::KnownErasures known;
  CARTELLA_TRY(const auto records, keeping::read_erasures(place.dir / "head", place.log->log_id(),
                                                          place.register_key->public_key()));
  for (const auto& record : records) {
    known.owner_keys.insert(record.owner_keys.begin(), record.owner_keys.end());
    known.streams.insert(record.streams.begin(), record.streams.end());
  }
  return known;
}

}  // namespace

crypto::Passphrase passphrase() { return crypto::Passphrase{"prova"}; }

crypto::VaultOptions vault_options() {
  crypto::VaultOptions options;
  options.fast_passphrase = true;
  options.pool_target = 64;
  options.cache_keys_max = 1024;  // it is locked memory, cleared at every start
  return options;
}

store::StoreOptions store_options(const Setting& setting) {
  store::StoreOptions options;
  options.journal_segment_bytes = 1 << 20;
  options.space_low_bytes = setting.space_low_bytes;
  options.space_critical_bytes = setting.space_critical_bytes;
  options.publish_interval = std::chrono::milliseconds(0);
  return options;
}

keeping::ServerKeys::On Installation::for_rotation() { return {*log, *vault, *executor, *clock}; }

keeping::ErasureParts Installation::for_erasure() {
  return {*log, *vault, *engine, *executor, *register_key, *clock, dir / "head"};
}

Status Installation::open_views() {
  CARTELLA_TRY(const auto secret, vault->named_secret("views"));
  source = std::make_unique<projections::StoreSource>(*log);
  projections::EngineOptions options;
  options.worker_count = 1;
  options.chunk_events_max = 16;
  options.flush_events = 64;
  options.write_buffer_bytes = 1 << 16;
  CARTELLA_TRY(engine, projections::Engine::open(dir, *source, *vault, secret, options));
  return ok();
}

Status Installation::create(const std::filesystem::path& dir, const Clock& clock) {
  Installation made;
  made.dir = dir;
  made.clock = &clock;
  CARTELLA_TRY(made.vault, crypto::Vault::create(dir, passphrase(), vault_options()));
  CARTELLA_TRY(made.log_keys, keeping::LogKeys::open(*made.vault, std::nullopt));
  CARTELLA_TRY(made.server_keys, keeping::ServerKeys::begin(*made.vault));
  CARTELLA_TRY(made.register_key, keeping::register_key(*made.vault));
  const cases::AmbitoParameters ambito{"Ambito di prova", "prova", "", "test"};
  CARTELLA_TRY(const auto identity, cases::new_log_identity(ambito));
  CARTELLA_TRY(made.log, store::Store::create(dir, identity.log, identity.origin, made.log_key(),
                                              clock, store_options({})));
  CARTELLA_TRY(cases::initialise(*made.log, *made.vault, made.log_key(),
                                 made.server_keys->in_force(), clock, ambito));
  CARTELLA_TRY(add_organisation(made, clock));
  CARTELLA_TRY(made.open_views());
  CARTELLA_TRY(made.engine->catch_up());
  return made.close();
}

Result<std::unique_ptr<Installation>> Installation::open(const std::filesystem::path& dir,
                                                         const Clock& clock,
                                                         const Setting& setting) {
  auto opened = std::make_unique<Installation>();
  opened->dir = dir;
  opened->clock = &clock;
  CARTELLA_TRY(opened->vault, crypto::Vault::open(dir, passphrase(), vault_options()));
  CARTELLA_TRY(const auto log_key, store::Store::log_key_of(dir));
  CARTELLA_TRY(opened->log_keys, keeping::LogKeys::open(*opened->vault, log_key));
  CARTELLA_TRY(opened->register_key, keeping::register_key(*opened->vault));
  CARTELLA_TRY(opened->log,
               store::Store::open(dir, opened->log_key(), clock, store_options(setting)));
  CARTELLA_TRY(opened->server_keys, keeping::ServerKeys::open(*opened->vault, *opened->log));
  CARTELLA_TRY(const auto from, opened->vault->remembered_through());
  CARTELLA_TRY(const auto known, known_erasures(*opened));
  CARTELLA_TRY(cases::recover_keys(*opened->log, *opened->vault, from, known));
  if (setting.with_views) {
    CARTELLA_TRY(opened->open_views());
  }
  CARTELLA_TRY(opened->executor,
               cases::Executor::open(*opened->log, *opened->vault, opened->server_keys->in_force(),
                                     clock, opened->codes, {}));
  CARTELLA_TRY(opened->server_keys->finish(opened->for_rotation()));
  CARTELLA_TRY(opened->log_keys->finish(opened->for_rotation()));
  CARTELLA_TRY(opened->access_log,
               cases::AccessLog::open(*opened->log, *opened->vault, *opened->executor, clock));
  return opened;
}

Status Installation::close() {
  if (engine) {
    engine->stop();
    CARTELLA_TRY(engine->flush());
  }
  return vault->remember(log->size());
}

Installation::~Installation() {
  access_log.reset();
  executor.reset();
  engine.reset();
  source.reset();
  log.reset();
  vault.reset();
}

}  // namespace cartella::fault
