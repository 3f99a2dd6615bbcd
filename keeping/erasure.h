// keeping/erasure.h: takes an item, a person or a controller out of the whole installation
// (ledger.md 6).
//
// dry_run_erasure says what would go. Once two people have decided (cases/erasure_commands.h) it is
// hidden at once, and finish_erasures makes it so on the disk: fence the writers, tell the register
// on the second path, destroy the keys, take the bytes out of log and journal, build the views
// anew, record the completion. The register comes before the keys, so that after a crash it says
// what to go on with; every step may be done again. A controller that leaves goes the same way,
// after its export (keeping/controller_export.h): every key that it has, with its accesses, its
// staff and its population register. To find them the log is read once, about 3 s per million
// events. Threads: one call of finish_erasures at a time; appends and queries go on meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "projections/engine.h"
#include "store/store.h"

namespace cartella::keeping {

// Everything outlives the call.
struct ErasureParts {
  store::Store& store;
  crypto::Vault& vault;
  projections::Engine& engine;
  cases::Executor& executor;
  const crypto::Signer& register_key;
  const Clock& clock;
  std::filesystem::path register_folder;
  // Takes the population register of a controller that leaves off the disk. Idempotent.
  std::function<Status(const ControllerId&)> forget_registry = nullptr;
};

// A text of another person's, of the same controller, that speaks of the person.
struct Mention {
  std::uint64_t position = 0;
  StreamId stream;
  schema::EventType type{};
  bool is_listed = false;  // by the text's own list; else a name or an identifier, of now or
                           // earlier, stands in the words
};

// What an erasure would take. Without personal data.
struct ErasureExtent {
  ControllerId controller;
  SubjectId subject;           // of a person; zero: of an item, or
  bool of_controller = false;  // of everything that the controller has
  std::vector<StreamId> streams;
  std::vector<KeyId> owner_keys;
  std::uint64_t events = 0;
  std::uint64_t segments = 0;
  std::vector<Mention> mentions;
};

// Of the person, or the item, that the stream is, as this controller knows it. Reads and opens the
// whole log once. not_found: no such stream for this controller; io, corrupt.
Result<ErasureExtent> dry_run_erasure(const store::Store& store, crypto::Vault& vault,
                                      projections::Engine& engine, const ControllerId& controller,
                                      const StreamId& target);
// Of a controller that would leave. io, corrupt.
Result<ErasureExtent> dry_run_controller(const store::Store& store, const crypto::Vault& vault,
                                         const ControllerId& controller);
// The same as the counts of a proposal: events, streams, segments.
std::vector<std::uint64_t> counts_of(const ErasureExtent& extent);

enum class ErasureStep : std::uint8_t {
  fenced,          // no writer can reach what goes
  registered,      // the register lists it, on the second path
  keys_destroyed,  // nobody can read it, whatever they have
  log_purged,      // no file of the log holds its bytes
  views_rebuilt,   // nor one of the views
  completed,       // the log says so
};
std::string_view erasure_step_word(ErasureStep step);  // Italian
// Called after each step; an error ends the work there, to be gone on with later.
using ErasureWatch = std::function<Status(const EventId& proposal, ErasureStep step)>;

// Carries out what was decided and not completed; how many. What Store, Vault, Engine, Executor,
// check_register and append_erasure return: the next call goes on. rollback: the log is older than
// what is known of it, and nothing was done.
Result<std::size_t> finish_erasures(const ErasureParts& parts, const ErasureWatch& watch = {});

}  // namespace cartella::keeping
