// cases/state.h: what a decision has to know, folded from streams.
//
// States hold ids and life-cycle facts only: no names, no texts, and of identifiers a keyless
// digest that lives in memory alone. The organisation is one stream of clear events and is kept
// whole; people, cards, cases and benefits are folded when needed and cached by stream and revision
// (ledger.md 9). Threads: values; StateCache may be used from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/access_month.h"
#include "cases/commands.h"
#include "crypto/record.h"
#include "schema/codec.h"

namespace cartella::cases {

// The dated INPS benefit codes; schema's code lists stand behind it in production.
class BenefitCodes {
 public:
  virtual ~BenefitCodes() = default;
  // The denomination of a code that is valid on a date; empty when there is no such code then.
  virtual std::optional<std::string> denomination(std::string_view code, Date on) const = 0;
};

// ---- organisation -------------------------------------------------------------------------------
struct OrganisationState {
  struct Ente {
    UnitId zone;
    std::string belfiore;
    bool enabled = true;
  };
  struct Office {
    UnitId ente;
    bool needs_required = false;
    bool services_required = false;
    bool enabled = true;
  };
  struct Sector {
    UnitId ente;
    bool enabled = true;
    std::set<std::string, std::less<>> categories;  // that it manages; empty: every one
    std::string second_level = {};                  // empty: none
  };
  struct Operator {
    StreamId stream;  // of the sealed OperatorDefined
    bool enabled = true;
    std::set<UnitId> sectors;
  };
  struct RoleGrant {
    std::string role;  // role_word, cases/viewer.h
    UnitId unit;       // zero: the whole ambito
    std::optional<Date> from;
    std::optional<Date> to;
    bool in_force(Date on) const { return (!from || *from <= on) && (!to || on <= *to); }
  };
  struct Mandate {
    enum class Standing : std::uint8_t { proposed, granted, refused };
    Standing standing = Standing::proposed;
    ControllerId controller;  // whose people decided; the installation's: every controller
    OperatorId auditor;
    OperatorId proposed_by;
    std::set<SubjectId> subjects;
    std::set<StreamId> cases;
    std::set<std::string, std::less<>> sections;
    Date from;
    Date to;
    std::string act;
    bool in_force(Date on) const { return standing == Standing::granted && from <= on && on <= to; }
  };
  // A proposal and what came of it. `restricted` and `kept` are the answer where a hold, a duty to
  // keep or another person's ground stands.
  struct Erasure {
    enum class Standing : std::uint8_t { proposed, erasing, completed, refused, restricted, kept };
    Standing standing = Standing::proposed;
    ControllerId controller;
    SubjectId subject;  // of a person; zero: of the item
    StreamId item;
    SubjectId owner;  // the person, or whose item it is
    OperatorId proposed_by;
    std::set<std::uint64_t> mentions;         // positions
    std::set<std::uint64_t> erased_mentions;  // of them, decided
    bool of_controller = false;               // of everything that the controller has
    std::string ground;  // of the decision about a controller: which export it takes along
    EventId decision;
    std::uint64_t decided_position = 0;
    TimeUs decided_at;
  };
  // What a hold or a restriction covers: the items, or where there are none the person, or where
  // there is nobody everything that the controller has.
  struct Cover {
    ControllerId controller;
    SubjectId subject;
    std::set<StreamId> items;
    std::optional<Date> until;
    bool covers(const ControllerId& of, const SubjectId& whom, const StreamId& stream) const {
      if (items.empty()) return controller == of && (subject.is_zero() || subject == whom);
      return items.contains(stream);
    }
  };
  struct RetentionRule {
    std::uint32_t months = 0;  // from what starts the term of the category
    std::string act;
  };
  bool ambito_defined = false;
  std::set<UnitId> zones;
  std::map<UnitId, Ente> entes;
  std::map<UnitId, Office> offices;
  std::map<UnitId, Sector> sectors;
  std::map<OperatorId, Operator> operators;
  // Granted and not revoked, expired ones too; one for each role and unit.
  std::map<OperatorId, std::vector<RoleGrant>> roles;
  std::map<EventId, Mandate> mandates;  // by the proposal's event
  std::map<NeedId, bool> needs;         // enabled
  std::map<ServiceId, bool> services;
  std::map<std::string, bool, std::less<>> categories;
  std::map<std::string, std::optional<Date>, std::less<>> registries;  // comune -> act's expiry
  std::map<ImportId, bool> imports;                                    // open
  std::map<AccessMonthName, StreamId> access_months;
  AccessTerms access_terms;
  std::map<EventId, Erasure> erasures;    // by the proposal's event
  std::map<EventId, Cover> holds;         // that stand
  std::map<EventId, Cover> restrictions;  // that stand
  std::set<EventId> erasing;              // proposals decided and not completed
  // Controllers that leave, with the proposal: from there on nothing is written for them.
  std::map<ControllerId, EventId> leaving;
  std::map<std::string, RetentionRule, std::less<>> retention_rules;  // by category

  // Erasure was decided: nothing of it is shown or written any more, from the decision on.
  bool is_erasing(const ControllerId& controller, const SubjectId& subject,
                  const StreamId& stream) const;
  // Kept only: shown to nobody but who answers for rights.
  bool is_restricted(const ControllerId& controller, const SubjectId& subject,
                     const StreamId& stream) const;
  // The controller's leaving was decided: there is nothing of it any more, or soon.
  bool has_left(const ControllerId& controller) const;
  // Of a person also where the hold is on one item of theirs; of a controller where it is on
  // anybody.
  bool is_held(const Erasure& erasure, Date on) const;
  bool is_any_held(const ControllerId& controller, Date on) const;
};

// The stream of all clear definitions, and the one of the log's own events: fixed by the log id, so
// that they are found without an index.
StreamId organisation_stream(const LogId& log);
StreamId log_stream(const LogId& log);
StreamId key_stream(const LogId& log);

// The key under which an operator's existence stands in clear: no personal data, an opaque id.
std::string operator_configuration_key(const OperatorId& worker);
std::string operator_configuration_value(const StreamId& stream, bool enabled);
// The key under which a published report's stream is found.
inline constexpr std::string_view kReportKeyPrefix = "report/";
std::string report_configuration_key(const StreamId& stream);

// ---- one item -----------------------------------------------------------------------------------
Hash32 identifier_digest(IdentifierKind kind, std::string_view value, std::string_view issuer);
Hash32 protocol_digest(const UnitId& paying_ente, std::string_view protocol);

struct PersonState {
  SubjectId subject;
  ControllerId controller;
  bool anonymous = false;
  std::optional<Date> death_date;
  std::map<Hash32, IdentifierKind> identifiers;  // by identifier_digest
};
struct CardState {
  SubjectId subject;
  ControllerId controller;
  bool anonymous = false;
  bool closed = false;
  UnitId office;
  std::size_t needs_count = 0;
  std::size_t services_count = 0;
  StreamId linked_case;
};
struct CaseState {
  SubjectId subject;
  ControllerId controller;
  CaseStatus status = CaseStatus::none;
  OperatorId responsible;
  std::set<OperatorId> operators;
  std::set<std::string, std::less<>> categories;
  std::string prevalent;  // empty: none
  std::set<UnitId> shared_with;
};
struct BenefitState {
  SubjectId subject;
  ControllerId controller;
  UnitId paying_ente;
  Hash32 protocol{};
  std::optional<Date> closed_on;
  StreamId superseded_by;              // zero: it counts
  std::map<EventId, bool> deliveries;  // true: superseded
};
struct RightsRequestState {
  SubjectId subject;
  ControllerId controller;
  StreamId person;
  std::string kind;  // gdpr15, l241, giudice, difensore
};
// An interview or a note: known to exist, nothing decided on it.
struct OtherState {
  schema::EventType type{};
  SubjectId subject;
  ControllerId controller;
};
using ItemState = std::variant<std::monostate, PersonState, CardState, CaseState, BenefitState,
                               RightsRequestState, OtherState>;

struct FoldedItem {
  ItemState state;
  std::int64_t revision = -1;  // of the last event that was folded; -1: none
};

// Applies one event that has been opened. Events whose body is erased change nothing but the
// revision. invalid_input: the header or body does not decode.
Status fold_item(const crypto::OpenedEvent& event, FoldedItem& item);
Status fold_organisation(const crypto::OpenedEvent& event, OrganisationState& state);
// The part of it about erasures, holds and restrictions; passes over every other event.
Status fold_erasure(const crypto::OpenedEvent& event, const schema::HeaderView& header,
                    OrganisationState& state);

// Bounded, least recently used first out.
class StateCache {
 public:
  explicit StateCache(std::size_t count_max);
  ~StateCache();
  std::shared_ptr<const FoldedItem> find(const StreamId& stream) const;
  // Keeps the newer of what is there and what comes.
  void put(const StreamId& stream, std::shared_ptr<const FoldedItem> item);
  void forget(const StreamId& stream);
  std::size_t size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::cases
