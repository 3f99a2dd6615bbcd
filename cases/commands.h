// cases/commands.h: what people and imports may ask the ledger to record.
//
// One struct per action, values only. Strings are UTF-8; codes are those of the code lists; money
// is whole cents; an absent date is empty. Streams and people are named by opaque ids: a person,
// card, case or benefit by the stream that the first command's Outcome gave. Unit ids (zone, ente,
// office, sector) and those of needs and services are chosen by the caller, random or derived from
// an import's key. The id of an ente is also the controller id of what it is titolare of.
// Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "cases/access_commands.h"
#include "cases/codice_fiscale.h"
#include "cases/erasure_commands.h"

namespace cartella::cases {

using NeedId = Id16<struct NeedTag>;
using ServiceId = Id16<struct ServiceTag>;
using ImportId = Id16<struct ImportTag>;

inline ControllerId controller_of(const UnitId& ente) {
  return ControllerId::from_view(ente.view());
}

// ---- shared values ------------------------------------------------------------------------------
struct ExternalRef {
  std::string system;  // "SISO", "ANA_PER"
  std::string table;
  std::string key;
};
struct IdentifierValue {
  IdentifierKind kind = IdentifierKind::cf;
  std::string value;   // normalised by decide
  std::string issuer;  // mandatory for internal ones, whose number alone names nobody
  std::optional<Date> valid_from;
  std::optional<Date> valid_to;
  bool verified = false;
};
struct IdentityValue {
  std::string surname;
  std::string name;
  std::string sex;  // M, F or empty
  std::optional<Date> birth_date;
  std::optional<Date> death_date;
  std::string birth_place;   // Belfiore
  std::string citizenship;   // ISO 3166 numeric
  std::string civil_status;  // code list civil_status
};
struct AddressValue {
  std::string comune;  // Belfiore
  std::string street;
  std::string number;
  std::string detail;
  bool homeless = false;
  std::string municipal_code;
};

// Who acts, when and on which ground; goes into the header of every event of the call.
struct CommandContext {
  EventId command_id;  // the Idempotency-Key; event 0's id
  OperatorId actor;
  OperatorId on_behalf_of;
  std::string role;
  UnitId unit;  // acting as
  ControllerId controller;
  TimeUs occurred_at;
  std::optional<Date> valid_from;
  std::optional<Date> valid_to;
  std::string source;  // person, registry, SISO, ...
  std::string legal_basis;
  bool basis_confirmed = true;  // false: "as to be confirmed"
  std::string purpose;
  std::vector<ExternalRef> external_refs;
  EventId correlation;
  EventId causation;
  // The day that counts as today; absent: the clock's. An import states the day of its export.
  std::optional<Date> today;
  // A fact of the past that is being imported: units and operators that were disabled since, cards
  // that today's office rules would find incomplete, and deliveries of a service without cost and
  // without its minutes are accepted.
  bool historical = false;
  // What the caller saw of the stream that the command is about (the first of streams_of); when it
  // has moved on, the answer is conflict. Absent: the command is decided on what is there.
  std::optional<std::int64_t> expected_revision = {};
};

// ---- people -------------------------------------------------------------------------------------
// A person becomes known to context.controller. Known by one of the identifiers to another
// controller: the same subject, silently. Known to this controller: refused (known_person), or with
// `reuse_known` the outcome names the stream that is there and nothing is written.
struct RegisterPerson {
  bool anonymous = false;  // then an alias is mandatory and no other identifier allowed
  std::vector<IdentifierValue> identifiers;
  IdentityValue identity;
  std::string registry_comune;
  std::string registry_matricola;
  bool reuse_known = false;
};
struct AddIdentifier {
  StreamId person;
  IdentifierValue identifier;
  std::optional<IdentifierValue> replaces;
  std::string reason;
};
struct RecordIdentity {
  StreamId person;
  IdentityValue identity;
  std::string reason;
};
struct RecordResidence {
  StreamId person;
  AddressValue address;
  std::string immigrated_from;
  std::string emigrated_to;
  bool left = false;
};
struct RecordHousehold {
  StreamId person;
  std::string household_number;
  std::string role;
};
struct RecordKinship {
  StreamId person;
  std::string role;
  StreamId other;  // person stream of the relative; only a key id of theirs is written
  bool ended = false;
};
struct RecordContact {
  StreamId person;
  std::string phone;
  std::string mobile;
  std::string email;
  std::string holder;
};
struct RecordDeath {
  StreamId person;
  Date death_date;
};

// ---- intake cards -------------------------------------------------------------------------------
struct ReporterValue {
  std::string relation;
  std::string name;
  std::string phone;
  bool is_protected = false;
};
struct NeedsValue {
  std::vector<NeedId> needs;
  std::string other_text;
};
struct ServicesValue {
  std::vector<ServiceId> services;
  std::string other_text;
};
struct ClosingValue {
  std::string card_type;
  bool taken_in_charge = false;
  bool municipal_only = false;
  bool complete = false;
};
// One access of one person; an intake row with all its parts is one atomic call.
struct OpenCard {
  StreamId person;
  std::int64_t number = 0;
  Date access_date;
  std::string mode;
  std::string interlocutor;
  std::string motive;
  std::string motive_text;
  bool informed = false;
  UnitId office;
  std::string contact_point;
  UnitId ente;  // zero: the ente of the office
  OperatorId worker;
  bool homeless = false;
  std::optional<ReporterValue> reporter;
  std::optional<NeedsValue> needs;
  std::optional<ServicesValue> services;
  std::optional<ClosingValue> closing;
};
struct RecordReporter {
  StreamId card;
  ReporterValue reporter;
};
struct RecordNeeds {
  StreamId card;
  NeedsValue needs;
};
struct RequestServices {
  StreamId card;
  ServicesValue services;
};
struct CloseCard {
  StreamId card;
  ClosingValue closing;
};
struct LinkCardToCase {
  StreamId card;
  StreamId case_stream;
  std::string state;
  std::string note;
};

// ---- cases --------------------------------------------------------------------------------------
// The numbers are the predecessor's (predecessor.md 2.1).
enum class CaseStatus : std::uint8_t {
  none = 0,
  aperto = 1,
  chiuso = 2,
  preso_in_carico = 3,
  segnalato = 4,
  riaperto = 6,
  segnalato_ente = 10,
  segnalato_operatore = 11,
};
// Opening is the first state change, to aperto: ChangeCaseState makes the later ones.
struct OpenCase {
  StreamId person;
  StreamId card;  // zero: not from a card
  std::int64_t number = 0;
  std::string note;
  UnitId ente;
  UnitId sector;
  OperatorId worker;
};
struct ChangeCaseState {
  StreamId case_stream;
  CaseStatus state = CaseStatus::none;
  OperatorId worker;  // preso_in_carico: becomes responsible
  UnitId sector;
  UnitId ente;
  UnitId to_sector;
  OperatorId to_operator;
  UnitId to_ente;
  std::string note;
  std::optional<TimeUs> administrative_date;
};
struct SetCategory {
  StreamId case_stream;
  std::string category;
  bool prevalent = false;
  bool ended = false;
};
struct AssignOperator {
  StreamId case_stream;
  OperatorId worker;
  UnitId sector;
  bool responsible = false;
  bool ended = false;
};
struct ShareCase {
  StreamId case_stream;
  UnitId unit;
  std::vector<std::string> sections;
  std::string reason;
  bool revoked = false;
};
// Streams of their own, so that each can be masked or erased alone.
struct RecordInterview {
  StreamId case_stream;
  bool reserved = false;
  std::string text;
  std::string with_whom;
  OperatorId worker;
  TimeUs held_at;
  std::vector<SubjectId> mentions;
  UnitId sector;
  std::string second_level;  // of a sector: only its sectors may read it; empty: none
};
struct RecordNote {
  StreamId case_stream;
  std::string text;
  bool is_private = false;
  OperatorId worker;
  std::vector<SubjectId> mentions;
};

// ---- benefits -----------------------------------------------------------------------------------
enum class InCharge : std::uint8_t { unknown = 0, yes = 1, no = 2 };
struct GrantBenefit {
  StreamId person;       // the main beneficiary
  StreamId case_stream;  // zero: without a case
  UnitId paying_ente;
  std::string protocol;  // 1 to 32 characters, unique per paying ente, immutable
  std::optional<Date> protocol_date;
  std::string inps_code;
  std::string inps_name;  // empty: the denomination of the code list
  bool periodic = false;
  int means_test = 4;      // 1 to 4
  std::string dsu_number;  // all three or none, unless historical
  int dsu_year = 0;
  std::optional<Date> dsu_date;
  std::optional<Date> event_date;   // A1.05.01 requires it
  std::optional<Date> period_from;  // within one calendar year
  std::optional<Date> period_to;
  InCharge in_charge = InCharge::unknown;
  // 0 absent, 1 family and minors, 2 disabled and elderly people, 3 poverty; yes requires it.
  int user_area = 0;
  // A benefit of the same person that no other one supersedes: may repeat its protocol.
  StreamId supersedes;
  std::string category;
  std::string beneficiary_kind = "INDIVIDUALE";  // INDIVIDUALE, NUCLEO or GRUPPO
  UnitId sector;
  OperatorId worker;
};
struct RecordDelivery {
  StreamId benefit;
  Date delivered_on;
  std::int64_t amount_cents = 0;  // = sum of the four shares
  std::int64_t ente_cents = 0;
  std::int64_t user_cents = 0;
  std::int64_t health_cents = 0;
  std::int64_t other_cents = 0;
  std::uint32_t minutes = 0;
  OperatorId worker;
  EventId supersedes;  // an earlier delivery of this benefit; zero: none
  std::string status;
  std::optional<Date> delivered_to = {};  // last day of a delivery that took several
};
struct CloseBenefit {
  StreamId benefit;
  Date closed_on;
  std::string reason;
};

// ---- organisation -------------------------------------------------------------------------------
// Defining an id again changes its properties.
struct DefineAmbito {
  std::string name;
  std::string slug;
  std::string region_istat;
  std::string mode;  // production, test, training
};
struct DefineZone {
  UnitId zone;
  std::string name;
  std::string code;
};
struct DefineEnte {
  UnitId ente;
  std::string name;
  std::string belfiore;
  UnitId zone;
  bool lead = false;
  std::string export_code;
  std::string seat_code;
  bool enabled = true;
};
struct DefineOffice {
  UnitId office;
  std::string name;
  UnitId ente;
  bool needs_required = false;
  bool services_required = false;
  std::string contact_point;
  bool enabled = true;
};
struct DefineSector {
  UnitId sector;
  std::string name;
  UnitId ente;
  std::string second_level;
  bool enabled = true;
  std::vector<std::string> categories = {};  // that it manages; empty: every one
};
struct DefineOperator {
  OperatorId worker;
  std::string username;
  bool enabled = true;
};
struct DefineOperatorAssignment {
  OperatorId worker;
  UnitId sector;
  std::string role_group;
  bool ended = false;
};
struct DefineNeed {
  NeedId need;
  std::string label;
  std::string need_class;
  bool economic = false;
  bool enabled = true;
};
struct DefineService {
  ServiceId service;
  std::string label;
  bool external = false;
  bool enabled = true;
};
struct DefineCategory {
  std::string category;
  std::string label;
  bool enabled = true;
};
struct SetConfiguration {
  std::string key;
  std::string value;
};

// ---- registry and imports -----------------------------------------------------------------------
struct EnableRegistry {
  std::string comune;
  std::string act;
  std::optional<Date> expires;
};
struct RecordRegistryImport {
  std::string comune;
  std::string file_kind;
  Date file_date;
  Hash32 digest{};
  std::uint64_t records = 0;
  std::uint64_t accepted = 0;
  std::uint64_t faults = 0;
  std::uint64_t known = 0;
  std::uint64_t variations = 0;
};
struct RecordRegistryVariation {
  StreamId person;
  std::string kind;  // moved, died, household, name, codice_fiscale
  std::string matricola;
  Hash32 digest{};
};
struct OpenImport {
  ImportId import_id;
  std::string system;
  Hash32 digest{};
};
struct CloseImport {
  ImportId import_id;
  std::uint64_t rows = 0;
  std::uint64_t events = 0;
  std::uint64_t rejected = 0;
  std::uint64_t warnings = 0;
};

// ---- the log itself -----------------------------------------------------------------------------
// The key of an operator. Its holder signs crypto::possession_message; the key stays where it is.
struct EnrolSigner {
  Hash32 public_key{};  // Ed25519
  OperatorId owner;
  std::vector<std::string> rights;  // append, enrol
  Bytes proof;                      // of possession, 64 bytes
};
struct RevokeSigner {
  SignerId signer;
  // From where on nothing is believed any more, also backwards; empty: from now on.
  std::optional<std::uint64_t> from_position;
  std::string reason;  // a code or a few words without personal data: it stands in clear
};
// A report as it was given to somebody outside: recomputing it tells what changed since.
struct PublishReport {
  std::string name;
  std::string query;        // the question, as the program that asked wrote it
  std::uint32_t rules = 0;  // version of the rules that counted
  std::uint64_t position = 0;
  std::string figures;  // lines "section TAB key TAB value", at most kFiguresBytesMax
};
inline constexpr std::size_t kFiguresBytesMax = 160 * 1024;

// What the views were at a position, as keyed roots (ledger.md 9).
struct AttestedView {
  std::string view;
  std::uint64_t generation = 0;
  std::uint64_t cursor = 0;
  Hash32 root{};
  std::uint64_t row_count = 0;
  Hash32 mac{};
};
struct AttestViews {
  std::vector<AttestedView> views;
};
// context.actor accepts a clock that the store does not believe, as Store::clock_doubt told it.
struct ConfirmClock {
  TimeUs wall;  // what the clock says
  TimeUs head;  // the time of the last event
};

// The place of an alternative is part of a command's digest: new ones go at the end.
using Command = std::variant<
    RegisterPerson, AddIdentifier, RecordIdentity, RecordResidence, RecordHousehold, RecordKinship,
    RecordContact, RecordDeath, OpenCard, RecordReporter, RecordNeeds, RequestServices, CloseCard,
    LinkCardToCase, OpenCase, ChangeCaseState, SetCategory, AssignOperator, ShareCase,
    RecordInterview, RecordNote, GrantBenefit, RecordDelivery, CloseBenefit, DefineAmbito,
    DefineZone, DefineEnte, DefineOffice, DefineSector, DefineOperator, DefineOperatorAssignment,
    DefineNeed, DefineService, DefineCategory, SetConfiguration, EnableRegistry,
    RecordRegistryImport, RecordRegistryVariation, OpenImport, CloseImport, EnrolSigner,
    RevokeSigner, AttestViews, ConfirmClock, PublishReport, GrantRole, RevokeRole,
    ProposeAuditMandate, DecideAuditMandate, RecordDisclosure, RecordRelease, NotePossibleDuplicate,
    OpenRightsRequest, EraseAccessMonth, CompleteErasure, ProposeErasure, DecideErasure,
    PlaceLegalHold, LiftLegalHold, RestrictProcessing, LiftRestriction, SetRetentionRule>;

}  // namespace cartella::cases
