// The bodies of events about roles, mandates, disclosures, duplicates and rights requests.
#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::data_of;
using schema::date_value;
using schema::encode_body;
using schema::id_data;
using schema::text_from;

namespace {

template <class Ids, class List>
void put_ids(const Ids& ids, List to) {
  unsigned i = 0;
  for (const auto& id : ids) to.set(i++, id_data(id));
}

template <class Texts, class List>
void put_texts(const Texts& texts, List to) {
  unsigned i = 0;
  for (const std::string& text : texts) to.set(i++, text_from(text));
}

// A proposal and its decision say the same of who may see what.
template <class Mandate, class Builder>
void put_mandate(const Mandate& mandate, Builder to) {
  to.setAct(text_from(mandate.act));
  to.setAuditor(id_data(mandate.auditor));
  put_ids(mandate.subjects, to.initSubjects(static_cast<unsigned>(mandate.subjects.size())));
  put_ids(mandate.cases, to.initCases(static_cast<unsigned>(mandate.cases.size())));
  put_texts(mandate.sections, to.initSections(static_cast<unsigned>(mandate.sections.size())));
  to.setFrom(mandate.from.days);
  to.setTo(mandate.to.days);
}

}  // namespace

Bytes encode(const GrantRole& command, const OperatorId& granted_by) {
  return encode_body<schema::RoleGranted>([&](auto to) {
    to.setOperator(id_data(command.worker));
    to.setRole(text_from(command.role));
    to.setUnit(id_data(command.unit));
    to.setFrom(date_value(command.from));
    to.setTo(date_value(command.to));
    to.setAct(text_from(command.act));
    to.setGrantedBy(id_data(granted_by));
  });
}

Bytes encode(const RevokeRole& command, const OperatorId& revoked_by) {
  return encode_body<schema::RoleRevoked>([&](auto to) {
    to.setOperator(id_data(command.worker));
    to.setRole(text_from(command.role));
    to.setUnit(id_data(command.unit));
    to.setReason(text_from(command.reason));
    to.setRevokedBy(id_data(revoked_by));
  });
}

Bytes encode(const ProposeAuditMandate& command, const OperatorId& proposed_by) {
  return encode_body<schema::AuditMandateProposed>([&](auto to) {
    put_mandate(command, to);
    to.setProposedBy(id_data(proposed_by));
  });
}

Bytes encode_decided(const EventId& proposal, const OrganisationState::Mandate& mandate,
                     bool granted, const OperatorId& decided_by) {
  return encode_body<schema::AuditMandateDecided>([&](auto to) {
    put_mandate(mandate, to);
    to.setMandate(id_data(proposal));
    to.setDecidedBy(id_data(decided_by));
    to.setRefused(!granted);
  });
}

Bytes encode(const RecordDisclosure& command, const SubjectId& subject) {
  return encode_body<schema::DataDisclosed>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setRecipient(text_from(command.recipient));
    to.setLegalBasis(text_from(command.legal_basis));
    put_ids(command.items, to.initItems(static_cast<unsigned>(command.items.size())));
    to.setDigest(data_of(command.digest));
    to.setTransmittedAt(command.transmitted_at.us);
  });
}

Bytes encode(const RecordRelease& command, const SubjectId& subject) {
  return encode_body<schema::DocumentReleased>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setRecipient(text_from(command.recipient));
    to.setPurpose(text_from(command.purpose));
    to.setSha256(data_of(command.sha256));
    put_ids(command.items, to.initItems(static_cast<unsigned>(command.items.size())));
  });
}

Bytes encode(const NotePossibleDuplicate& command, const SubjectId& subject) {
  return encode_body<schema::PossibleDuplicateNoted>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setPersonStream(id_data(command.person));
    to.setIdentifierKind(static_cast<schema::IdentifierKind>(command.identifier_kind));
    to.setNoticedByUnit(id_data(command.noticed_by_unit));
    to.setSameController(command.same_controller);
  });
}

Bytes encode(const OpenRightsRequest& command, const SubjectId& subject) {
  return encode_body<schema::RightsRequestOpened>([&](auto to) {
    to.setSubject(id_data(subject));
    to.setPersonStream(id_data(command.person));
    to.setKind(text_from(command.kind));
    to.setReceivedOn(command.received_on.days);
    to.setRequester(text_from(command.requester));
    to.setTitle(text_from(command.title));
    to.setNote(text_from(command.note));
  });
}

}  // namespace cartella::cases
