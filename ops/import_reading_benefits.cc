#include <algorithm>
#include <set>

#include "ops/import_reading.h"

namespace cartella::ops {

namespace {

constexpr std::string_view kBenefits = "CS_I_INTERVENTO_ESEG_MAST";
constexpr std::string_view kBeneficiaries = "CS_I_INTERVENTO_ESEG_MAST_SOGG";
constexpr std::string_view kInps = "CS_I_PS";
constexpr std::string_view kDeliveries = "CS_I_INTERVENTO_ESEG";

constexpr std::size_t kProtocolLengthMax = 32;  // of the INPS flow, in characters

struct BenefitTables {
  ImportTable benefits;
  ImportTable beneficiaries;
  ImportTable inps;
  std::unordered_map<RowId, ImportTable::Row> reference;  // benefit -> main beneficiary
  std::unordered_map<RowId, ImportTable::Row> codes;      // benefit -> INPS block
};

Result<BenefitTables> load_tables(Reading& reading) {
  BenefitTables t;
  CARTELLA_TRY(t.benefits, reading.load(kBenefits, "ID", {"ID", "PROT_DOM_PREST"}, true));
  CARTELLA_TRY(t.beneficiaries, reading.load(kBeneficiaries, "",
                                             {"INT_ESEG_MAST_ID", "CF", "FLAG_RIFERIMENTO"}, true));
  CARTELLA_TRY(t.inps,
               reading.load(kInps, "ID", {"ID", "INT_ESEG_MAST_ID", "COD_PRESTAZIONE"}, true));
  for (ImportTable::Row row = 0; row < t.beneficiaries.size(); ++row) {
    const Field<RowId> benefit = t.beneficiaries.id(row, "INT_ESEG_MAST_ID");
    const SourceRef ref{kBeneficiaries, benefit.value.value_or(0), t.beneficiaries.line(row)};
    if (!t.benefits.find(benefit))
      reading.refuse(ref, "orphan");
    else if (t.beneficiaries.flag(row, "FLAG_RIFERIMENTO") &&
             !t.reference.emplace(*benefit.value, row).second)
      reading.warn(ref, "second_reference");
  }
  for (ImportTable::Row row = 0; row < t.inps.size(); ++row) {
    const Field<RowId> benefit = t.inps.id(row, "INT_ESEG_MAST_ID");
    const SourceRef ref{kInps, t.inps.key(row), t.inps.line(row)};
    if (!t.benefits.find(benefit))
      reading.refuse(ref, "orphan");
    else if (!t.codes.emplace(*benefit.value, row).second)
      reading.refuse(ref, "second_inps_block");
  }
  return t;
}

// INPS area of users as the predecessor's own flow states it: disabled and elderly people are one
// area, every category that an installation added counts as poverty.
int user_area(std::string_view category) {
  if (category == "1") return 1;
  if (category == "2" || category == "4") return 2;
  return 3;
}

std::string_view read_beneficiary(Reading& reading, const BenefitTables& t,
                                  SourceBenefit& benefit) {
  const auto at = t.reference.find(benefit.ref.id);
  if (at == t.reference.end()) return "missing_beneficiary";
  const Field<RowId> case_id = t.beneficiaries.id(at->second, "CASO_ID");
  benefit.case_index = find_index(reading.cases, case_id);
  if (benefit.case_index == kNoIndex && (case_id.value || case_id.bad)) return "missing_case";
  const auto person = reading.by_identifier.find(
      cases::normalise_identifier(t.beneficiaries.text(at->second, "CF")));
  if (person != reading.by_identifier.end()) benefit.person = person->second;
  if (benefit.case_index == kNoIndex) return benefit.person == kNoIndex ? "missing_person" : "";
  const Index of_case = reading.source.cases[benefit.case_index].person;
  if (benefit.person == kNoIndex) benefit.person = of_case;
  return benefit.person == of_case ? "" : "other_person";
}

std::string_view read_units(const Reading& reading, const BenefitTables& t, ImportTable::Row row,
                            SourceBenefit& benefit) {
  benefit.sector = find_index(reading.sectors, t.benefits.id(row, "SETTORE_EROGANTE_ID"));
  const Field<RowId> assigned = t.benefits.id(row, "OPERATORE_SETTORE_ID");
  if (assigned.value) {
    const auto worker = reading.assigned.find(*assigned.value);
    if (worker == reading.assigned.end()) return "unknown_operator";
    benefit.worker = worker->second.worker;
    if (benefit.sector == kNoIndex && t.benefits.text(row, "SETTORE_EROGANTE_ID").empty())
      benefit.sector = worker->second.sector;
  }
  if (benefit.sector == kNoIndex) return "unknown_sector";
  benefit.ente = reading.source.sectors[benefit.sector].ente;
  return {};
}

// The predecessor keeps the number of a DSU in three parts, and its year apart: the number that
// people know is INPS-ISEE-2015-01480722D-00.
std::string_view read_dsu(const ImportTable& inps, ImportTable::Row row, SourceBenefit& benefit) {
  const Field<RowId> year = inps.id(row, "ANNO_PROT_DSU");
  const Field<Date> date = inps.date(row, "DATA_DSU");
  if (date.bad) return "impossible_date";
  if (year.bad || (year.value && (*year.value < 1000 || *year.value > 9999))) return "bad_dsu_year";
  benefit.dsu_year = static_cast<int>(year.value.value_or(0));
  benefit.dsu_date = date.value;
  const std::string_view number = inps.text(row, "NUM_PROT_DSU");
  std::string prefix(inps.text(row, "PREFIX_PROT_DSU"));
  if (!prefix.empty() && year.value && !prefix.ends_with(std::to_string(*year.value)) &&
      !number.starts_with(std::to_string(*year.value)))
    prefix += '-' + std::to_string(*year.value);
  for (const std::string_view part :
       {std::string_view(prefix), number, inps.text(row, "PROG_PROT_DSU")}) {
    if (part.empty()) continue;
    if (!benefit.dsu_number.empty()) benefit.dsu_number += '-';
    benefit.dsu_number += part;
  }
  return {};
}

std::string_view read_inps(const BenefitTables& t, SourceBenefit& benefit) {
  const auto at = t.codes.find(benefit.ref.id);
  if (at == t.codes.end()) return "missing_benefit_code";
  const ImportTable::Row row = at->second;
  benefit.inps_code = t.inps.text(row, "COD_PRESTAZIONE");
  benefit.inps_name = t.inps.text(row, "DENOM_PRESTAZIONE");
  benefit.periodic = t.inps.text(row, "CARATTERE") == "1";
  const Field<RowId> means = t.inps.id(row, "FLAG_PROVA_MEZZI");
  if (means.bad || (means.value && (*means.value < 1 || *means.value > 4)))
    return "unknown_means_test";
  benefit.means_test = static_cast<int>(means.value.value_or(4));
  const std::string_view charge = t.inps.text(row, "FLAG_IN_CARICO");
  benefit.in_charge = charge == "1"   ? cases::InCharge::yes
                      : charge == "0" ? cases::InCharge::no
                                      : cases::InCharge::unknown;
  if (benefit.inps_code.empty()) return "missing_benefit_code";
  return read_dsu(t.inps, row, benefit);
}

std::string_view read_benefit(Reading& reading, const BenefitTables& t, ImportTable::Row row,
                              SourceBenefit& benefit) {
  const Field<Date> requested = t.benefits.date(row, "DATA_DOM_PREST");
  const Field<TimeUs> recorded = t.benefits.time(row, "DT_INS");
  if (requested.bad || recorded.bad) return "impossible_date";
  if (!recorded.value && !requested.value) return "missing_date";
  benefit.recorded_at = recorded.value ? *recorded.value : start_of(*requested.value);
  benefit.protocol_date = requested.value;
  benefit.protocol = t.benefits.text(row, "PROT_DOM_PREST");
  if (benefit.protocol.empty()) return "missing_protocol";
  if (code_points(benefit.protocol) > kProtocolLengthMax) return "long_protocol";
  const Field<RowId> category = t.benefits.id(row, "CATEGORIA_SOCIALE_ID");
  if (category.bad || (category.value && find_index(reading.categories, category) == kNoIndex))
    return "unknown_category";
  benefit.category = t.benefits.text(row, "CATEGORIA_SOCIALE_ID");
  benefit.intervention = t.benefits.text(row, "TIPO_INTERVENTO_ID");
  benefit.custom_intervention = t.benefits.text(row, "TIPO_INTERVENTO_CUSTOM_ID");
  benefit.beneficiary_kind = t.benefits.text(row, "TIPO_BENEFICIARIO");
  if (benefit.beneficiary_kind.empty()) benefit.beneficiary_kind = "INDIVIDUALE";
  std::string_view fault = read_beneficiary(reading, t, benefit);
  if (fault.empty()) fault = read_units(reading, t, row, benefit);
  if (fault.empty()) fault = read_inps(t, benefit);
  benefit.author = reading.author(t.benefits, row, benefit.worker);
  if (benefit.in_charge == cases::InCharge::yes) benefit.user_area = user_area(benefit.category);
  return fault;
}

std::string_view read_delivery(const Reading& reading, const ImportTable& table,
                               ImportTable::Row row, SourceDelivery& delivery) {
  const Field<Date> on = table.date(row, "DATA_ESECUZIONE");
  const Field<TimeUs> recorded = table.time(row, "DT_INS");
  const Field<Date> to = table.date(row, "DATA_ESECUZIONE_A");
  const Field<Date> event = table.date(row, "DATA_EVENTO");
  if (on.bad || recorded.bad || to.bad || event.bad) return "impossible_date";
  if (!on.value) return "missing_date";
  delivery.on = *on.value;
  delivery.to = end_date(to);
  if (delivery.to && *delivery.to < delivery.on) return "period_reversed";
  delivery.event_date = event.value;
  delivery.recorded_at = recorded.value ? *recorded.value : start_of(*on.value);
  const Field<std::int64_t> amount = table.cents(row, "SPESA");
  const Field<std::int64_t> user = table.cents(row, "COMPART_UTENTI");
  const Field<std::int64_t> health = table.cents(row, "COMPART_SSN");
  const Field<std::int64_t> other = table.cents(row, "COMPART_ALTRE");
  if (amount.bad || user.bad || health.bad || other.bad) return "bad_amount";
  delivery.amount = amount.value.value_or(0);
  delivery.user = user.value.value_or(0);
  delivery.health = health.value.value_or(0);
  delivery.other = other.value.value_or(0);
  if (delivery.user + delivery.health + delivery.other > delivery.amount)
    return "shares_exceed_amount";
  delivery.status = table.text(row, "STATO_ID");
  const Field<RowId> assigned = table.id(row, "OPERATORE_SETTORE_ID");
  if (assigned.bad) return "unknown_operator";
  if (assigned.value) {
    const auto worker = reading.assigned.find(*assigned.value);
    if (worker == reading.assigned.end()) return "unknown_operator";
    delivery.worker = worker->second.worker;
    delivery.sector = worker->second.sector;
  }
  delivery.author = reading.author(table, row, delivery.worker);
  return {};
}

// The predecessor dates the event and the period of a benefit on its deliveries. A period over two
// years would be two benefits of the flow: it stays on the deliveries.
void date_benefit(Reading& reading, SourceBenefit& benefit) {
  std::optional<Date> from;
  std::optional<Date> to;
  bool stated = false;
  for (const SourceDelivery& delivery : benefit.deliveries) {
    from = std::min(from.value_or(delivery.on), delivery.on);
    to = std::max(to.value_or(delivery.on), delivery.to.value_or(delivery.on));
    stated = stated || delivery.to;
    if (delivery.event_date && !benefit.event_date) benefit.event_date = delivery.event_date;
    if (delivery.event_date && *delivery.event_date != *benefit.event_date)
      reading.warn(delivery.ref, "event_date_differs");
  }
  if (!stated || !benefit.periodic) return;
  if (civil(*from).year != civil(*to).year) return reading.warn(benefit.ref, "period_over_years");
  benefit.period_from = from;
  benefit.period_to = to;
}

Status read_deliveries(Reading& reading, const IndexOf& accepted) {
  CARTELLA_TRY(const auto table,
               reading.load(kDeliveries, "ID",
                            {"ID", "INTERVENTO_ESEG_MAST_ID", "DATA_ESECUZIONE", "SPESA"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourceDelivery delivery;
    delivery.ref = {kDeliveries, table.key(row), table.line(row)};
    const Index at = find_index(accepted, table.id(row, "INTERVENTO_ESEG_MAST_ID"));
    const std::string_view fault =
        at == kNoIndex ? "missing_benefit" : read_delivery(reading, table, row, delivery);
    if (fault.empty())
      reading.source.benefits[at].deliveries.push_back(std::move(delivery));
    else
      reading.refuse(delivery.ref, fault);
  }
  for (SourceBenefit& benefit : reading.source.benefits) date_benefit(reading, benefit);
  return ok();
}

}  // namespace

Status read_benefits(Reading& reading) {
  CARTELLA_TRY(const auto tables, load_tables(reading));
  IndexOf accepted;
  std::set<std::pair<Index, std::string>> protocols;
  for (ImportTable::Row row = 0; row < tables.benefits.size(); ++row) {
    SourceBenefit benefit;
    benefit.ref = {kBenefits, tables.benefits.key(row), tables.benefits.line(row)};
    std::string_view fault = read_benefit(reading, tables, row, benefit);
    if (fault.empty() && !protocols.emplace(benefit.ente, benefit.protocol).second)
      fault = "duplicate_protocol";
    if (!fault.empty()) {
      reading.refuse(benefit.ref, fault);
      continue;
    }
    accepted.emplace(benefit.ref.id, reading.source.benefits.size());
    reading.source.benefits.push_back(std::move(benefit));
  }
  return read_deliveries(reading, accepted);
}

}  // namespace cartella::ops
