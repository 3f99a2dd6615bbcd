// cases/decide.h: what a command means, given what is known: events to write, or a refusal.
//
// Pure: no clock, no disk, no randomness; fresh ids and the day come in the Environment. A
// refusal's detail is "code: sentence in Italian", which callers show or sort by (refusal_code).
// Whether the thing is absent or another controller's, the answer is the same not_found. Threads:
// values and free functions.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/commands.h"
#include "cases/kept_texts.h"
#include "cases/state.h"
#include "crypto/segment.h"
#include "schema/event_types.h"
#include "store/store.h"

namespace cartella::cases {

using Raw16 = std::array<std::uint8_t, 16>;

// What is claimed, before it becomes a keyed hash: an identifier ("id/cf", value), a person's
// stream of one controller ("person", controller || subject), a benefit protocol ("protocol", ente
// || protocol) or the place of the one benefit that may supersede another ("superseded", stream).
// An internal identifier is claimed with its issuer, because two entes may use the same number.
struct ClaimName {
  std::string kind;
  Bytes value;
  auto operator<=>(const ClaimName&) const = default;
};
// `issuer` counts for internal identifiers alone.
ClaimName identifier_claim(IdentifierKind kind, std::string_view normalised,
                           std::string_view issuer = {});
ClaimName person_claim(const ControllerId& controller, const SubjectId& subject);
ClaimName protocol_claim(const UnitId& paying_ente, std::string_view protocol);
ClaimName superseded_claim(const StreamId& benefit);

// ---- what is known ------------------------------------------------------------------------------
struct State {
  std::shared_ptr<const OrganisationState> organisation;
  std::map<StreamId, std::shared_ptr<const FoldedItem>> items;  // those of streams_of that exist
  // Their holders: a subject; of "person" and "superseded" a stream.
  std::map<ClaimName, std::optional<Raw16>> claims;
  KeyId relative_key;  // RecordKinship: owner key of the other person
};
struct Environment {
  Date today;
  SubjectId fresh_subject;
  StreamId fresh_stream;
  StreamId organisation_stream;
  const BenefitCodes* codes = nullptr;
  StreamId key_stream;
  StreamId log_stream;
  SignerId server_signer;
  SignerId signer;  // who signs the call: the server or its author
  std::uint64_t log_size = 0;
  // Why what a DecideErasure would erase has to be kept: a hold on its case, or a duty that runs;
  // empty: there is none. Holds on the thing itself are decide's to find.
  std::string kept_for;
  // Texts of others that a DecideErasure would erase, too, and must not.
  KeptTexts kept_texts;
};

// The streams whose state the command is decided on.
std::vector<StreamId> streams_of(const Command& command);
// The claims to look up; asked again with the answers until it names none that is not answered.
std::vector<ClaimName> claims_of(const Command& command, const CommandContext& context,
                                 const std::map<ClaimName, std::optional<Raw16>>& known);
// True when the command starts a stream, so that Environment.fresh_stream is used.
bool needs_stream(const Command& command);

// About a controller that leaves, with an export that lies beside the log: only the verb that looks
// at the folder may give it, since decide sees nothing of the export but its digest.
bool is_of_leaving(const OrganisationState& organisation, const Command& command);

// ---- what follows -------------------------------------------------------------------------------
// One disclosure unit. Domain none: clear.
struct PlannedBody {
  schema::KeyDomain domain = schema::KeyDomain::none;
  Raw16 owner{};
  schema::KeyClass key_class = schema::KeyClass::base;
  crypto::Plaintext plaintext;
};
struct PlannedEvent {
  schema::EventType type{};
  StreamId stream;
  // Of the stream before the call; the writer of the call counts on for later events of it.
  std::int64_t expected_revision = crypto::kExpectAny;
  std::vector<PlannedBody> bodies;
};
struct PlannedClaim {
  store::ClaimOp::Kind kind = store::ClaimOp::Kind::claim;
  ClaimName name;
  Raw16 holder{};
};
struct Decision {
  SubjectId subject;
  std::vector<PlannedEvent> events;
  std::vector<crypto::StreamCheck> checks;
  std::vector<PlannedClaim> claims;
  std::optional<StreamId> existing;  // RegisterPerson.reuse_known: nothing to write
};

// refused, illegal_transition, not_found, invalid_argument, invalid_input, claim_taken, and
// conflict where the context expects another revision.
Result<Decision> decide(const State& state, const Command& command, const CommandContext& context,
                        const Environment& environment);

// Whose key seals a body that stands in `stream`, as decide plans it; also for the replay path that
// rebuilds the vault's names from opened headers (Vault::bind_owner). Empty for clear kinds.
std::optional<Raw16> owner_of(schema::EventType type, const SubjectId& subject,
                              const StreamId& stream, const OperatorId& worker);

// The life cycle, predecessor.md 2.1. illegal_transition with the reason.
Status check_transition(CaseStatus from, const ChangeCaseState& change);
std::string_view case_status_name(CaseStatus status);  // Italian, as reports print it

}  // namespace cartella::cases
