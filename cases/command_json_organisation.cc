// The fields of the commands about the organisation, imports and the log itself, by the names of
// their members.
#include "cases/command_fields.h"

namespace cartella::cases {

template <class F>
void fields(F& f, DefineAmbito& c) {
  f.need("name", c.name);
  f.need("slug", c.slug);
  f.may("region_istat", c.region_istat);
  f.need("mode", c.mode);
}
template <class F>
void fields(F& f, DefineZone& c) {
  f.need("zone", c.zone);
  f.need("name", c.name);
  f.may("code", c.code);
}
template <class F>
void fields(F& f, DefineEnte& c) {
  f.need("ente", c.ente);
  f.need("name", c.name);
  f.may("belfiore", c.belfiore);
  f.may("zone", c.zone);
  f.may("lead", c.lead);
  f.may("export_code", c.export_code);
  f.may("seat_code", c.seat_code);
  f.may("enabled", c.enabled);
}
template <class F>
void fields(F& f, DefineOffice& c) {
  f.need("office", c.office);
  f.need("name", c.name);
  f.need("ente", c.ente);
  f.may("needs_required", c.needs_required);
  f.may("services_required", c.services_required);
  f.may("contact_point", c.contact_point);
  f.may("enabled", c.enabled);
}
template <class F>
void fields(F& f, DefineSector& c) {
  f.need("sector", c.sector);
  f.need("name", c.name);
  f.need("ente", c.ente);
  f.may("second_level", c.second_level);
  f.may("enabled", c.enabled);
  f.may("categories", c.categories);
}
template <class F>
void fields(F& f, DefineOperator& c) {
  f.need("worker", c.worker);
  f.need("username", c.username);
  f.may("enabled", c.enabled);
}
template <class F>
void fields(F& f, DefineOperatorAssignment& c) {
  f.need("worker", c.worker);
  f.need("sector", c.sector);
  f.may("role_group", c.role_group);
  f.may("ended", c.ended);
}
template <class F>
void fields(F& f, DefineNeed& c) {
  f.need("need", c.need);
  f.need("label", c.label);
  f.may("need_class", c.need_class);
  f.may("economic", c.economic);
  f.may("enabled", c.enabled);
}
template <class F>
void fields(F& f, DefineService& c) {
  f.need("service", c.service);
  f.need("label", c.label);
  f.may("external", c.external);
  f.may("enabled", c.enabled);
}
template <class F>
void fields(F& f, DefineCategory& c) {
  f.need("category", c.category);
  f.need("label", c.label);
  f.may("enabled", c.enabled);
}
template <class F>
void fields(F& f, SetConfiguration& c) {
  f.need("key", c.key);
  f.may("value", c.value);
}
template <class F>
void fields(F& f, EnableRegistry& c) {
  f.need("comune", c.comune);
  f.need("act", c.act);
  f.may("expires", c.expires);
}
template <class F>
void fields(F& f, EnrolSigner& c) {
  f.need("public_key", c.public_key);
  f.need("owner", c.owner);
  f.need("rights", c.rights);
  f.need("proof", c.proof);
}
template <class F>
void fields(F& f, RevokeSigner& c) {
  f.need("signer", c.signer);
  f.may("from_position", c.from_position);
  f.need("reason", c.reason);
}

std::vector<CommandForm> organisation_forms() {
  return {form_of<DefineAmbito>("define_ambito"),
          form_of<DefineZone>("define_zone"),
          form_of<DefineEnte>("define_ente"),
          form_of<DefineOffice>("define_office"),
          form_of<DefineSector>("define_sector"),
          form_of<DefineOperator>("define_operator"),
          form_of<DefineOperatorAssignment>("define_operator_assignment"),
          form_of<DefineNeed>("define_need"),
          form_of<DefineService>("define_service"),
          form_of<DefineCategory>("define_category"),
          form_of<SetConfiguration>("set_configuration"),
          form_of<EnableRegistry>("enable_registry"),
          machine_form<RecordRegistryImport>("record_registry_import"),
          machine_form<RecordRegistryVariation>("record_registry_variation"),
          machine_form<OpenImport>("open_import"),
          machine_form<CloseImport>("close_import"),
          form_of<EnrolSigner>("enrol_signer"),
          form_of<RevokeSigner>("revoke_signer"),
          machine_form<AttestViews>("attest_views"),
          machine_form<ConfirmClock>("confirm_clock"),
          machine_form<PublishReport>("publish_report")};
}

}  // namespace cartella::cases
