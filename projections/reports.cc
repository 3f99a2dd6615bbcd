#include "projections/reports.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "projections/report_facts.h"

namespace cartella::projections {
namespace {

enum class Weight { one, subjects, state_changes, cents };

struct SectionPlan {
  std::string_view name;
  std::string_view title;
  std::vector<std::string_view> dimensions;  // empty: one row "all"
  Weight weight = Weight::one;
  bool only_anonymous = false;
};

struct ReportPlan {
  std::string_view name;
  std::string_view title;
  FactKind kind = FactKind::accesses;
  Weight weight = Weight::one;  // of a table by chosen dimensions
  std::vector<std::string_view> dimensions;
  bool by_office = false;  // filters that mean something here
  bool by_sector = false;
  bool by_category = false;
  std::vector<SectionPlan> sections;
};

ReportPlan people_plan() {
  constexpr auto kWeight = Weight::subjects;
  return {"people",
          "Persone conosciute",
          FactKind::people,
          kWeight,
          {"identifier", "comune", "zone", "office", "month", "sex", "age_band"},
          true,
          false,
          false,
          {{"people_known_by_identifier", "Persone per identificativo", {"identifier"}, kWeight},
           {"people_met_total", "Persone incontrate", {}, kWeight},
           {"people_met_by_comune", "Persone per comune", {"comune"}, kWeight},
           {"people_met_by_zone", "Persone per zona sociale", {"zone"}, kWeight},
           {"people_met_by_office", "Persone per ufficio", {"office"}, kWeight},
           {"people_met_by_month", "Persone per mese di accesso", {"month"}, kWeight},
           {"people_met_by_sex", "Persone per sesso", {"sex"}, kWeight},
           {"people_met_by_age_band", "Persone per fascia di età", {"age_band"}, kWeight}}};
}

ReportPlan accesses_plan() {
  return {"accesses",
          "Accessi al segretariato sociale",
          FactKind::accesses,
          Weight::one,
          {"comune", "zone", "office", "month", "mode", "anonymous"},
          true,
          false,
          false,
          {{"accesses_total", "Accessi", {}},
           {"accesses_by_comune", "Accessi per comune", {"comune"}},
           {"accesses_by_zone", "Accessi per zona sociale", {"zone"}},
           {"accesses_by_office", "Accessi per ufficio", {"office"}},
           {"accesses_by_month", "Accessi per mese", {"month"}},
           {"accesses_by_mode", "Accessi per modalità", {"mode"}},
           {"cards_anonymous", "Schede anonime", {}, Weight::one, true}}};
}

ReportPlan needs_plan() {
  return {"needs",
          "Bisogni espressi",
          FactKind::needs,
          Weight::one,
          {"label", "comune", "zone", "office", "month", "mode", "anonymous"},
          true,
          false,
          false,
          {{"needs", "Bisogni", {"label"}},
           {"needs_by_comune", "Bisogni per comune", {"comune", "label"}},
           {"needs_by_zone", "Bisogni per zona sociale", {"zone", "label"}},
           {"needs_by_office", "Bisogni per ufficio", {"office", "label"}},
           {"needs_by_month", "Bisogni per mese", {"month", "label"}}}};
}

ReportPlan services_plan() {
  return {"services",
          "Servizi richiesti",
          FactKind::services,
          Weight::one,
          {"label", "comune", "zone", "office", "month", "mode", "anonymous"},
          true,
          false,
          false,
          {{"services_requested", "Servizi richiesti", {"label"}},
           {"services_by_comune", "Servizi richiesti per comune", {"comune", "label"}},
           {"services_by_zone", "Servizi richiesti per zona sociale", {"zone", "label"}},
           {"services_by_office", "Servizi richiesti per ufficio", {"office", "label"}},
           {"services_by_month", "Servizi richiesti per mese", {"month", "label"}}}};
}

ReportPlan cases_plan() {
  return {"cases",
          "Casi",
          FactKind::cases,
          Weight::one,
          {"state", "category", "comune", "zone", "sector", "age_band", "sex", "month"},
          false,
          true,
          true,
          {{"cases_total", "Casi", {}},
           {"cases_by_state", "Casi per stato", {"state"}},
           {"cases_by_category", "Casi per categoria sociale prevalente", {"category"}},
           {"cases_by_comune", "Casi per comune", {"comune"}},
           {"cases_by_sector", "Casi per settore", {"sector"}},
           {"cases_by_age_band", "Casi per fascia di età", {"age_band"}},
           {"cases_by_sex", "Casi per sesso", {"sex"}},
           {"state_changes", "Cambi di stato", {}, Weight::state_changes}}};
}

ReportPlan interviews_plan() {
  return {"interviews",
          "Colloqui",
          FactKind::interviews,
          Weight::one,
          {"kind", "comune", "zone", "sector", "month", "category"},
          false,
          true,
          true,
          {{"interviews", "Colloqui", {"kind"}},
           {"interviews_by_comune", "Colloqui per comune", {"comune"}},
           {"interviews_by_month", "Colloqui per mese", {"month"}}}};
}

ReportPlan deliveries_plan() {
  return {"deliveries",
          "Prestazioni erogate",
          FactKind::deliveries,
          Weight::one,
          {"prestazione", "comune", "zone", "sector", "category", "month"},
          false,
          true,
          true,
          {{"deliveries_by_prestazione", "Erogazioni per prestazione", {"prestazione"}},
           {"spend_cents_by_prestazione", "Spesa per prestazione", {"prestazione"}, Weight::cents},
           {"deliveries_by_comune", "Erogazioni per comune", {"comune"}},
           {"spend_cents_by_comune", "Spesa per comune", {"comune"}, Weight::cents}}};
}

const std::vector<ReportPlan>& plans() {
  static const std::vector<ReportPlan> all{people_plan(),    accesses_plan(), needs_plan(),
                                           services_plan(),  cases_plan(),    interviews_plan(),
                                           deliveries_plan()};
  return all;
}

// ---- filters
// -------------------------------------------------------------------------------------
struct Filter {
  std::string zone;
  std::string comune;
  std::optional<UnitId> office;
  std::optional<UnitId> sector;
  std::string category;
  std::optional<Date> from;
  std::optional<Date> to;

  bool passes(const ReportContext& context, const Fact& fact) const {
    if (!zone.empty() && zone_code(context, fact) != zone) return false;
    if (!comune.empty() && comune_code(context, fact) != comune) return false;
    if (office && fact.office != *office) return false;
    if (sector && fact.sector != *sector) return false;
    if (!category.empty() && fact.category != category) return false;
    if ((from || to) && !fact.day) return false;
    return (!from || Date{*fact.day} >= *from) && (!to || Date{*fact.day} <= *to);
  }
};

Error no_such_filter(std::string_view filter, const ReportPlan& plan) {
  return fail(Errc::invalid_argument,
              "il rapporto " + std::string(plan.name) + " non ha il filtro " + std::string(filter));
}

Result<std::optional<UnitId>> unit_filter(const std::string& text, std::string_view name,
                                          bool allowed, const ReportPlan& plan) {
  if (text.empty()) return std::optional<UnitId>{};
  if (!allowed) return no_such_filter(name, plan);
  const auto id = UnitId::parse(text);
  if (!id) return fail(Errc::invalid_argument, "il filtro " + std::string(name) + " non è un id");
  return std::optional<UnitId>(id.value());
}

Result<Filter> make_filter(const ReportQuery& query, const ReportPlan& plan) {
  Filter filter;
  filter.zone = query.zone;
  filter.comune = query.comune;
  CARTELLA_TRY(filter.office, unit_filter(query.office, "office", plan.by_office, plan));
  CARTELLA_TRY(filter.sector, unit_filter(query.sector, "sector", plan.by_sector, plan));
  if (!query.category.empty() && !plan.by_category) return no_such_filter("category", plan);
  filter.category = query.category;
  filter.from = query.from;
  filter.to = query.to;
  if (query.from && query.to && *query.from > *query.to)
    return fail(Errc::invalid_argument, "il primo giorno viene dopo l'ultimo");
  return filter;
}

// ---- tables
// --------------------------------------------------------------------------------------
std::string_view value_title(Weight weight) {
  switch (weight) {
    case Weight::one: return "Numero";
    case Weight::subjects: return "Persone";
    case Weight::state_changes: return "Cambi";
    case Weight::cents: return "Euro";
  }
  return "Numero";
}

std::int64_t value_of(const Fact& fact, Weight weight) {
  if (weight == Weight::state_changes) return fact.state_changes;
  return weight == Weight::cents ? fact.cents : 1;
}

class Table {
 public:
  Table(const ReportContext& context, const SectionPlan& plan) : x_context(context), x_plan(plan) {
    for (const std::string_view name : plan.dimensions)
      x_dimensions.push_back(find_dimension(name));
    if (x_dimensions.empty()) x_rows.emplace("all", ReportRow{"all", {"Totale"}, 0});
  }

  void add(const Fact& fact) {
    if (x_plan.only_anonymous && !fact.anonymous) return;
    std::string key;
    std::vector<std::string> labels;
    for (const Dimension* dimension : x_dimensions) {
      DimensionValue value = dimension->value(x_context, fact);
      if (!key.empty()) key += ' ';
      key += value.key;
      labels.push_back(std::move(value.label));
    }
    if (x_dimensions.empty()) {
      key = "all";
      labels = {"Totale"};
    }
    // Each person counts once in each row, however often they came.
    if (x_plan.weight == Weight::subjects && !x_counted.emplace(key, fact.subject).second) return;
    const auto at = x_rows.try_emplace(key, ReportRow{key, std::move(labels), 0}).first;
    at->second.value += value_of(fact, x_plan.weight);
  }

  ReportSection section() && {
    ReportSection section;
    section.name = std::string(x_plan.name);
    section.title = std::string(x_plan.title);
    for (const Dimension* dimension : x_dimensions) section.columns.emplace_back(dimension->title);
    if (x_dimensions.empty()) section.columns.emplace_back("Voce");
    section.columns.emplace_back(value_title(x_plan.weight));
    section.measure = x_plan.weight == Weight::cents ? Measure::cents : Measure::count;
    for (auto& [key, row] : x_rows) section.rows.push_back(std::move(row));
    return section;
  }

 private:
  const ReportContext& x_context;
  const SectionPlan& x_plan;
  std::vector<const Dimension*> x_dimensions;
  std::map<std::string, ReportRow> x_rows;
  std::set<std::pair<std::string, SubjectId>> x_counted;
};

Result<std::vector<SectionPlan>> sections_for(const ReportQuery& query, const ReportPlan& plan) {
  if (query.group_by.empty()) return plan.sections;
  SectionPlan chosen{"", plan.title, {}, plan.weight};
  for (const std::string& name : query.group_by) {
    const auto allowed = std::find(plan.dimensions.begin(), plan.dimensions.end(), name);
    if (allowed == plan.dimensions.end())
      return fail(Errc::invalid_argument,
                  "il rapporto " + std::string(plan.name) + " non ha una di queste dimensioni");
    chosen.dimensions.push_back(*allowed);
  }
  chosen.name = plan.name;
  std::vector<SectionPlan> sections{chosen};
  if (plan.kind == FactKind::deliveries) {
    chosen.name = "spend_cents";
    chosen.weight = Weight::cents;
    sections.push_back(chosen);
  }
  return sections;
}

}  // namespace

std::vector<std::string> report_names() {
  std::vector<std::string> names;
  for (const ReportPlan& plan : plans()) names.emplace_back(plan.name);
  return names;
}

Result<Report> make_report(const Engine& engine, const ReportQuery& query,
                           const PassedOver& passed_over) {
  const auto plan = std::find_if(plans().begin(), plans().end(),
                                 [&](const ReportPlan& each) { return each.name == query.name; });
  if (plan == plans().end()) return fail(Errc::invalid_argument, "no report of that name");
  CARTELLA_TRY(const auto filter, make_filter(query, *plan));
  CARTELLA_TRY(const auto sections, sections_for(query, *plan));
  CARTELLA_TRY(const auto read, read_facts(engine, plan->kind, query.at, passed_over));
  Report report;
  report.name = std::string(plan->name);
  report.title = std::string(plan->title);
  report.position = read.context.position;
  std::vector<Table> tables;
  for (const SectionPlan& section : sections) tables.emplace_back(read.context, section);
  for (const Fact& fact : read.facts) {
    if (!filter.passes(read.context, fact)) continue;
    for (Table& table : tables) table.add(fact);
  }
  for (Table& table : tables) report.sections.push_back(std::move(table).section());
  return report;
}

}  // namespace cartella::projections
