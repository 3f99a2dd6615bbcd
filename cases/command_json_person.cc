// The fields of the commands about people, by the names of their members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, IdentifierValue& v) {
  f.need("kind", v.kind);
  f.need("value", v.value);
  f.may("issuer", v.issuer);
  f.may("valid_from", v.valid_from);
  f.may("valid_to", v.valid_to);
  f.may("verified", v.verified);
}
template <class F>
void fields(F& f, IdentityValue& v) {
  f.may("surname", v.surname);
  f.may("name", v.name);
  f.may("sex", v.sex);
  f.may("birth_date", v.birth_date);
  f.may("death_date", v.death_date);
  f.may("birth_place", v.birth_place);
  f.may("citizenship", v.citizenship);
  f.may("civil_status", v.civil_status);
}
template <class F>
void fields(F& f, AddressValue& v) {
  f.may("comune", v.comune);
  f.may("street", v.street);
  f.may("number", v.number);
  f.may("detail", v.detail);
  f.may("homeless", v.homeless);
  f.may("municipal_code", v.municipal_code);
}

template <class F>
void fields(F& f, RegisterPerson& c) {
  f.may("anonymous", c.anonymous);
  f.may("identifiers", c.identifiers);
  f.may("identity", c.identity);
  f.may("registry_comune", c.registry_comune);
  f.may("registry_matricola", c.registry_matricola);
  f.may("reuse_known", c.reuse_known);
}
template <class F>
void fields(F& f, AddIdentifier& c) {
  f.need("person", c.person);
  f.need("identifier", c.identifier);
  f.may("replaces", c.replaces);
  f.may("reason", c.reason);
}
template <class F>
void fields(F& f, RecordIdentity& c) {
  f.need("person", c.person);
  f.need("identity", c.identity);
  f.may("reason", c.reason);
}
template <class F>
void fields(F& f, RecordResidence& c) {
  f.need("person", c.person);
  f.may("address", c.address);
  f.may("immigrated_from", c.immigrated_from);
  f.may("emigrated_to", c.emigrated_to);
  f.may("left", c.left);
}
template <class F>
void fields(F& f, RecordHousehold& c) {
  f.need("person", c.person);
  f.need("household_number", c.household_number);
  f.may("role", c.role);
}
template <class F>
void fields(F& f, RecordKinship& c) {
  f.need("person", c.person);
  f.need("role", c.role);
  f.need("other", c.other);
  f.may("ended", c.ended);
}
template <class F>
void fields(F& f, RecordContact& c) {
  f.need("person", c.person);
  f.may("phone", c.phone);
  f.may("mobile", c.mobile);
  f.may("email", c.email);
  f.may("holder", c.holder);
}
template <class F>
void fields(F& f, RecordDeath& c) {
  f.need("person", c.person);
  f.need("death_date", c.death_date);
}

std::vector<CommandForm> person_forms() {
  return {
      form_of<RegisterPerson>("register_person"),   form_of<AddIdentifier>("add_identifier"),
      form_of<RecordIdentity>("record_identity"),   form_of<RecordResidence>("record_residence"),
      form_of<RecordHousehold>("record_household"), form_of<RecordKinship>("record_kinship"),
      form_of<RecordContact>("record_contact"),     form_of<RecordDeath>("record_death")};
}

}  // namespace cartella::cases
