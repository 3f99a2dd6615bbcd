#include "ops/import_reading.h"

namespace cartella::ops {

namespace {

constexpr std::string_view kZones = "CS_O_ZONA_SOC";
constexpr std::string_view kEntes = "CS_O_ORGANIZZAZIONE";
constexpr std::string_view kOffices = "SS_UFFICIO";
constexpr std::string_view kContactPoints = "SS_PUNTO_CONTATTO";
constexpr std::string_view kOfficeRelations = "SS_REL_UFF_PCONT_ORG";
constexpr std::string_view kSectors = "CS_O_SETTORE";
constexpr std::string_view kOperators = "CS_O_OPERATORE";
constexpr std::string_view kAssignments = "CS_O_OPERATORE_SETTORE";
constexpr std::string_view kNeeds = "SS_MOTIVAZIONE";
constexpr std::string_view kNeedClasses = "SS_CLASSIFICAZIONE_MOTIVAZIONE";
constexpr std::string_view kServices = "SS_INTERVENTO";
constexpr std::string_view kCategories = "CS_C_CATEGORIA_SOCIALE";
constexpr std::string_view kSectorCategories = "CS_REL_SETTORE_CATSOC";

SourceRef ref_of(const ImportTable& table, std::string_view name, ImportTable::Row row) {
  return {name, table.key(row), table.line(row)};
}

Status read_zones(Reading& reading) {
  CARTELLA_TRY(const auto table, reading.load(kZones, "ID", {"ID", "NOME"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    reading.zones.emplace(table.key(row), reading.source.zones.size());
    reading.source.zones.push_back(
        {ref_of(table, kZones, row), std::string(table.text(row, "NOME"))});
  }
  return ok();
}

Status read_entes(Reading& reading) {
  CARTELLA_TRY(const auto table, reading.load(kEntes, "ID", {"ID", "NOME", "COD_CATASTALE"}));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceEnte ente;
    ente.ref = ref_of(table, kEntes, row);
    ente.name = table.text(row, "NOME");
    ente.belfiore = table.text(row, "COD_CATASTALE");
    ente.zone = find_index(reading.zones, table.id(row, "ZONA_SOC_ID"));
    if (ente.zone == kNoIndex && !table.text(row, "ZONA_SOC_ID").empty())
      reading.warn(ente.ref, "unknown_zone");
    ente.lead = table.flag(row, "FLAG_CAPOFILA");
    // Where a flow code or a seat is not set, the predecessor's flows write the routing code.
    const std::string_view routing = table.text(row, "COD_ROUTING");
    ente.export_code = table.text(row, "COD_EXPORT_FLUSSO");
    if (ente.export_code.empty()) ente.export_code = routing;
    ente.seat_code = table.text(row, "COD_SEDE_LEGALE");
    if (ente.seat_code.empty()) ente.seat_code = routing;
    ente.enabled = table.text(row, "ABILITATO") != "0";
    reading.entes.emplace(table.key(row), reading.source.entes.size());
    reading.source.entes.push_back(std::move(ente));
  }
  if (reading.source.entes.empty())
    return fail(Errc::invalid_input, "the table CS_O_ORGANIZZAZIONE has no usable row");
  return ok();
}

Status read_offices(Reading& reading) {
  CARTELLA_TRY(const auto offices, reading.load(kOffices, "ID", {"ID", "NOME"}));
  CARTELLA_TRY(const auto points, reading.load(kContactPoints, "ID", {"ID", "NOME"}, true));
  CARTELLA_TRY(const auto relations,
               reading.load(kOfficeRelations, "", {"UFFICIO_ID", "ORGANIZZAZIONE_ID"}));
  for (ImportTable::Row row = 0; row < relations.size(); ++row) {
    const Field<RowId> office_id = relations.id(row, "UFFICIO_ID");
    const Field<RowId> ente_id = relations.id(row, "ORGANIZZAZIONE_ID");
    const SourceRef relation{kOfficeRelations, office_id.value.value_or(0), relations.line(row)};
    const auto at = offices.find(office_id);
    const Index ente = find_index(reading.entes, ente_id);
    if (!at || ente == kNoIndex) {
      reading.refuse(relation, !at ? "unknown_office" : "unknown_ente");
      continue;
    }
    SourceOffice office;
    office.ref = ref_of(offices, kOffices, *at);
    office.name = offices.text(*at, "NOME");
    office.ente = ente;
    office.needs_required = offices.flag(*at, "REQ_BISOGNI");
    office.services_required = offices.flag(*at, "REQ_SERVIZI");
    office.enabled = offices.text(*at, "ABILITATO") != "0";
    if (const auto point = points.find(relations.id(row, "PUNTO_CONTATTO_ID")))
      office.contact_point = points.text(*point, "NOME");
    const std::string key = std::to_string(*office_id.value) + '/' + std::to_string(*ente_id.value);
    if (reading.offices.emplace(key, reading.source.offices.size()).second)
      reading.source.offices.push_back(std::move(office));
  }
  return ok();
}

Status read_sectors(Reading& reading) {
  CARTELLA_TRY(const auto table, reading.load(kSectors, "ID", {"ID", "NOME", "ORGANIZZAZIONE_ID"}));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceSector sector;
    sector.ref = ref_of(table, kSectors, row);
    sector.name = table.text(row, "NOME");
    sector.ente = find_index(reading.entes, table.id(row, "ORGANIZZAZIONE_ID"));
    sector.second_level = table.text(row, "ID_SECONDO_LIVELLO");
    sector.enabled = table.text(row, "ABILITATO") != "0";
    if (sector.ente == kNoIndex) {
      reading.refuse(sector.ref, "unknown_ente");
      continue;
    }
    reading.sectors.emplace(table.key(row), reading.source.sectors.size());
    reading.source.sectors.push_back(std::move(sector));
  }
  return ok();
}

// A wrong validity of an operator would cost all that the operator did: it is only told.
void read_validity(Reading& reading, const ImportTable& table, ImportTable::Row row,
                   SourceOperator& worker) {
  const Field<Date> from = table.date(row, "DATA_INIZIO_VAL");
  const Field<Date> to = table.date(row, "DATA_FINE_VAL");
  if (from.bad || to.bad) return reading.warn(worker.ref, "impossible_date");
  if (from.value && to.value && *to.value < *from.value)
    return reading.warn(worker.ref, "validity_reversed");
  worker.from = from.value;
  worker.to = end_date(to);
}

Status read_operators(Reading& reading) {
  CARTELLA_TRY(const auto table, reading.load(kOperators, "ID", {"ID", "USERNAME"}));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceOperator worker;
    worker.ref = ref_of(table, kOperators, row);
    worker.username = table.text(row, "USERNAME");
    worker.enabled = table.text(row, "ABILITATO") != "0";
    if (worker.username.empty()) {
      reading.refuse(worker.ref, "missing_username");
      continue;
    }
    read_validity(reading, table, row, worker);
    reading.operators.emplace(table.key(row), reading.source.operators.size());
    reading.operators_by_name.emplace(worker.username, reading.source.operators.size());
    reading.source.operators.push_back(std::move(worker));
  }
  return ok();
}

Status read_assignments(Reading& reading) {
  CARTELLA_TRY(const auto table,
               reading.load(kAssignments, "ID", {"ID", "OPERATORE_ID", "SETTORE_ID"}));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceAssignment assignment;
    assignment.ref = ref_of(table, kAssignments, row);
    assignment.worker = find_index(reading.operators, table.id(row, "OPERATORE_ID"));
    assignment.sector = find_index(reading.sectors, table.id(row, "SETTORE_ID"));
    assignment.role_group = table.text(row, "AM_GROUP");
    const Field<Date> from = table.date(row, "DATA_INIZIO_APP");
    const Field<Date> to = table.date(row, "DATA_FINE_APP");
    std::string_view fault;
    if (assignment.worker == kNoIndex)
      fault = "unknown_operator";
    else if (assignment.sector == kNoIndex)
      fault = "unknown_sector";
    else if (from.bad || to.bad)
      fault = "impossible_date";
    if (!fault.empty()) {
      reading.refuse(assignment.ref, fault);
      continue;
    }
    assignment.from = from.value;
    assignment.to = end_date(to);
    if (assignment.from && assignment.to && *assignment.to < *assignment.from) {
      reading.warn(assignment.ref, "validity_reversed");
      assignment.from.reset();
    }
    reading.assigned.emplace(table.key(row),
                             Reading::Assigned{assignment.worker, assignment.sector});
    reading.source.assignments.push_back(std::move(assignment));
  }
  return ok();
}

struct LabelColumns {
  std::string_view table;
  std::string_view label;
  std::string_view flag;
};

Status read_labels(Reading& reading, const LabelColumns& columns, IndexOf& keys,
                   std::vector<SourceLabel>& to) {
  CARTELLA_TRY(const auto table, reading.load(columns.table, "ID", {"ID", columns.label}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceLabel label;
    label.ref = ref_of(table, columns.table, row);
    label.label = table.text(row, columns.label);
    label.flag = !columns.flag.empty() && table.flag(row, columns.flag);
    label.enabled = table.text(row, "ABILITATO") != "0";
    label.group = table.text(row, "CLASSIFICAZIONE_ID");
    keys.emplace(table.key(row), to.size());
    to.push_back(std::move(label));
  }
  return ok();
}

// A need carries the words of its class, not the predecessor's number for it.
Status name_need_classes(Reading& reading) {
  CARTELLA_TRY(const auto classes, reading.load(kNeedClasses, "ID", {"ID", "DESCRIZIONE"}, true));
  for (SourceLabel& need : reading.source.needs) {
    const auto at = classes.find(parse_row_id(need.group));
    need.group = at ? std::string(classes.text(*at, "DESCRIZIONE")) : std::string{};
  }
  return ok();
}

// Which categories a sector manages; one without a row manages every one.
Status read_sector_categories(Reading& reading) {
  CARTELLA_TRY(const auto table,
               reading.load(kSectorCategories, "", {"SETTORE_ID", "CATEGORIA_SOCIALE_ID"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    const Field<RowId> sector_id = table.id(row, "SETTORE_ID");
    const Index sector = find_index(reading.sectors, sector_id);
    const Index category = find_index(reading.categories, table.id(row, "CATEGORIA_SOCIALE_ID"));
    if (sector == kNoIndex || category == kNoIndex)
      reading.refuse({kSectorCategories, sector_id.value.value_or(0), table.line(row)},
                     sector == kNoIndex ? "unknown_sector" : "unknown_category");
    else if (table.text(row, "ABILITATO") != "0")
      reading.source.sectors[sector].categories.push_back(category);
  }
  return ok();
}

}  // namespace

Status read_organisation(Reading& reading) {
  CARTELLA_TRY(read_zones(reading));
  CARTELLA_TRY(read_entes(reading));
  CARTELLA_TRY(read_offices(reading));
  CARTELLA_TRY(read_sectors(reading));
  CARTELLA_TRY(read_operators(reading));
  CARTELLA_TRY(read_assignments(reading));
  Source& source = reading.source;
  CARTELLA_TRY(read_labels(reading, {kNeeds, "MOTIVO", "ECONOMICO"}, reading.needs, source.needs));
  CARTELLA_TRY(name_need_classes(reading));
  CARTELLA_TRY(read_labels(reading, {kServices, "INTERVENTO", "ENTE_ESTERNO"}, reading.services,
                           source.services));
  CARTELLA_TRY(read_labels(reading, {kCategories, "DESCRIZIONE", ""}, reading.categories,
                           source.categories));
  return read_sector_categories(reading);
}

}  // namespace cartella::ops
