// schema/event_types.h: the registry of event types.
//
// A type id is a number for life; names follow schema/events.capnp. Every type declares its
// retention category and what starts the term (a static_assert refuses an empty one, ledger.md 6),
// the kind of leaf that carries it, and in which key domain its body is sealed. Threads: constant
// data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace cartella::schema {

// Leaf kinds, ledger.md 3.
enum class LeafKind : std::uint8_t {
  event = 0,
  access = 1,
  key = 2,
  schema = 3,
  configuration = 4,
  erasure = 5,
  attestation = 6,
};

enum class EventType : std::uint16_t {
  genesis = 1,
  signer_enrolled = 2,
  signer_revoked = 3,
  schema_registered = 4,
  configuration_set = 5,
  clock_confirmed = 6,
  attestation_made = 7,
  // 8 was a type that no log ever held

  ambito_defined = 100,
  zone_defined = 101,
  ente_defined = 102,
  office_defined = 103,
  sector_defined = 104,
  operator_defined = 105,
  operator_assigned = 106,
  need_defined = 107,
  service_defined = 108,
  category_defined = 109,
  report_published = 110,
  role_granted = 111,
  role_revoked = 112,

  registry_enabled = 150,
  registry_imported = 151,
  registry_variation = 152,
  import_opened = 153,
  import_closed = 154,

  person_registered = 200,
  identifier_added = 201,
  identity_recorded = 202,
  residence_recorded = 203,
  household_recorded = 204,
  kinship_recorded = 205,
  contact_recorded = 206,
  death_recorded = 207,
  persons_linked = 208,
  persons_unlinked = 209,
  pseudonym_assigned = 210,
  possible_duplicate_noted = 211,

  card_opened = 300,
  card_reporter_recorded = 301,
  card_needs_recorded = 302,
  card_services_requested = 303,
  card_closed = 304,
  card_linked_to_case = 305,

  case_opened = 400,
  case_state_changed = 401,
  case_category_set = 402,
  case_operator_assigned = 403,
  case_shared = 404,

  interview_recorded = 500,
  note_recorded = 501,

  benefit_granted = 600,
  benefit_delivered = 601,
  benefit_closed = 602,
  benefit_superseded = 603,

  access_recorded = 700,
  data_disclosed = 701,
  document_released = 702,
  notice_given = 703,

  item_masked = 800,
  item_unmasked = 801,
  processing_restricted = 802,
  processing_restriction_lifted = 803,
  legal_hold_placed = 804,
  legal_hold_lifted = 805,
  fact_corrected = 806,
  statement_added = 807,
  item_voided = 808,
  rights_request_opened = 809,

  retention_rule_set = 900,
  processor_authorised = 901,
  stream_transferred = 902,
  audit_mandate_decided = 903,
  erasure_proposed = 904,
  erasure_decided = 905,
  erasure_completed = 906,
  audit_mandate_proposed = 907,
};

// Who owns the key that seals the body, ledger.md 6.
enum class KeyDomain : std::uint8_t {
  none = 0,
  subject = 1,
  access_month = 2,
  staff = 3,
  controller = 4,
  community = 5
};
enum class KeyClass : std::uint8_t { base = 0, reserved = 1, health = 2, judicial = 3, access = 4 };

struct TypeInfo {
  EventType type;
  std::string_view name;  // as in events.capnp
  LeafKind kind;
  KeyDomain domain;
  std::string_view retention_category;  // docs/retention.md lists them
  std::string_view term_start;          // what starts the term
  std::uint64_t schema_id;              // Cap'n Proto type id of the body
  std::uint32_t revision;               // raised when fields are added
  std::string_view label_it;            // what a user reads
};

std::span<const TypeInfo> event_types();
// nullptr for a type that this build does not know: it is kept and shown raw.
const TypeInfo* find_type(EventType type);
const TypeInfo* find_schema(std::uint64_t schema_id);

}  // namespace cartella::schema
