// benchmarks/ledger.h: our own store and vault in a directory, as the command line opens them.
//
// Threads: as Store and Vault.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "benchmarks/bench.h"
#include "benchmarks/events.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::bench {

class Ledger {
 public:
  // Makes a new one with its genesis; the directory is empty or missing.
  static std::unique_ptr<Ledger> create(const std::filesystem::path& dir);
  // Opens one that create() made, and gives the seconds that the store's recovery took.
  static std::unique_ptr<Ledger> open(const std::filesystem::path& dir, double& store_seconds);

  crypto::Vault& vault() { return *x_vault; }
  store::Store& store() { return *x_store; }
  const crypto::Signer& server() const { return *x_server_key; }
  const Clock& clock() const { return x_clock; }
  std::unique_ptr<EventMaker> maker(Signing signing, std::size_t event_bytes);
  // A new stream with keys from the vault.
  Slot new_slot(std::uint64_t number);

 private:
  void open_signers();
  void enrol_author();
  SystemClock x_clock;
  std::unique_ptr<crypto::Vault> x_vault;
  std::unique_ptr<crypto::Signer> x_log_key;
  std::unique_ptr<crypto::Signer> x_server_key;
  std::unique_ptr<store::Store> x_store;
};

// Ours: seal and sign (or check) on the client threads, then Store::append_async.
std::unique_ptr<System> make_ledger_system(const std::filesystem::path& dir, Signing signing);
// The ceiling: the same sealing, signing, leaf, tree, record, sync and rows, without what makes it
// a system: vault, expected revisions, command ids, claims, second hash path, recovery, limits.
std::unique_ptr<System> make_bare_system(const std::filesystem::path& dir, Signing signing);

}  // namespace cartella::bench
