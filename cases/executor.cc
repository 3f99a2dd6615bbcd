#include "cases/executor.h"

#include <algorithm>

#include "base/local_time.h"
#include "cases/earlier_command.h"
#include "cases/executor_impl.h"
#include "cases/kept_texts.h"
#include "cases/organisation_at.h"
#include "cases/retention_duty.h"

namespace cartella::cases {

namespace {

constexpr std::size_t kPageEvents = 64;
// How many events are written before the vault is told to remember what they use: a start after a
// crash opens about as many again (cases/key_recovery.h).
constexpr std::uint64_t kRememberEvents = 16384;

}  // namespace

bool defines_organisation(const Command& command) {
  const bool is_of_a_person = std::holds_alternative<RecordRegistryVariation>(command) ||
                              std::holds_alternative<RecordDisclosure>(command) ||
                              std::holds_alternative<RecordRelease>(command) ||
                              std::holds_alternative<NotePossibleDuplicate>(command) ||
                              std::holds_alternative<OpenRightsRequest>(command);
  return command.index() >= Command(DefineAmbito{}).index() && !is_of_a_person;
}

// ---- loading ------------------------------------------------------------------------------------
Status Executor::Impl::load_organisation() {
  CARTELLA_TRY(auto read, organisation_at(store, vault, UINT64_MAX));
  auto state = std::make_shared<const OrganisationState>(std::move(read));
  organisation.with([&](auto& current) { current = std::move(state); });
  return ok();
}

Result<std::shared_ptr<const FoldedItem>> Executor::Impl::load_item(const StreamId& stream) {
  CARTELLA_TRY(const auto head, store.stream_head(stream));
  if (!head) return std::shared_ptr<const FoldedItem>{};
  const auto wanted = static_cast<std::int64_t>(head->revision);
  auto known = cache.find(stream);
  if (known && known->revision >= wanted) return known;
  auto item = known ? std::make_shared<FoldedItem>(*known) : std::make_shared<FoldedItem>();
  while (item->revision < wanted) {
    CARTELLA_TRY(
        const auto page,
        store.read_stream(stream, static_cast<std::uint64_t>(item->revision + 1), kPageEvents));
    if (page.empty())
      return fail(Errc::corrupt, "stream " + stream.hex() + " is shorter than its head");
    for (const crypto::StoredEvent& stored : page) {
      CARTELLA_TRY(const auto event, crypto::open_event(store.eras(), vault, stored));
      CARTELLA_TRY(fold_item(event, *item));
    }
  }
  cache.put(stream, item);
  return std::shared_ptr<const FoldedItem>(std::move(item));
}

Result<std::optional<Raw16>> Executor::Impl::find_claim(const ClaimName& name) {
  const auto current = codec();
  const Hash32 key = current->key_of(name);
  CARTELLA_TRY(const auto sealed, store.find_claim(key));
  if (!sealed) return std::optional<Raw16>{};
  CARTELLA_TRY(const auto holder, current->open(key, *sealed));
  return std::optional<Raw16>(holder);
}

Status Executor::Impl::load_claims(const CommandContext& context, const Command& command,
                                   State& state) {
  for (;;) {
    const auto names = claims_of(command, context, state.claims);
    if (names.empty()) return ok();
    for (const ClaimName& name : names) {
      CARTELLA_TRY(state.claims[name], find_claim(name));
    }
  }
}

Status Executor::Impl::load_relative(const CommandContext& context, const Command& command,
                                     State& state) {
  const auto* kinship = std::get_if<RecordKinship>(&command);
  if (!kinship) return ok();
  const auto at = state.items.find(kinship->other);
  if (at == state.items.end()) return ok();
  const auto* person = std::get_if<PersonState>(&at->second->state);
  if (!person || person->controller != context.controller) return ok();
  CARTELLA_TRY(state.relative_key,
               vault.owner_key({schema::KeyDomain::subject, person->subject.bytes,
                                context.controller, schema::KeyClass::base}));
  return ok();
}

Result<State> Executor::Impl::load(const CommandContext& context, const Command& command) {
  State state;
  state.organisation = organisation.with([](const auto& current) { return current; });
  for (const StreamId& stream : streams_of(command)) {
    CARTELLA_TRY(auto item, load_item(stream));
    if (item) state.items[stream] = std::move(item);
  }
  CARTELLA_TRY(load_claims(context, command, state));
  CARTELLA_TRY(load_relative(context, command, state));
  return state;
}

Result<Environment> Executor::Impl::environment_for(const CommandContext& context,
                                                    const Command& command,
                                                    const SignerId& signer) {
  Environment environment;
  environment.today = context.today.value_or(local_day(clock.wall()));
  environment.organisation_stream = organisation_stream(store.log_id());
  environment.codes = &codes;
  environment.key_stream = key_stream(store.log_id());
  environment.log_stream = log_stream(store.log_id());
  environment.server_signer = server.use().signer().id();
  environment.signer = signer;
  environment.log_size = store.size();
  if (const auto* const decides = std::get_if<DecideErasure>(&command)) {
    CARTELLA_TRY(look_at_erasure(*decides, environment));
  }
  crypto::random_fill(environment.fresh_subject.bytes);
  if (!needs_stream(command)) return environment;
  const auto spare = spare_streams.with([](std::vector<StreamId>& streams) -> StreamId {
    if (streams.empty()) return {};
    const StreamId stream = streams.back();
    streams.pop_back();
    return stream;
  });
  environment.fresh_stream = spare;
  if (spare.is_zero()) {
    CARTELLA_TRY(environment.fresh_stream, vault.new_stream());
  }
  return environment;
}

// At what stands against an erasure that would now be decided; the rest is decide's to refuse.
Status Executor::Impl::look_at_erasure(const DecideErasure& command, Environment& environment) {
  const auto known = organisation.with([](const auto& current) { return current; });
  const auto at = known->erasures.find(command.proposal);
  if (command.outcome != "erase" || at == known->erasures.end()) return ok();
  const Date today = environment.today;
  CARTELLA_TRY(environment.kept_for, kept_for_case(store, vault, *known, at->second, today));
  if (environment.kept_for.empty()) {
    CARTELLA_TRY(environment.kept_for, running_duty(store, vault, *known, at->second, today));
  }
  CARTELLA_TRY(environment.kept_texts, kept_texts(store, vault, *known, at->second.controller,
                                                  command.erased_mentions, today));
  return ok();
}

void Executor::Impl::give_back(const StreamId& stream) {
  if (stream.is_zero()) return;
  spare_streams.with([&](std::vector<StreamId>& streams) { streams.push_back(stream); });
}

// ---- writing ------------------------------------------------------------------------------------
Status Executor::Impl::remember_keys() {
  // Whatever stands in the log by now was assigned before it was appended.
  const std::uint64_t size = store.size();
  std::uint64_t before = remembered_size.load();
  if (size < before + kRememberEvents) return ok();
  if (!remembered_size.compare_exchange_strong(before, size)) return ok();
  return vault.remember(size);
}

Status Executor::Impl::keep_item(const Written& written, const StreamId& stream) {
  std::shared_ptr<FoldedItem> item;
  for (const SealedCall::Written& one : written) {
    if (one.event.leaf.stream_id != stream || !one.revision_known) continue;
    const auto revision = static_cast<std::int64_t>(one.event.leaf.revision);
    if (!item) {
      const auto known = cache.find(stream);
      if (!known && revision != 0) return ok();
      if (known && known->revision + 1 != revision) return ok();
      item = known ? std::make_shared<FoldedItem>(*known) : std::make_shared<FoldedItem>();
    }
    CARTELLA_TRY(fold_item(one.event, *item));
  }
  if (item) cache.put(stream, std::move(item));
  return ok();
}

Status Executor::Impl::keep_states(const Written& written) {
  const StreamId definitions_stream = organisation_stream(store.log_id());
  std::vector<StreamId> seen;
  std::shared_ptr<OrganisationState> changed;
  for (const SealedCall::Written& one : written) {
    const StreamId& stream = one.event.leaf.stream_id;
    if (stream == definitions_stream) {
      if (!changed)
        changed = organisation.with(
            [](const auto& current) { return std::make_shared<OrganisationState>(*current); });
      CARTELLA_TRY(fold_organisation(one.event, *changed));
    } else if (std::find(seen.begin(), seen.end(), stream) == seen.end()) {
      seen.push_back(stream);
      CARTELLA_TRY(keep_item(written, stream));
    }
  }
  if (changed) organisation.with([&](auto& current) { current = std::move(changed); });
  return ok();
}

void Executor::Impl::add_claims(const Decision& decision, store::Call& call) const {
  const auto current = codec();
  for (const PlannedClaim& claim : decision.claims) {
    const Hash32 key = current->key_of(claim.name);
    call.claims.push_back({claim.kind, key, current->seal(key, claim.holder)});
  }
}

Result<Outcome> Executor::Impl::append(SealedCall sealed, const SubjectId& subject,
                                       bool confirms_clock) {
  const auto receipt = confirms_clock ? store.confirm_clock(std::move(sealed.call))
                                      : store.append(std::move(sealed.call));
  CARTELLA_TRY(auto outcome, end_append(sealed.written, subject, receipt));
  CARTELLA_TRY(remember_keys());
  return outcome;
}

Result<Outcome> Executor::Impl::end_append(Written& written, const SubjectId& subject,
                                           const Result<store::Receipt>& receipt) {
  // A claim that was refused by decide is final; one lost to a race is decided again.
  if (!receipt && receipt.error().code == Errc::claim_taken)
    return fail(Errc::conflict, "an identifier was claimed meanwhile");
  if (!receipt) return receipt.error();
  // Another thread committed the same command first, and folded it: what was decided here is not in
  // the log.
  if (receipt.value().duplicate) return outcome_of(store, vault, receipt.value());
  Outcome outcome;
  outcome.receipt = receipt.value();
  outcome.stream = written.front().event.leaf.stream_id;
  outcome.subject = subject;
  // The state that follows is the one that a later start folds: with position and time.
  std::uint64_t position = outcome.receipt.first_position;
  for (SealedCall::Written& one : written) {
    one.event.leaf.position = position++;
    one.event.leaf.recorded_at = outcome.receipt.recorded_at;
  }
  CARTELLA_TRY(keep_states(written));
  return outcome;
}

Result<Decision> Executor::Impl::decide_now(const CommandContext& context, const Command& command,
                                            const SignerId& signer) {
  CARTELLA_TRY(const auto state, load(context, command));
  CARTELLA_TRY(const auto environment, environment_for(context, command, signer));
  auto decision = decide(state, command, context, environment);
  const auto uses_fresh = [&](const PlannedEvent& event) {
    return event.stream == environment.fresh_stream;
  };
  if (!decision ||
      std::none_of(decision.value().events.begin(), decision.value().events.end(), uses_fresh))
    give_back(environment.fresh_stream);
  return decision;
}

Result<Outcome> Executor::Impl::attempt(const CommandContext& context, const Command& command) {
  const auto under_way = begin();
  const auto signing = server.use();
  CARTELLA_TRY(auto ready, make_ready(context, command, signing.signer()));
  if (ready.existing) return *ready.existing;
  return append(std::move(ready.sealed), ready.subject,
                std::holds_alternative<ConfirmClock>(command));
}

Result<Executor::Impl::Ready> Executor::Impl::make_ready(const CommandContext& context,
                                                         const Command& command,
                                                         const crypto::Signer& signer) {
  CARTELLA_TRY(const auto decision, decide_now(context, command, signer.id()));
  Ready ready;
  ready.subject = decision.subject;
  if (decision.existing) {
    Outcome& outcome = ready.existing.emplace();
    outcome.stream = *decision.existing;
    outcome.subject = decision.subject;
    outcome.existing = true;
    return ready;
  }
  const Sealing sealing{store.eras().current(), vault, signer, options.app_version};
  CARTELLA_TRY(ready.sealed, seal_call(sealing, decision, command, context));
  add_claims(decision, ready.sealed.call);
  return ready;
}

namespace {

// What a command that waits for the log holds on to.
struct Sent {
  Sent(UnderWay& deciding, ServerSigner& server)
      : under_way(deciding.begin()), signing(server.use()) {}
  UnderWay::Mark under_way;
  ServerSigner::Use signing;
  std::vector<SealedCall::Written> written;
  SubjectId subject;
};

}  // namespace

// A refusal may be the work of this very command, which another thread committed meanwhile: then
// what is stored answers.
Result<Outcome> Executor::Impl::earlier_or(const CommandContext& context, const Command& command,
                                           const Error& refusal) const {
  CARTELLA_TRY(auto earlier, find_earlier(store, vault, context, command));
  return earlier ? Result<Outcome>(*earlier) : Result<Outcome>(refusal);
}

void Executor::Impl::start(const CommandContext& context, const Command& command, Done done) {
  if (const Status remembered = remember_keys(); !remembered) return done(remembered.error());
  auto sent = std::make_shared<Sent>(deciding, server);
  auto ready = make_ready(context, command, sent->signing.signer());
  if (!ready || ready.value().existing) {
    sent.reset();
    if (ready) return done(std::move(*ready.value().existing));
    return done(earlier_or(context, command, ready.error()));
  }
  sent->written = std::move(ready.value().sealed.written);
  sent->subject = ready.value().subject;
  store.append(std::move(ready.value().sealed.call),
               [this, sent = std::move(sent),
                done = std::move(done)](const Result<store::Receipt>& receipt) mutable {
                 auto outcome = end_append(sent->written, sent->subject, receipt);
                 sent.reset();
                 done(std::move(outcome));
               });
}

Result<Outcome> Executor::Impl::decide_and_append(const CommandContext& context,
                                                  const Command& command) {
  for (int i = 1;; ++i) {
    auto outcome = attempt(context, command);
    if (outcome) return outcome;
    const Errc code = outcome.error().code;
    outcome = earlier_or(context, command, outcome.error());
    if (outcome) return outcome;
    // Decided again, unless the caller decided on a revision that is gone.
    if (code != Errc::conflict || context.expected_revision || i >= options.attempts_max)
      return outcome;
  }
}

// ---- the class ----------------------------------------------------------------------------------
Executor::Executor(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Executor::~Executor() = default;

Result<std::unique_ptr<Executor>> Executor::open(store::Store& store, crypto::Vault& vault,
                                                 const crypto::Signer& server, const Clock& clock,
                                                 const BenefitCodes& codes,
                                                 const ExecutorOptions& options) {
  auto impl = std::make_unique<Impl>(store, vault, server, clock, codes, options);
  CARTELLA_TRY(impl->load_organisation());
  CARTELLA_TRY(impl->open_claims());
  return std::unique_ptr<Executor>(new Executor(std::move(impl)));
}

Result<Outcome> Executor::execute(const CommandContext& context, const Command& command) {
  CARTELLA_TRY(auto earlier, find_earlier(x_impl->store, x_impl->vault, context, command));
  if (earlier) return *earlier;
  if (!defines_organisation(command)) return x_impl->decide_and_append(context, command);
  const std::lock_guard lock(x_impl->definitions);
  return x_impl->decide_and_append(context, command);
}

void Executor::start(const CommandContext& context, const Command& command, Done done) {
  // Definitions wait for each other.
  if (defines_organisation(command) || std::holds_alternative<ConfirmClock>(command))
    return done(execute(context, command));
  auto earlier = find_earlier(x_impl->store, x_impl->vault, context, command);
  if (!earlier) return done(earlier.error());
  if (earlier.value()) return done(std::move(*earlier.value()));
  x_impl->start(context, command, std::move(done));
}

Result<std::optional<KnownPerson>> Executor::find_person(const ControllerId& controller,
                                                         IdentifierKind kind,
                                                         std::string_view value,
                                                         std::string_view issuer) {
  const auto under_way = x_impl->begin();
  CARTELLA_TRY(const auto parsed, validate_identifier(kind, value));
  if (kind == IdentifierKind::alias) return std::optional<KnownPerson>{};
  CARTELLA_TRY(const auto subject,
               x_impl->find_claim(identifier_claim(kind, parsed.value, issuer)));
  if (!subject) return std::optional<KnownPerson>{};
  KnownPerson person;
  person.subject = SubjectId{*subject};
  CARTELLA_TRY(const auto stream, x_impl->find_claim(person_claim(controller, person.subject)));
  if (stream) person.stream = StreamId{*stream};
  return std::optional<KnownPerson>(person);
}

ServerSigner& Executor::server_signer() { return x_impl->server; }

Status Executor::remember_keys() { return x_impl->remember_keys(); }

std::shared_ptr<const OrganisationState> Executor::organisation() const {
  return x_impl->organisation.with([](const auto& current) { return current; });
}

std::string_view refusal_code(const Error& error) {
  const std::string_view detail = error.detail;
  const auto colon = detail.find(": ");
  return colon == std::string_view::npos ? std::string_view{} : detail.substr(0, colon);
}

}  // namespace cartella::cases
