// cases/access_commands.h: commands about who may look, what left and what a person asks of us.
//
// Alternatives of Command like those of commands.h, which includes this page. Grants of roles and
// audit mandates are clear, in the stream of the organisation: opaque ids, no personal data in
// their texts. Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "cases/codice_fiscale.h"

namespace cartella::cases {

// ---- roles and audit mandates -------------------------------------------------------------------
struct GrantRole {
  OperatorId worker;
  std::string role;  // role_word, cases/viewer.h
  UnitId unit;       // sector, office or ente, as the role asks; zero: the whole ambito
  std::optional<Date> from;
  std::optional<Date> to;
  std::string act;  // that names the person; a few words without personal data
};
struct RevokeRole {
  OperatorId worker;
  std::string role;
  UnitId unit;
  std::string reason;  // a code or a few words without personal data: it stands in clear
};
// One proposes, another decides, and neither is the auditor. It covers what context.controller is
// titolare of, or every controller where that is the installation's.
struct ProposeAuditMandate {
  std::string act;
  OperatorId auditor;
  std::vector<SubjectId> subjects;    // at least one subject or case
  std::vector<StreamId> cases;        // case streams
  std::vector<std::string> sections;  // at least one, cases/visibility.h
  Date from;
  Date to;
};
struct DecideAuditMandate {
  EventId mandate;  // the proposal's event
  bool granted = false;
};

// ---- what left, and rights ----------------------------------------------------------------------
// In the stream of the person: to whom, on which ground, what and when.
struct RecordDisclosure {
  StreamId person;
  std::string recipient;
  std::string legal_basis;
  std::vector<StreamId> items;
  Hash32 digest{};  // of what was transmitted
  TimeUs transmitted_at;
};
// A document that was handed out: downloaded, printed, exported.
struct RecordRelease {
  StreamId person;
  std::string recipient;
  std::string purpose;
  Hash32 sha256{};  // of the file
  std::vector<StreamId> items;
};
// Somebody registered the person of this stream again. Given by cases/duplicates.h alone.
struct NotePossibleDuplicate {
  StreamId person;
  IdentifierKind identifier_kind = IdentifierKind::cf;
  UnitId noticed_by_unit;
  bool same_controller = false;
};
// First event of a stream of its own.
struct OpenRightsRequest {
  StreamId person;
  std::string kind;  // gdpr15, l241, giudice, difensore
  Date received_on;
  std::string requester;  // empty: the person; a court or a lawyer is named
  std::string title;      // why the requester may ask
  std::string note;
};

// ---- the end of access records ------------------------------------------------------------------
// The installation alone gives these two, as cases/access_retention.h says.
struct EraseAccessMonth {
  StreamId stream;  // of a month past its term
};
// A backup's copy of the vault, and until when its key is kept.
using VaultCopyId = Id16<struct VaultCopyTag>;
struct VaultCopy {
  VaultCopyId id;
  TimeUs made_at;
  TimeUs expires_at;
};
struct CompleteErasure {
  EventId decision;  // the ErasureDecided
  std::uint64_t streams = 0;
  std::uint64_t events = 0;
  std::uint64_t keys = 0;
  TimeUs final_at;                // from then on no lawful copy of the keys is left
  Bytes certificate;              // digest of the certificate; empty for a month
  std::vector<VaultCopy> copies;  // that could still undo it, as far as they are known
};

}  // namespace cartella::cases
