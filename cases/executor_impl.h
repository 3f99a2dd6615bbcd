// cases/executor_impl.h: what the parts of the executor share.
//
// For executor.cc and prepare.cc alone. Threads: as cases/executor.h says; what changes is atomic,
// under a Mutex, or under the lock of the definitions.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "cases/claim_codec.h"
#include "cases/decide.h"
#include "cases/executor.h"
#include "cases/prepared_token.h"
#include "cases/seal_call.h"
#include "cases/server_signer.h"
#include "cases/under_way.h"

namespace cartella::cases {

// Definitions are decided one after the other, so that the copy in memory has the log's order.
bool defines_organisation(const Command& command);

struct Executor::Impl {
  Impl(store::Store& log_store, crypto::Vault& key_vault, const crypto::Signer& server_signer,
       const Clock& wall_clock, const BenefitCodes& benefit_codes, const ExecutorOptions& given)
      : store(log_store),
        vault(key_vault),
        server(server_signer),
        clock(wall_clock),
        codes(benefit_codes),
        options(given),
        cache(given.cached_states_max),
        organisation(std::make_shared<const OrganisationState>()),
        remembered_size(log_store.size()) {}

  Status load_organisation();
  Result<Outcome> decide_and_append(const CommandContext& context, const Command& command);
  Result<Outcome> attempt(const CommandContext& context, const Command& command);
  Result<Outcome> earlier_or(const CommandContext& context, const Command& command,
                             const Error& refusal) const;
  void start(const CommandContext& context, const Command& command, Done done);
  // Decided and sealed.
  struct Ready {
    SealedCall sealed;
    SubjectId subject;
    std::optional<Outcome> existing;  // instead: there is nothing to write
  };
  Result<Ready> make_ready(const CommandContext& context, const Command& command,
                           const crypto::Signer& signer);
  // `signer` is who will sign the call.
  Result<Decision> decide_now(const CommandContext& context, const Command& command,
                              const SignerId& signer);
  Result<State> load(const CommandContext& context, const Command& command);
  Status load_claims(const CommandContext& context, const Command& command, State& state);
  Status load_relative(const CommandContext& context, const Command& command, State& state);
  Result<std::shared_ptr<const FoldedItem>> load_item(const StreamId& stream);
  std::shared_ptr<const ClaimCodec> codec() const {
    return claims.with([](const auto& current) { return current; });
  }
  // cases/executor_claims.cc
  Status open_claims();
  Status rebuild_claims();
  Result<std::optional<Raw16>> find_claim(const ClaimName& name);
  Result<Environment> environment_for(const CommandContext& context, const Command& command,
                                      const SignerId& signer);
  Status look_at_erasure(const DecideErasure& command, Environment& environment);
  void give_back(const StreamId& stream);
  void add_claims(const Decision& decision, store::Call& call) const;
  // conflict: they were planned under a key that was replaced since.
  Status check_claims(const store::Call& call) const;
  Result<Outcome> append(SealedCall sealed, const SubjectId& subject, bool confirms_clock);
  // What the log answered, and the states that follow. Waits for nothing.
  using Written = std::vector<SealedCall::Written>;
  Result<Outcome> end_append(Written& written, const SubjectId& subject,
                             const Result<store::Receipt>& receipt);
  Status keep_states(const Written& written);
  Status keep_item(const Written& written, const StreamId& stream);
  Status remember_keys();

  // cases/prepare.cc
  Result<Prepared> prepare(const CommandContext& context, const Command& command,
                           const store::SignerStatus& author, const SignerId& signer);
  Result<Outcome> commit(HeldCall held);
  Result<store::SignerStatus> check_author(const OperatorId& actor, const SignerId& signer) const;
  Result<std::uint64_t> definitions_so_far() const;
  Status check_definitions(const HeldCall& held) const;
  Result<std::shared_ptr<const PreparedTokens>> tokens();

  // Held from decide until the state that follows is in the cache.
  UnderWay::Mark begin() { return deciding.begin(); }

  store::Store& store;
  crypto::Vault& vault;
  ServerSigner server;
  const Clock& clock;
  const BenefitCodes& codes;
  const ExecutorOptions options;
  Mutex<std::shared_ptr<const ClaimCodec>> claims;  // replaced while nothing is being decided
  StateCache cache;
  std::mutex definitions;  // held from decide to append
  UnderWay deciding;       // drain() waits for it
  UnderWay looks;          // and for these, which do not wait while claims are rebuilt
  Mutex<std::shared_ptr<const OrganisationState>> organisation;
  Mutex<std::vector<StreamId>> spare_streams;  // taken from the vault for what was refused
  Mutex<std::shared_ptr<const PreparedTokens>> prepared_tokens;  // made at the first prepare
  std::atomic<std::uint64_t> remembered_size;
};

}  // namespace cartella::cases
