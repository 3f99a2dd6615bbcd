// The fields of the commands about roles, mandates, disclosures and rights, by the names of their
// members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, GrantRole& c) {
  f.need("worker", c.worker);
  f.need("role", c.role);
  f.may("unit", c.unit);
  f.may("from", c.from);
  f.may("to", c.to);
  f.may("act", c.act);
}
template <class F>
void fields(F& f, RevokeRole& c) {
  f.need("worker", c.worker);
  f.need("role", c.role);
  f.may("unit", c.unit);
  f.need("reason", c.reason);
}
template <class F>
void fields(F& f, ProposeAuditMandate& c) {
  f.need("act", c.act);
  f.need("auditor", c.auditor);
  f.may("subjects", c.subjects);
  f.may("cases", c.cases);
  f.need("sections", c.sections);
  f.need("from", c.from);
  f.need("to", c.to);
}
template <class F>
void fields(F& f, DecideAuditMandate& c) {
  f.need("mandate", c.mandate);
  f.need("granted", c.granted);
}
template <class F>
void fields(F& f, RecordDisclosure& c) {
  f.need("person", c.person);
  f.need("recipient", c.recipient);
  f.need("legal_basis", c.legal_basis);
  f.need("items", c.items);
  f.need("digest", c.digest);
  f.need("transmitted_at", c.transmitted_at);
}
template <class F>
void fields(F& f, RecordRelease& c) {
  f.need("person", c.person);
  f.need("recipient", c.recipient);
  f.need("purpose", c.purpose);
  f.need("sha256", c.sha256);
  f.need("items", c.items);
}
template <class F>
void fields(F& f, OpenRightsRequest& c) {
  f.need("person", c.person);
  f.need("kind", c.kind);
  f.need("received_on", c.received_on);
  f.may("requester", c.requester);
  f.may("title", c.title);
  f.may("note", c.note);
}

std::vector<CommandForm> access_forms() {
  return {form_of<GrantRole>("grant_role"),
          form_of<RevokeRole>("revoke_role"),
          form_of<ProposeAuditMandate>("propose_audit_mandate"),
          form_of<DecideAuditMandate>("decide_audit_mandate"),
          form_of<RecordDisclosure>("record_disclosure"),
          form_of<RecordRelease>("record_release"),
          machine_form<NotePossibleDuplicate>("note_possible_duplicate"),
          form_of<OpenRightsRequest>("open_rights_request"),
          machine_form<EraseAccessMonth>("erase_access_month"),
          machine_form<CompleteErasure>("complete_erasure")};
}

}  // namespace cartella::cases
