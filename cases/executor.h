// cases/executor.h: carries a command from the caller to a durable receipt.
//
// The id is looked up before anything is decided (ledger.md 4): a command that was committed before
// answers with its first receipt, even when the state has moved on. Then: load states, decide,
// take stream ids and owner keys from the vault, seal, sign as the server, append. A conflict with
// another writer is decided again. One source row or one form is one call, atomic. An author who
// signs with a key of their own takes two steps, prepare and commit.
// Threads: an Executor may be used from any number of threads at once; commands that build on each
// other are executed one after the other by their caller (BatchExecutor's lanes do that).
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/commands.h"
#include "cases/server_signer.h"
#include "cases/state.h"
#include "cases/under_way.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct Prepared;  // cases/prepared.h

struct Outcome {
  store::Receipt receipt;
  StreamId stream;         // of event 0: the new card, case, benefit, ...
  SubjectId subject;       // zero where the command is about nobody
  bool duplicate = false;  // committed before; stream and subject are those of the first time
  bool existing = false;   // RegisterPerson.reuse_known: nothing was written, no receipt
};

struct KnownPerson {
  SubjectId subject;
  StreamId stream;  // zero: not known to this controller
};

struct ExecutorOptions {
  std::size_t cached_states_max = 1 << 17;  // about 200 bytes each
  int attempts_max = 8;                     // of one command, when others win the race
  std::string app_version = "0.1.0";
  // Of what prepare hands out: in Base64 it has to fit in the 1 MiB of a request.
  std::size_t token_bytes_max = 640 * 1024;
};

class Executor {
 public:
  // Everything referred to outlives the executor. Reads the organisation back from the log: what
  // open_event or the store return.
  static Result<std::unique_ptr<Executor>> open(store::Store& store, crypto::Vault& vault,
                                                const crypto::Signer& server, const Clock& clock,
                                                const BenefitCodes& codes,
                                                const ExecutorOptions& options);
  ~Executor();

  // Blocks until durable. refused, illegal_transition (the detail is "code: Italian sentence"),
  // not_found (no such stream of that kind for this controller), invalid_argument (no command id,
  // actor or controller), invalid_input (identifiers), claim_taken (an identifier belongs to
  // another subject), idempotency_conflict, erased, conflict (attempts used up, or not the expected
  // revision), and what the store's append returns.
  Result<Outcome> execute(const CommandContext& context, const Command& command);

  // One try of the same that waits for the log with no thread: `done` is told the outcome once,
  // before start() returns or as Store::append tells it. conflict and idempotency_conflict: another
  // was first, and execute() tells what comes of it.
  using Done = std::function<void(Result<Outcome>)>;
  void start(const CommandContext& context, const Command& command, Done done);

  // Decides and seals for an author who signs: `signer` is an enrolled key of context.actor with
  // the right to append. Writes nothing. What execute returns, and key_revoked (not enrolled, or
  // revoked), permission_denied (another operator's key, or without the right), invalid_argument
  // (a token over the limit: record it in parts).
  Result<Prepared> prepare(const CommandContext& context, const Command& command,
                           const SignerId& signer);
  // Appends what was prepared for `actor`, with one signature for each event, in order. Blocks
  // until durable. Repeated with the same token it answers the first receipt, however late. refused
  // ("prepared_unknown", "prepared_expired"), conflict (the state or the organisation moved on:
  // prepare again), bad_signature, key_revoked, erased, idempotency_conflict (the id was used,
  // perhaps by an earlier preview of the same command: prepare again tells), invalid_argument
  // (number of signatures), and what the store's append returns.
  Result<Outcome> commit(const OperatorId& actor, ByteView token,
                         std::span<const crypto::Signature> signatures);

  // Who holds an identifier: the subject, and the stream of this controller where there is one.
  // `issuer` is that of an internal identifier. invalid_input: the identifier is malformed; aliases
  // are never found.
  Result<std::optional<KnownPerson>> find_person(const ControllerId& controller,
                                                 IdentifierKind kind, std::string_view value,
                                                 std::string_view issuer = {});

  // Makes durable what the vault knows of the keys in use, where enough was written since the last
  // time; a part of execute, and of whoever else appends. What Vault::remember returns.
  Status remember_keys();

  // The key that signs for the server, for a rotation to replace (cases/server_key.h).
  ServerSigner& server_signer();
  // Waits until every command that was being decided, and every look that had begun, has ended:
  // what is decided or sealed from now on knows the organisation as it is now. Not by whoever holds
  // a look.
  void drain();
  // Whoever records a look asks for it before asking whom the organisation erases, and lets go of
  // it once the log has answered: drain() waits for it. Takes no lock that is held over I/O; waits
  // while drain() waits for looks, as long as the log takes to answer those.
  UnderWay::Mark begin_look();
  // An erasure's, where its streams go: which claims they hold, with those of the subject where no
  // other controller knows them. corrupt, io.
  Result<std::vector<Hash32>> claims_held(const SubjectId& subject, const ControllerId& controller,
                                          std::span<const StreamId> streams);
  // Whether no other ente has a stream of the person. io, corrupt.
  Result<bool> is_last_controller(const SubjectId& subject, const ControllerId& controller);
  // A new key for the claims, so that nobody can ask an older copy of them for an identifier: every
  // claim is read again from the events that can still be opened, written under the new key, and
  // the old key is destroyed. Opens the whole log, about 10 s and 100 MB per million claimed
  // events, while commands go on; they wait while the claims are written, about 1 s per million. A
  // crash is finished by the next open; so are claims of another key than the vault's, as a restore
  // leaves them. io, corrupt, out_of_space, unavailable, and what the vault returns.
  Status replace_claims_key();
  // Forgets what is cached of streams that were erased.
  void forget(std::span<const StreamId> streams);

  // An immutable copy of the organisation as of the last command.
  std::shared_ptr<const OrganisationState> organisation() const;

 private:
  struct Impl;
  explicit Executor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

// The code before the colon of a refusal's detail: "future_access_date"; empty where there is none.
std::string_view refusal_code(const Error& error);

// Keeps many commands in flight so that they share syncs: jobs of one lane run in order, jobs of
// different lanes side by side, each blocking on its own commands.
class BatchExecutor {
 public:
  // `lanes` threads (64 fills a group of the store); at most `queued_max` jobs wait in each.
  BatchExecutor(Executor& executor, std::size_t lanes, std::size_t queued_max);
  // Finishes what was submitted.
  ~BatchExecutor();
  BatchExecutor(const BatchExecutor&) = delete;
  BatchExecutor& operator=(const BatchExecutor&) = delete;

  // Runs `job` on lane `key % lanes`; blocks while that lane's queue is full.
  void run(std::uint64_t key, std::function<void(Executor&)> job);
  std::future<Result<Outcome>> submit(std::uint64_t key, CommandContext context, Command command);
  // Blocks until everything submitted so far has finished.
  void drain();

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::cases
