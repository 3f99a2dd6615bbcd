// tests/fault/installation.h: the whole ledger in one process: vault, log, executor, views.
//
// The parts of ops::Workspace in the same order, with small files so that a life takes
// milliseconds. Ownership: it owns its parts; the clock outlives it. Threads: as the parts.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "cases/access_log.h"
#include "cases/executor.h"
#include "crypto/vault.h"
#include "keeping/erasure.h"
#include "keeping/log_keys.h"
#include "keeping/server_keys.h"
#include "projections/engine.h"
#include "projections/event_source.h"
#include "store/store.h"
#include "tests/unit/cases/world.h"

namespace cartella::fault {

// The system's clock with a jump that a test chooses. Threads: any.
class JumpingClock final : public Clock {
 public:
  TimeUs wall() const override { return {x_system.wall().us + x_jump_us.load()}; }
  std::int64_t monotonic_us() const override { return x_system.monotonic_us(); }
  void jump_to(std::int64_t offset_us) { x_jump_us.store(offset_us); }

 private:
  SystemClock x_system;
  std::atomic<std::int64_t> x_jump_us{0};
};

// A reserve of zero meets the end of the disk itself.
struct Setting {
  std::uint64_t space_low_bytes = 0;
  std::uint64_t space_critical_bytes = 0;
  bool with_views = true;
};

struct Installation {
  // An empty log with the organisation of tests/unit/cases/world.h, closed again.
  static Status create(const std::filesystem::path& dir, const Clock& clock);
  // What the parts' open return.
  static Result<std::unique_ptr<Installation>> open(const std::filesystem::path& dir,
                                                    const Clock& clock, const Setting& setting);
  ~Installation();
  // Makes everything durable, as a clean end does.
  Status close();
  Status open_views();
  const crypto::Signer& log_key() const { return log_keys->in_force(); }
  keeping::ServerKeys::On for_rotation();
  // Where there are views. The register of erasures lies beside the head copy.
  keeping::ErasureParts for_erasure();

  std::filesystem::path dir;
  const Clock* clock = nullptr;
  cases::TestCodes codes;
  std::unique_ptr<crypto::Vault> vault;
  std::unique_ptr<keeping::LogKeys> log_keys;
  std::unique_ptr<keeping::ServerKeys> server_keys;
  std::unique_ptr<crypto::Signer> register_key;
  std::unique_ptr<store::Store> log;
  std::unique_ptr<projections::StoreSource> source;
  std::unique_ptr<projections::Engine> engine;
  std::unique_ptr<cases::Executor> executor;
  std::unique_ptr<cases::AccessLog> access_log;
};

store::StoreOptions store_options(const Setting& setting);
// The root key of every installation here, at the cheapest cost.
crypto::Passphrase passphrase();
crypto::VaultOptions vault_options();

}  // namespace cartella::fault
