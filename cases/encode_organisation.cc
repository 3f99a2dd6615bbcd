#include "cases/encode.h"
#include "schema/body.h"

namespace cartella::cases {

using schema::data_of;
using schema::date_value;
using schema::encode_body;
using schema::id_data;
using schema::text_from;

Bytes encode(const DefineAmbito& command) {
  return encode_body<schema::AmbitoDefined>([&](auto to) {
    to.setName(text_from(command.name));
    to.setSlug(text_from(command.slug));
    to.setRegionIstat(text_from(command.region_istat));
    to.setMode(text_from(command.mode));
  });
}

Bytes encode(const DefineZone& command) {
  return encode_body<schema::ZoneDefined>([&](auto to) {
    to.setZone(id_data(command.zone));
    to.setName(text_from(command.name));
    to.setCode(text_from(command.code));
  });
}

Bytes encode(const DefineEnte& command) {
  return encode_body<schema::EnteDefined>([&](auto to) {
    to.setEnte(id_data(command.ente));
    to.setName(text_from(command.name));
    to.setBelfiore(text_from(command.belfiore));
    to.setZone(id_data(command.zone));
    to.setLead(command.lead);
    to.setExportCode(text_from(command.export_code));
    to.setSeatCode(text_from(command.seat_code));
    to.setEnabled(command.enabled);
  });
}

Bytes encode(const DefineOffice& command) {
  return encode_body<schema::OfficeDefined>([&](auto to) {
    to.setOffice(id_data(command.office));
    to.setName(text_from(command.name));
    to.setEnte(id_data(command.ente));
    to.setNeedsRequired(command.needs_required);
    to.setServicesRequired(command.services_required);
    to.setContactPoint(text_from(command.contact_point));
    to.setEnabled(command.enabled);
  });
}

Bytes encode(const DefineSector& command) {
  return encode_body<schema::SectorDefined>([&](auto to) {
    to.setSector(id_data(command.sector));
    to.setName(text_from(command.name));
    to.setEnte(id_data(command.ente));
    to.setSecondLevel(text_from(command.second_level));
    to.setEnabled(command.enabled);
    auto categories = to.initCategories(static_cast<unsigned>(command.categories.size()));
    for (unsigned i = 0; i < categories.size(); ++i)
      categories.set(i, text_from(command.categories[i]));
  });
}

Bytes encode(const DefineOperator& command) {
  return encode_body<schema::OperatorDefined>([&](auto to) {
    to.setOperator(id_data(command.worker));
    to.setUsername(text_from(command.username));
    to.setEnabled(command.enabled);
  });
}

Bytes encode(const DefineOperatorAssignment& command) {
  return encode_body<schema::OperatorAssigned>([&](auto to) {
    to.setOperator(id_data(command.worker));
    to.setSector(id_data(command.sector));
    to.setRoleGroup(text_from(command.role_group));
    to.setEnded(command.ended);
  });
}

Bytes encode(const DefineNeed& command) {
  return encode_body<schema::NeedDefined>([&](auto to) {
    to.setNeed(id_data(command.need));
    to.setLabel(text_from(command.label));
    to.setClass(text_from(command.need_class));
    to.setEconomic(command.economic);
    to.setEnabled(command.enabled);
  });
}

Bytes encode(const DefineService& command) {
  return encode_body<schema::ServiceDefined>([&](auto to) {
    to.setService(id_data(command.service));
    to.setLabel(text_from(command.label));
    to.setExternal(command.external);
    to.setEnabled(command.enabled);
  });
}

Bytes encode(const DefineCategory& command) {
  return encode_body<schema::CategoryDefined>([&](auto to) {
    to.setCategory(text_from(command.category));
    to.setLabel(text_from(command.label));
    to.setEnabled(command.enabled);
  });
}

Bytes encode(const SetConfiguration& command) {
  return encode_body<schema::ConfigurationSet>([&](auto to) {
    to.setKey(text_from(command.key));
    to.setValue(text_from(command.value));
  });
}

Bytes encode(const EnableRegistry& command) {
  return encode_body<schema::RegistryEnabled>([&](auto to) {
    to.setComune(text_from(command.comune));
    to.setAct(text_from(command.act));
    to.setExpires(date_value(command.expires));
  });
}

Bytes encode(const RecordRegistryImport& command) {
  return encode_body<schema::RegistryImported>([&](auto to) {
    to.setComune(text_from(command.comune));
    to.setFileKind(text_from(command.file_kind));
    to.setFileDate(command.file_date.days);
    to.setDigest(data_of(command.digest));
    to.setRecords(command.records);
    to.setAccepted(command.accepted);
    to.setFaults(command.faults);
    to.setKnown(command.known);
    to.setVariations(command.variations);
  });
}

Bytes encode(const OpenImport& command) {
  return encode_body<schema::ImportOpened>([&](auto to) {
    to.setImportId(id_data(command.import_id));
    to.setSystem(text_from(command.system));
    to.setDigest(data_of(command.digest));
  });
}

Bytes encode(const CloseImport& command) {
  return encode_body<schema::ImportClosed>([&](auto to) {
    to.setImportId(id_data(command.import_id));
    to.setRows(command.rows);
    to.setEvents(command.events);
    to.setRejected(command.rejected);
    to.setWarnings(command.warnings);
  });
}

}  // namespace cartella::cases
